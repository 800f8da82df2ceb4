package analyzer

import (
	"encoding/xml"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/manifest"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// syncAdapterOf is the meta-data of a service that names its description as a sync adapter
// (android.content.AbstractThreadedSyncAdapter).
const syncAdapterOf = "android.content.SyncAdapter"

// syncsOf notes on the services of an app the authorities that they are the sync adapters of. texts are those of its resources.
func (r *reader) syncsOf(rec *fact.Record, app *firmware.App, out *dataflow.App, texts map[uint32][]string) {
	for _, f := range rec.Units[app.Unit].Facts {
		if f.Kind != "meta-data" || f.Fields.Get("name") != syncAdapterOf {
			continue
		}
		for i := range out.Components {
			if c := &out.Components[i]; c.Kind == "service" && c.Class == descriptor(f.Fields.Get("component")) {
				c.Syncs = append(c.Syncs, r.authorityIn(rec, app, f.Fields.Get("value"), texts)...)
			}
		}
	}
}

// authorityIn is the authority that the description of a sync adapter names, in a file of the app.
func (r *reader) authorityIn(rec *fact.Record, app *firmware.App, name string, texts map[uint32][]string) []string {
	if id := resourceID(name); id != 0 && len(texts[id]) > 0 {
		name = texts[id][0]
	}
	for _, i := range app.Units {
		path := rec.Units[i].File.Path
		f := r.kept.files[path.String()]
		if f == nil || path.Name() != name {
			continue
		}
		data, err := f.Bytes(maxScreen)
		if err != nil {
			return nil
		}
		text, _ := manifest.Decode(data, nil)
		d := xml.NewDecoder(strings.NewReader(text))
		d.Strict = false
		for {
			tok, err := d.Token()
			if err != nil {
				return nil
			}
			e, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			at := slices.IndexFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "contentAuthority" })
			if at < 0 {
				return nil
			}
			if id := resourceID(e.Attr[at].Value); id != 0 {
				return texts[id]
			}
			return []string{e.Attr[at].Value}
		}
	}
	return nil
}
