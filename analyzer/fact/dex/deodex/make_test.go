package deodex

import (
	"encoding/binary"
	"strings"
	"testing"

	"romscan/analyzer/fact/dex"
)

// made is a class to encode.
type made struct {
	name, super string
	access      uint32
	interfaces  []string
	fields      []string // "name:T"
	methods     []body1
}

// body1 is a method to encode: access, "name(args)ret", registers and code units; no code where units is nil.
type body1 struct {
	sig       string
	access    uint32
	registers uint16
	units     []uint16
}

// encoder writes DEX files. Its tables are in the order of first use, which is enough for what is read here.
type encoder struct {
	strings, types, protos, fields, methods []string
	at                                      map[string]int
}

func (e *encoder) index(table *[]string, kind, s string) int {
	i, ok := e.at[kind+s]
	if !ok {
		i = len(*table)
		*table = append(*table, s)
		e.at[kind+s] = i
	}
	return i
}

func (e *encoder) str(s string) int { return e.index(&e.strings, "s", s) }

func (e *encoder) typ(s string) int {
	e.str(s)
	return e.index(&e.types, "t", s)
}

// field and method take references: "Lcls;->name:T", "Lcls;->name(args)ret".
func (e *encoder) field(ref string) int {
	class, member, _ := strings.Cut(ref, "->")
	name, typ, _ := strings.Cut(member, ":")
	e.typ(class)
	e.typ(typ)
	e.str(name)
	return e.index(&e.fields, "f", ref)
}

func (e *encoder) method(ref string) int {
	class, member, _ := strings.Cut(ref, "->")
	name, proto, _ := strings.Cut(member, "(")
	e.typ(class)
	e.str(name)
	args, ret, _ := strings.Cut(proto, ")")
	for _, a := range split(args) {
		e.typ(a)
	}
	e.typ(ret)
	e.index(&e.protos, "p", "("+proto)
	return e.index(&e.methods, "m", ref)
}

// split separates parameter types.
func split(args string) (out []string) {
	for len(args) > 0 {
		i := 0
		for args[i] == '[' {
			i++
		}
		if args[i] == 'L' {
			i = strings.IndexByte(args, ';')
		}
		out = append(out, args[:i+1])
		args = args[i+1:]
	}
	return out
}

func uleb(b []byte, v int) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

