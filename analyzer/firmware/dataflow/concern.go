package dataflow

import "romscan/analyzer/fact/dex"

// Concerns reports whether code calls anything that opens a connection, sends or runs something, or has native methods:
// without such a call no flow leaves it.
func (v *Vocabulary) Concerns(files []*dex.File) bool { return v.touches(files, v.leaving, leaving) }

// Reads reports whether code calls anything that returns personal data, or a query of another app's rows.
func (v *Vocabulary) Reads(files []*dex.File) bool { return v.touches(files, v.reading, reading) }

// Keeps reports whether code calls anything that keeps values where other apps may read them, or that has another app do something.
func (v *Vocabulary) Keeps(files []*dex.File) bool { return v.touches(files, v.keeping, keeping) }

func keeping(c *Call) bool {
	return c.Op == "write" || c.Op == "store" || c.Op == "file-stream" || c.Op == "method-call" || c.Op == "sync"
}

func leaving(c *Call) bool {
	return c.Sink != "" && c.Sink != madeClient || c.Op == "url" || c.Op == "open"
}

func reading(c *Call) bool { return c.Source != "" || c.Op == "query" || c.Op == "part-of" }

func (v *Vocabulary) touches(files []*dex.File, names map[string]bool, is func(*Call) bool) bool {
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
			if names["connect"] && name == "loadLibrary" && f.Type(id.Class) == "Ljava/lang/System;" {
				return true
			}
			if names[name] && v.leaves(f.Type(id.Class), name, supers, is, 0) {
				return true
			}
		}
	}
	return false
}

// leaves reports whether a call of a method of a class, or of what it is derived from, is of a sort.
func (v *Vocabulary) leaves(class, name string, supers map[string]string, is func(*Call) bool, depth int) bool {
	for _, c := range v.Calls[class][name] {
		if is(c) {
			return true
		}
	}
	if depth > maxChain {
		return false
	}
	if s, ok := supers[class]; ok {
		return v.leaves(s, name, supers, is, depth+1)
	}
	for _, s := range v.Supers[class] {
		if v.leaves(s, name, supers, is, depth+1) {
			return true
		}
	}
	return false
}

// Seal prepares a vocabulary for use once all its lines are there.
func (v *Vocabulary) Seal() {
	v.leaving, v.reading, v.keeping = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, byName := range v.Calls {
		for name, list := range byName {
			for _, c := range list {
				v.leaving[name] = v.leaving[name] || leaving(c)
				v.reading[name] = v.reading[name] || reading(c)
				v.keeping[name] = v.keeping[name] || keeping(c)
			}
		}
	}
}
