package dataflow

import "romscan/analyzer/fact/dex"

// Concerns reports whether code calls anything that opens a connection, sends or runs something: without such a call no
// flow leaves it.
func (v *Vocabulary) Concerns(files []*dex.File) bool {
	for _, f := range files {
		for i := range uint32(f.NumMethods()) {
			id, _ := f.Method(i)
			byName := v.Calls[f.Type(id.Class)]
			if byName == nil {
				continue
			}
			for _, c := range byName[f.String(id.Name)] {
				if c.Sink != "" || c.Op == "url" || c.Op == "open" {
					return true
				}
			}
		}
	}
	return false
}
