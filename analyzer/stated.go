package analyzer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex/stated"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/firmware"
	"romscan/signatures"
)

// addStated adds the endpoints that apps state beside their code: in annotations and in meta-data of the manifest. Only apps that
// have the classes of such a client, or meta-data that may be an address, are looked into.
func (r *reader) addStated(rec *fact.Record) error {
	if !slices.ContainsFunc(rec.Units, func(u fact.Unit) bool { return hasClient(&u) || hasMetaData(&u) }) {
		return nil
	}
	owners, err := endpoint.LoadOwners(signatures.Owners())
	if err != nil {
		return err
	}
	fw := firmware.Assemble(rec)
	for _, app := range fw.Apps {
		if !slices.ContainsFunc(app.Units, func(i int) bool { return hasClient(&rec.Units[i]) || hasMetaData(&rec.Units[i]) }) {
			continue
		}
		code := r.load(rec, fw, app)
		use := stated.Find(code.dex)
		for _, c := range use.Calls {
			at, ev := statedAt(&c)
			addEndpoint(rec, code.unit[c.File], c.URL, "annotation", at, ev, owners)
		}
		for _, k := range use.Keys {
			at := fact.Place{Offset: int64(k.File.DataAt + k.Offset), Member: k.Member, Unit: int(k.Addr)}
			ev := &fact.Evidence{Name: k.Member, Language: "text", Text: fmt.Sprintf("%04x: meta-data %q of the manifest", k.Addr, k.Name)}
			for _, v := range r.metaData(rec, app, &k) {
				addEndpoint(rec, code.unit[k.File], v, "manifest", at, ev, owners)
			}
		}
	}
	return nil
}

// statedAt is where an annotation stands.
func statedAt(c *stated.Call) (fact.Place, *fact.Evidence) {
	at := fact.Place{Offset: int64(c.File.DataAt + c.Offset), Member: c.Member}
	return at, &fact.Evidence{Name: c.Member, Language: "java", Text: fmt.Sprintf("@%s(%q)", c.Verb, c.Path)}
}

func addEndpoint(rec *fact.Record, unit int, value, how string, at fact.Place, ev *fact.Evidence, owners *endpoint.Owners) {
	u := &rec.Units[unit]
	at.Path = u.File.Path
	for _, f := range endpoint.Of(value, "dex", how, owners) {
		u.Facts = append(u.Facts, fact.Fact{Kind: "endpoint", Fields: f.With("used", "referenced"), At: at, Evidence: ev})
	}
}

// hasClient tells whether a file defines the classes of a client that reads annotations.
func hasClient(u *fact.Unit) bool {
	for _, t := range u.Tables {
		if t.Kind != "class" {
			continue
		}
		for _, prefix := range stated.Classes() {
			if at, _ := slices.BinarySearch(t.Values, prefix); at < len(t.Values) && strings.HasPrefix(t.Values[at], prefix) {
				return true
			}
		}
	}
	return false
}

// hasMetaData tells whether a manifest has meta-data that is an address, or a text of its resources.
func hasMetaData(u *fact.Unit) bool {
	return slices.ContainsFunc(u.Facts, func(f fact.Fact) bool {
		v := f.Fields.Get("value")
		return f.Kind == "meta-data" && (len(endpoint.Find(v)) > 0 || resourceID(v) != 0)
	})
}

// resourceID reads a reference as the manifest prints one: "@0x7f050001", "@7f050001"; 0 where it is none.
func resourceID(s string) uint32 {
	s, ok := strings.CutPrefix(s, "@")
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// metaData returns what the manifest holds under a key. Which component's meta-data is asked for cannot be told from the
// instruction: where components differ, nothing is returned.
func (r *reader) metaData(rec *fact.Record, app *firmware.App, k *stated.Key) []string {
	var out []string
	for _, f := range rec.Units[app.Unit].Facts {
		if f.Kind != "meta-data" || f.Fields.Get("name") != k.Name {
			continue
		}
		ofApp := f.Fields.Get("component") == ""
		if known := k.Of != "Landroid/content/pm/PackageItemInfo;"; known && ofApp != (k.Of == "Landroid/content/pm/ApplicationInfo;") {
			continue
		}
		values := configured(rec, app, f.Fields.Get("value"), func() map[uint32][]string { return r.texts(rec, app) })
		if out != nil && !slices.Equal(out, values) {
			return nil
		}
		out = values
	}
	return out
}

// configured returns a value of the manifest in all configurations. The fact has that of the default one: where the text is not
// one of the manifest's own, it is of the resource that holds it; of several nothing more can be told.
func configured(rec *fact.Record, app *firmware.App, value string, resources func() map[uint32][]string) []string {
	for _, i := range app.Units {
		for _, t := range rec.Units[i].Tables {
			if rec.Units[i].File.Path.Name() == "AndroidManifest.xml" && t.Kind == "string" && has(t.Values, value) {
				return []string{value}
			}
		}
	}
	texts := resources()
	if id := resourceID(value); id != 0 {
		return texts[id]
	}
	var found []string
	for _, list := range texts {
		if slices.Contains(list, value) {
			if found != nil {
				return []string{value}
			}
			found = list
		}
	}
	if found == nil {
		return []string{value}
	}
	return found
}

// texts are the strings of an app's resources, in all configurations, by number.
func (r *reader) texts(rec *fact.Record, app *firmware.App) map[uint32][]string {
	for _, i := range app.Units {
		p := rec.Units[i].File.Path
		if f := r.kept.files[p.String()]; f != nil && p.Name() == "resources.arsc" {
			if data, err := f.Bytes(r.opt.Limits.MaxFile); err == nil {
				return resources.Strings(data)
			}
		}
	}
	return nil
}
