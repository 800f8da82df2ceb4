package dataflow

import "strings"

func firstAtom(a *analysis, v value) atom {
	if s := a.t.atomsOf(v); len(s) > 0 {
		return s[0]
	}
	return anyAtom
}

// opFile is a constructor of File.
func opFile(f *frame, c *call) (value, bool) {
	n := len(c.r.params)
	name := f.text(c.at(n))
	if n > 1 && c.r.params[0] == "Ljava/lang/String;" {
		name = f.joined(f.joined(f.text(c.at(1)), f.a.t.str("/")), name)
	} else if dir, ok := f.a.t.text(f.a.load(f.s, c.at(1), nameField)); ok && n > 1 && strings.HasPrefix(dir, "/") {
		name = f.joined(f.a.t.str(strings.TrimSuffix(dir, "/")+"/"), name)
	}
	f.a.store(f.s, c.at(0), nameField, name)
	return nothing, false
}

// opFolder is a folder that has the same name on every device.
func opFolder(f *frame, c *call) (value, bool) {
	v := f.object("Ljava/io/File;")
	name := f.a.t.str(c.Text)
	if len(c.r.params) == 1 {
		name = f.joined(f.joined(name, f.a.t.str("/")), f.text(c.at(1)))
	}
	f.a.store(f.s, v, nameField, name)
	return v, false
}

func opFileName(f *frame, c *call) (value, bool) { return f.a.load(f.s, c.at(0), nameField), false }

// opFileExists reads whether a file is there: a condition others can set.
func opFileExists(f *frame, c *call) (value, bool) {
	a := f.a
	name, ok := a.t.text(a.load(f.s, c.at(0), nameField))
	if !ok {
		return a.any(), false
	}
	return a.t.of(node{kind: kCell, a: uint32(a.t.atom(node{kind: kStore, s: "file:" + name})), s: "exists"}), false
}

// opFileList is what lies in a folder. That there is something is a condition that others can set, as that a file is there:
// what waits to be sent, somebody put there.
func opFileList(f *frame, c *call) (value, bool) {
	return f.a.t.join(f.a.derive(c.at(0), 0), f.a.t.of(node{kind: kApi, a: c.site, s: filesThere})), false
}

// What lies in a folder, and how much that is: a condition on the number asks whether anything waits there.
const (
	filesThere    = "files"
	numberOfFiles = "number of files"
)

// opFileStream opens a file by its name or its File.
func opFileStream(f *frame, c *call) (value, bool) {
	a := f.a
	v := c.at(1)
	if len(c.r.params) > 0 && c.r.params[0] == "Ljava/lang/String;" {
		v = f.text(v)
	}
	place, open := f.filePlace(v)
	if open && !f.onlyGiven(v) {
		return nothing, true
	}
	if open {
		a.store(f.s, c.at(0), openedField, v)
		return nothing, false
	}
	a.store(f.s, c.at(0), wrappedField, place)
	return nothing, false
}
