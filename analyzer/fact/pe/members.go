package pe

import (
	"bytes"
	"slices"

	"github.com/saferwall/pe"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// maxNames bounds what the names of all members take together: they share types, and types may share one long name.
const maxNames = 64 << 20

// members lists the methods of other assemblies that the code refers to, "System.Net.Http.HttpClient::GetAsync", and the
// functions of native libraries it calls, "liblog!__android_log_print". ECMA-335 II.22.25, II.22.22.
func members(p *fact.Pass, f *pe.File) *fact.Table {
	h := heaps{f.CLR.MetadataStreams["#Strings"], f.CLR.MetadataStreams["#Blob"]}
	types, _ := rows[pe.TypeRefTableRow](f, pe.TypeRef)
	names := make([]string, len(types))
	total := 0
	for i, t := range types {
		names[i] = h.name(t.TypeName)
		if space := h.name(t.TypeNamespace); space != "" {
			names[i] = space + "." + names[i]
		}
		if total += len(names[i]); total > maxNames {
			names = names[:i]
			break
		}
	}
	var list []string
	add := func(s string) bool {
		list = append(list, s)
		total += len(s)
		return total <= maxNames
	}
	refs, _ := rows[pe.MemberRefTableRow](f, pe.MemberRef)
	for _, m := range refs {
		const typeRef, tagBits = 1, 3 // MemberRefParent, II.24.2.6
		i := int(m.Class >> tagBits)
		if m.Class&(1<<tagBits-1) != typeRef || i < 1 || i > len(names) || h.field(m.Signature) {
			continue
		}
		if name := h.name(m.Name); name != "" && names[i-1] != "" && !add(names[i-1]+"::"+name) {
			break
		}
	}
	modules, _ := rows[pe.ModuleRefTableRow](f, pe.ModuleRef)
	calls, _ := rows[pe.ImplMapTableRow](f, pe.ImplMap)
	for _, c := range calls {
		if i := int(c.ImportScope); i >= 1 && i <= len(modules) {
			if name := h.name(c.ImportName); name != "" && !add(h.name(modules[i-1].Name)+"!"+name) {
				break
			}
		}
	}
	if total > maxNames {
		p.Gap(image.Errorf(image.OverBudget, -1, "names of members of more than %d bytes", maxNames))
	}
	slices.Sort(list)
	return &fact.Table{Kind: "member", Column: "name", Values: slices.Clip(slices.Compact(list))}
}

// rows returns the rows of a metadata table.
func rows[T any](f *pe.File, table int) ([]T, bool) {
	t := f.CLR.MetadataTables[table]
	if t == nil {
		return nil, false
	}
	list, ok := t.Content.([]T)
	return list, ok
}

// heaps are the streams that rows refer to.
type heaps struct{ strings, blobs []byte }

func (h heaps) name(at uint32) string {
	if uint64(at) >= uint64(len(h.strings)) {
		return ""
	}
	s := h.strings[at:]
	n := bytes.IndexByte(s[:min(len(s), maxName)], 0)
	if n < 0 {
		return ""
	}
	return clean(string(s[:n]))
}

// field tells whether a signature is that of a field (II.23.2.4).
func (h heaps) field(at uint32) bool {
	const isField = 0x06
	if uint64(at) >= uint64(len(h.blobs)) {
		return false
	}
	b := h.blobs[at:]
	n, width := blobLength(b)
	return n > 0 && width > 0 && width < len(b) && b[width] == isField
}
