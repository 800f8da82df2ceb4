package dataflow

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/fact/dex"
)

// viewed reads the first class of a DEX that has a superclass, fields and methods.
func viewed(t *testing.T, change func([]byte)) (*Program, *Class) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "fact", "dex", "testdata", "calls.dex"))
	if err != nil {
		t.Fatal(err)
	}
	change(data)
	files, err := dex.Open(data)
	if len(files) == 0 {
		t.Fatal(err)
	}
	p := NewProgram(files)
	u := newUniverse(&Program{}, p, nil)
	for i := range files[0].NumClasses() {
		def, _ := files[0].Class(i)
		c := p.classLoaded(u, files[0].Type(def.Class))
		if c.Super != "" && len(c.fields) > 0 && len(c.statics) > 0 && len(c.order) > 1 && c.order[1].Code != 0 {
			return p, c
		}
	}
	t.Skip("no such class")
	return nil, nil
}

// TestView holds that whatever an analysis can see of a class is in its digest.
func TestView(t *testing.T) {
	p, c := viewed(t, func([]byte) {})
	was, ok := p.viewOf(c)
	if !ok {
		t.Fatal("no digest")
	}
	same := func(c *Class) bool { v, ok := p.viewOf(c); return ok && v == was }
	for name, change := range map[string]func(*Class){
		"super":         func(c *Class) { c.Super = "LOther;" },
		"interface":     func(c *Class) { c.Interfaces = append(slices.Clone(c.Interfaces), "LOther;") },
		"access":        func(c *Class) { c.Access ^= dex.AccInterface },
		"field":         func(c *Class) { c.fields = map[string]uint32{"other:I": 1} },
		"static":        func(c *Class) { c.statics = c.statics[1:] },
		"method":        func(c *Class) { c.order = c.order[1:] },
		"method's name": func(c *Class) { m := *c.order[0]; m.Name += "x"; c.order = append([]*Method{&m}, c.order[1:]...) },
		"method's flags": func(c *Class) {
			m := *c.order[0]
			m.Access ^= dex.AccStatic
			c.order = append([]*Method{&m}, c.order[1:]...)
		},
		"order": func(c *Class) { c.order = append([]*Method{c.order[1], c.order[0]}, c.order[2:]...) },
		"no code": func(c *Class) {
			m := *c.order[1]
			m.Code = 0
			c.order = append([]*Method{c.order[0], &m}, c.order[2:]...)
		},
	} {
		other := *c
		change(&other)
		if same(&other) {
			t.Errorf("%s: the same digest", name)
		}
	}
	code, err := c.File.Code(c.order[1].Code)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(code.Bytes); i += 2 { // opcodes, indices, literals
		_, changed := viewed(t, func(data []byte) { data[int(code.Offset)+i] ^= 1 })
		if same(changed) {
			t.Errorf("byte %d of %s: the same digest", i, c.order[1].Ref())
		}
	}
	p.Resolve(c.File, renamed{})
	if same(c) {
		t.Error("other meanings of optimised instructions: the same digest")
	}
}

// renamed names all instructions.
type renamed struct{}

func (renamed) At(uint32, uint32) (dex.Op, string, bool) {
	return dex.OpInvokeStatic, "La;->b()V", true
}
