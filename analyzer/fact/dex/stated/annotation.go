package stated

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// annotated lists the methods of one file that carry annotations of a client.
func (f *finder) annotated(d *dex.File, lib int) (out []Call) {
	c := &clients[lib]
	verb := map[uint32]string{}
	for i := range uint32(d.NumTypes()) {
		b, _ := d.MUTF8(d.TypeString(i))
		if name, ok := strings.CutPrefix(string(b[:min(len(b), maxClass)]), c.prefix); ok && slices.Contains(verbs, strings.TrimSuffix(name, ";")) {
			verb[i] = strings.TrimSuffix(name, ";")
		}
	}
	if len(verb) == 0 {
		return nil
	}
	left := 4*len(d.Data) + 1<<16
	for i := range d.NumClasses() {
		def, _ := d.Class(i)
		dir, _ := d.AnnotationDirectory(def.Annotations) // what was read before an error still counts; its gap is the file's
		for _, m := range dir.Methods {
			list, _ := d.AnnotationSet(m.Set)
			left -= 8 + 16*len(list)
			for _, a := range list {
				path, at := pathOf(d, &a)
				if left -= len(path); left < 0 {
					return out
				}
				if verb[a.Type] == "" || path == "" || len(path) > maxText {
					continue
				}
				ref, iface := d.MethodRef(m.Index), d.Type(def.Class)
				left -= len(ref) + len(iface)
				out = append(out, Call{File: d, Member: ref, Verb: verb[a.Type], Path: path, Offset: at, Interface: iface, client: c,
					URL: c.join(f.baseOf(lib, iface), path)})
			}
		}
	}
	return out
}

// pathOf returns the text of an annotation's value or path, and where it stands.
func pathOf(d *dex.File, a *dex.Annotation) (string, uint32) {
	for _, e := range a.Elements {
		if name := d.String(e.Name); e.Value.Type == dex.ValueString && (name == "value" || name == "path") {
			return d.String(e.Value.Index), e.Value.Offset
		}
	}
	return "", 0
}

// baseOf returns the base that an interface is made a client of: the one of the method that makes it, else the only one of
// the app; "" where that is not certain.
func (f *finder) baseOf(lib int, iface string) string {
	set, made := f.tied[iface]
	if !made || set[anyBase] && len(set) == 1 {
		set = f.bases[lib]
		if f.unknown {
			return ""
		}
	}
	if len(set) != 1 {
		return ""
	}
	for base := range maps.Keys(set) {
		return base
	}
	return ""
}
