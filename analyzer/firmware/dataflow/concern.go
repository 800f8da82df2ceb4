package dataflow

import "romscan/analyzer/fact/dex"

// Concerns reports whether code calls anything that opens a connection, sends or runs something, or has native methods:
// without such a call no flow leaves it.
func (v *Vocabulary) Concerns(files []*dex.File) bool {
	supers := map[string]string{}
	for _, f := range files {
		for i := range f.NumClasses() {
			if def, ok := f.Class(i); ok && def.Super != dex.NoIndex {
				supers[f.Type(def.Class)] = f.Type(def.Super)
			}
		}
	}
	for _, f := range files {
		for i := range uint32(f.NumMethods()) {
			id, _ := f.Method(i)
			name := f.String(id.Name)
			if name == "loadLibrary" && f.Type(id.Class) == "Ljava/lang/System;" {
				return true
			}
			if v.leaving[name] && v.leaves(f.Type(id.Class), name, supers, 0) {
				return true
			}
		}
	}
	return false
}

// leaves reports whether a call of a method of a class, or of what it is derived from, is a sink.
func (v *Vocabulary) leaves(class, name string, supers map[string]string, depth int) bool {
	for _, c := range v.Calls[class][name] {
		if c.Sink != "" || c.Op == "url" || c.Op == "open" {
			return true
		}
	}
	if depth > maxChain {
		return false
	}
	if s, ok := supers[class]; ok {
		return v.leaves(s, name, supers, depth+1)
	}
	for _, s := range v.Supers[class] {
		if v.leaves(s, name, supers, depth+1) {
			return true
		}
	}
	return false
}

// Seal prepares a vocabulary for use once all its lines are there.
func (v *Vocabulary) Seal() {
	v.leaving = map[string]bool{}
	for _, byName := range v.Calls {
		for name, list := range byName {
			for _, c := range list {
				if c.Sink != "" || c.Op == "url" || c.Op == "open" {
					v.leaving[name] = true
				}
			}
		}
	}
}