// encode writes a DEX with classes, and with identifiers that only code refers to.
func encode(classes []made, refs ...string) []byte {
	e := &encoder{at: map[string]int{}}
	for _, c := range classes {
		e.typ(c.name)
		if c.super != "" {
			e.typ(c.super)
		}
		for _, i := range c.interfaces {
			e.typ(i)
		}
		for _, f := range c.fields {
			e.field(c.name + "->" + f)
		}
		for _, m := range c.methods {
			e.method(c.name + "->" + m.sig)
		}
	}
	for _, r := range refs {
		switch {
		case strings.Contains(r, "("):
			e.method(r)
		case strings.Contains(r, "->"):
			e.field(r)
		default:
			e.typ(r)
		}
	}
	le := binary.LittleEndian
	at := 0x70 + 4*len(e.strings) + 4*len(e.types) + 12*len(e.protos) + 8*len(e.fields) + 8*len(e.methods) + 32*len(classes)
	var data []byte
	here := func() uint32 {
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
		return uint32(at + len(data))
	}
	list := func(types []string) uint32 {
		if len(types) == 0 {
			return 0
		}
		off := here()
		data = le.AppendUint32(data, uint32(len(types)))
		for _, t := range types {
			data = le.AppendUint16(data, uint16(e.typ(t)))
		}
		return off
	}
	var stringIDs, typeIDs, protoIDs, fieldIDs, methodIDs, defs []byte
	for _, p := range e.protos {
		args, ret, _ := strings.Cut(p[1:], ")")
		protoIDs = le.AppendUint32(protoIDs, 0)
		protoIDs = le.AppendUint32(protoIDs, uint32(e.typ(ret)))
		protoIDs = le.AppendUint32(protoIDs, list(split(args)))
	}
	for _, f := range e.fields {
		class, member, _ := strings.Cut(f, "->")
		name, typ, _ := strings.Cut(member, ":")
		fieldIDs = le.AppendUint16(fieldIDs, uint16(e.typ(class)))
		fieldIDs = le.AppendUint16(fieldIDs, uint16(e.typ(typ)))
		fieldIDs = le.AppendUint32(fieldIDs, uint32(e.str(name)))
	}
	for _, m := range e.methods {
		class, member, _ := strings.Cut(m, "->")
		name, proto, _ := strings.Cut(member, "(")
		methodIDs = le.AppendUint16(methodIDs, uint16(e.typ(class)))
		methodIDs = le.AppendUint16(methodIDs, uint16(e.index(&e.protos, "p", "("+proto)))
		methodIDs = le.AppendUint32(methodIDs, uint32(e.str(name)))
	}
	for _, c := range classes {
		super := uint32(dex.NoIndex)
		if c.super != "" {
			super = uint32(e.typ(c.super))
		}
		ifaces := list(c.interfaces)
		codes := make([]uint32, len(c.methods))
		for i, m := range c.methods {
			if m.units == nil {
				continue
			}
			codes[i] = here()
			args, _, _ := strings.Cut(m.sig[strings.IndexByte(m.sig, '(')+1:], ")")
			ins := paramRegs("(" + args + ")")
			if m.access&dex.AccStatic == 0 {
				ins++
			}
			for _, v := range []uint16{m.registers, uint16(ins), 5, 0} {
				data = le.AppendUint16(data, v)
			}
			data = le.AppendUint32(le.AppendUint32(data, 0), uint32(len(m.units)))
			for _, u := range m.units {
				data = le.AppendUint16(data, u)
			}
		}
		off := here()
		data = uleb(uleb(uleb(uleb(data, 0), len(c.fields)), 0), len(c.methods))
		last := 0
		for _, f := range c.fields {
			i := e.field(c.name + "->" + f)
			data = uleb(uleb(data, i-last), 1)
			last = i
		}
		last = 0
		for i, m := range c.methods {
			k := e.method(c.name + "->" + m.sig)
			access := m.access
			if access == 0 {
				access = accPublic
			}
			data = uleb(uleb(uleb(data, k-last), int(access)), int(codes[i]))
			last = k
		}
		for _, v := range []uint32{uint32(e.typ(c.name)), c.access, super, ifaces, dex.NoIndex, 0, off, 0} {
			defs = le.AppendUint32(defs, v)
		}
	}
	for _, s := range e.strings {
		stringIDs = le.AppendUint32(stringIDs, uint32(at+len(data)))
		data = append(append(uleb(data, len(s)), s...), 0)
	}
	for _, s := range e.types {
		typeIDs = le.AppendUint32(typeIDs, uint32(e.str(s)))
	}
	head := make([]byte, 0x70)
	copy(head, "dex\n035\x00")
	le.PutUint32(head[36:], 0x70)
	le.PutUint32(head[40:], 0x12345678)
	off := 0x70
	out := head
	for i, t := range []struct {
		b    []byte
		size int
	}{{stringIDs, 4}, {typeIDs, 4}, {protoIDs, 12}, {fieldIDs, 8}, {methodIDs, 8}, {defs, 32}} {
		le.PutUint32(head[56+8*i:], uint32(len(t.b)/t.size))
		le.PutUint32(head[60+8*i:], uint32(off))
		off += len(t.b)
	}
	for _, b := range [][]byte{stringIDs, typeIDs, protoIDs, fieldIDs, methodIDs, defs, data} {
		out = append(out, b...)
	}
	le.PutUint32(out[32:], uint32(len(out)))
	return out
}

func open(t testing.TB, set *dex.Set, data []byte) *dex.File {
	t.Helper()
	files, err := dex.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	files[0].Set = set
	return files[0]
}
