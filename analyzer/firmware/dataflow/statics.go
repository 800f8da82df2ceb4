package dataflow

import (
	"romscan/analyzer/fact/dex"
)

// touch schedules the static initialiser of a class.
func (a *analysis) touch(class string) {
	if a.touched[class] {
		return
	}
	a.touched[class] = true
	c := a.u.class(class)
	if c == nil {
		return
	}
	a.u.load(c)
	a.staticValues(c)
	if c.methods["<clinit>()V"] != nil {
		a.computed(c)
	}
	if m := c.methods["<clinit>()V"]; m != nil {
		a.inits = append(a.inits, m)
	}
}

// staticValues puts the constants a class file gives its fields into their cells.
func (a *analysis) staticValues(c *Class) {
	values, _ := c.File.ReadArray(c.def.StaticValues)
	var assigned map[uint32]bool
	if len(values) > 0 {
		assigned = a.assigned(c)
	}
	for i, v := range values {
		if i >= len(c.statics) {
			break
		}
		r := a.u.fieldRef(c.File, c.statics[i].Field)
		if r == nil {
			continue
		}
		val := nothing
		switch v.Type {
		case dex.ValueString:
			val = a.t.str(c.File.String(v.Index))
		case dex.ValueByte, dex.ValueShort, dex.ValueChar, dex.ValueInt, dex.ValueLong, dex.ValueBoolean:
			val = a.t.num(v.Int)
		case dex.ValueTypeRef:
			val = a.t.of(node{kind: kClass, s: a.u.typ(c.File, v.Index)})
		}
		const final = 0x10
		isFinal := c.statics[i].Access&final != 0
		if val == nothing || isFinal && assigned[c.statics[i].Field] {
			continue
		}
		a.writeCell(slot{a.t.atom(node{kind: kHome, s: c.Name}), r.slot()}, val, nil)
		if s, ok := a.t.text(val); ok && !isFinal { // of one that is final, see getStatic
			a.names(s, 0, 0)
		}
		if isFinal {
			a.finals[c.Name+"->"+r.slot()] = val
		}
	}
}

// assigned lists the static fields that the initialiser of a class gives a value. The values of a class file end with the
// last that is not zero: a final field before it has one, and still gets another (Dalvik executable format, class_def_item,
// static_values_off).
func (a *analysis) assigned(c *Class) map[uint32]bool {
	m := c.methods["<clinit>()V"]
	if m == nil || m.Code == 0 {
		return nil
	}
	code, err := c.File.Code(m.Code)
	if err != nil {
		return nil
	}
	out := map[uint32]bool{}
	for it := code.Insns(); it.Next(); {
		if in := it.Insn(code.Set); in.Op >= 0x67 && in.Op <= 0x6d { // sput
			out[in.Index] = true
		}
	}
	return out
}

// finalStatic returns the constant a field surely holds.
func (a *analysis) finalStatic(r *fieldRef) (value, bool) {
	v, ok := a.finals[r.class+"->"+r.slot()]
	return v, ok
}
