package dataflow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/dex/interp"
)

// Bounds on running code: instructions of one call and of all calls in one app.
const (
	decodeSteps = 300_000
	maxDecodes  = 4000
)

// decoder runs methods of the app that make text of constants alone.
type decoder struct {
	prog    *interp.Program
	machine *interp.Machine
	known   map[string]value
	left    int
}

func newDecoder(files []*dex.File) *decoder {
	p := interp.NewProgram(files)
	return &decoder{prog: p, machine: p.NewMachine(interp.Limits{Steps: decodeSteps}), known: map[string]value{}, left: maxDecodes}
}

const stringType = "Ljava/lang/String;"

// decode runs a static method on constant arguments where it returns text.
func (f *frame) decode(m *Method, args []value, site uint32) (value, bool) {
	a := f.a
	if a.dec == nil || !m.Static() || m.ret != stringType && m.ret != "[B" && m.ret != "[C" || m.Class.Lib {
		return nothing, false
	}
	if len(args) != len(m.params) {
		return nothing, false
	}
	given := make([]interp.Value, len(args))
	var key strings.Builder
	key.WriteString(m.Ref())
	for i, v := range args {
		g, text, ok := f.concrete(v, m.params[i])
		if !ok {
			return nothing, false
		}
		given[i] = g
		key.WriteString("\x00" + text)
	}
	if v, ok := a.dec.known[key.String()]; ok {
		return v, v != nothing
	}
	a.dec.known[key.String()] = nothing
	if ok, _ := a.dec.prog.Pure(m.Ref()); !ok || a.dec.left <= 0 {
		return nothing, false
	}
	a.dec.left--
	out, err := a.dec.machine.Call(m.Ref(), given...)
	if err != nil {
		return nothing, false
	}
	s, ok := resultText(out, m.ret)
	if !ok {
		return nothing, false
	}
	v := a.t.str(s)
	a.dec.known[key.String()] = v
	if Readable(s) {
		f.recovered(s, "decoded")
	}
	return v, true
}

func resultText(v interp.Value, ret string) (string, bool) {
	switch ret {
	case stringType:
		return v.AsString()
	case "[B":
		b, ok := v.AsBytes()
		return string(b), ok && utf8.Valid(b)
	}
	c, ok := v.AsChars()
	if !ok {
		return "", false
	}
	return interp.UTF16Value(c).AsString()
}

// concrete turns a value that is surely one constant into an argument.
func (f *frame) concrete(v value, typ string) (interp.Value, string, bool) {
	a := f.a
	switch typ {
	case "I", "S", "B", "C", "Z":
		n, ok := a.t.number(v)
		return interp.IntValue(int32(n)), intText(n), ok
	case "J":
		n, ok := a.t.number(v)
		return interp.LongValue(n), intText(n), ok
	case stringType, "Ljava/lang/CharSequence;", "Ljava/lang/Object;":
		if s, ok := a.t.text(v); ok {
			return interp.StringValue(s), s, true
		}
	case "[B", "[C":
		at, ok := a.t.single(v)
		if !ok || a.t.node(at).kind != kObj {
			break
		}
		if s, ok := a.t.text(f.s.at(slot{at, "$data"})); ok && len(s) > 1 {
			if b := []byte(s[1:]); s[0] == '1' && typ == "[B" {
				return interp.BytesValue(b), s, true
			} else if s[0] == '2' && typ == "[C" {
				return interp.CharsValue(units(b)), s, true
			}
		}
		if list, ok := f.numbers(at); ok {
			if typ == "[B" {
				b := make([]byte, len(list))
				for i, n := range list {
					b[i] = byte(n)
				}
				return interp.BytesValue(b), string(b), true
			}
			c := make([]uint16, len(list))
			for i, n := range list {
				c[i] = uint16(n)
			}
			v := interp.CharsValue(c)
			s, _ := interp.UTF16Value(c).AsString()
			return v, s, true
		}
	}
	return interp.Value{}, "", false
}

func units(b []byte) []uint16 {
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return out
}

// numbers reads an array that was filled element by element with constants.
func (f *frame) numbers(at atom) ([]int64, bool) {
	n, ok := f.a.t.number(f.s.at(slot{at, "$length"}))
	if !ok || n <= 0 || n > maxText {
		return nil, false
	}
	out := make([]int64, n)
	for i := range out {
		if out[i], ok = f.a.t.number(f.s.at(slot{at, element(int64(i))})); !ok {
			return nil, false
		}
	}
	return out, true
}

// Readable reports whether a text is one a person could have written.
func Readable(s string) bool {
	if len(s) < 3 || len(s) > maxText || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

// computed gives static text fields the value their initialiser computes.
func (a *analysis) computed(c *Class) {
	if a.dec == nil || c.Lib {
		return
	}
	values, _ := c.File.ReadArray(c.def.StaticValues)
	for i, ef := range c.statics {
		r := a.u.fieldRef(c.File, ef.Field)
		if r == nil || r.typ != stringType || a.dec.left <= 0 || i < len(values) && values[i].Type == dex.ValueString {
			continue
		}
		a.dec.left--
		v, err := a.dec.machine.StaticField(c.Name + "->" + r.name + ":" + r.typ)
		if err != nil {
			continue
		}
		s, ok := v.AsString()
		if !ok {
			continue
		}
		val := a.t.str(s)
		a.writeCell(slot{a.t.atom(node{kind: kHome, s: c.Name}), r.slot()}, val, nil)
		const final = 0x10
		if ef.Access&final != 0 {
			a.finals[c.Name+"->"+r.slot()] = val
		}
		if m := c.methods["<clinit>()V"]; m != nil && Readable(s) {
			a.note(s, "initialiser", Site{m, 0})
		}
	}
}

// sweep runs what makes text without being given anything, in all of the app's code: addresses put together from parts
// are found whoever uses them.
func (a *analysis) sweep() {
	if a.dec == nil {
		return
	}
	for c := range a.u.own {
		a.u.load(c)
		if !a.touched[c.Name] && c.methods["<clinit>()V"] != nil {
			a.computed(c)
		}
		for _, m := range c.order {
			if m.Static() && m.ret == stringType && len(m.params) == 0 && m.Code != 0 && a.dec.left > 0 {
				a.dec.left--
				if ok, _ := a.dec.prog.Pure(m.Ref()); !ok {
					continue
				}
				if v, err := a.dec.machine.Call(m.Ref()); err == nil {
					if s, ok := v.AsString(); ok && Readable(s) {
						a.note(s, "decoded", Site{m, 0})
					}
				}
			}
		}
	}
}

// note keeps a text that was recovered.
func (a *analysis) note(s, how string, at Site) {
	if _, ok := a.strings[s]; !ok && len(a.strings) < maxRecovered {
		a.strings[s] = Recovered{Value: s, How: how, Site: at}
	}
}

// maxRecovered bounds the texts kept of one app.
const maxRecovered = 20_000
