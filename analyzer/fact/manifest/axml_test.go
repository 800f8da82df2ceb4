package manifest

import "unicode/utf16"

// axml builds binary XML as aapt does: attribute names with resource ids first in the pool.
type axml struct {
	strings []string
	ids     []uint32
	nodes   []byte
}

func (a *axml) str(s string) uint32 {
	for i, have := range a.strings {
		if have == s {
			return uint32(i)
		}
	}
	a.strings = append(a.strings, s)
	return uint32(len(a.strings) - 1)
}

func (a *axml) node(typ uint16, body []byte) {
	a.nodes = append(a.nodes, header(typ, nodeHeader, nodeHeader+len(body))...)
	a.nodes = le.AppendUint32(a.nodes, 1)
	a.nodes = le.AppendUint32(a.nodes, noString)
	a.nodes = append(a.nodes, body...)
}

// val is an attribute; android ones get the namespace.
type val struct {
	name    string
	android bool
	typ     byte // 3 string, 0x10 number, 0x12 boolean, 1 reference
	s       string
	n       uint32
}

func (a *axml) open(name string, vals ...val) {
	b := le.AppendUint32(nil, noString)
	b = le.AppendUint32(b, a.str(name))
	b = append(b, attrExt, 0, attrSize, 0)
	b = le.AppendUint16(b, uint16(len(vals)))
	b = append(b, 0, 0, 0, 0, 0, 0)
	for _, v := range vals {
		ns := uint32(noString)
		if v.android {
			ns = a.str(androidNS)
		}
		b = le.AppendUint32(b, ns)
		b = le.AppendUint32(b, a.str(v.name))
		raw, data := uint32(noString), v.n
		if v.typ == 3 {
			data = a.str(v.s)
			raw = data
		}
		b = le.AppendUint32(b, raw)
		b = append(b, 8, 0, 0, v.typ)
		b = le.AppendUint32(b, data)
	}
	a.node(0x102, b)
}

func (a *axml) close(name string) {
	a.node(0x103, le.AppendUint32(le.AppendUint32(nil, noString), a.str(name)))
}

// pool8 and pool16 write a string pool chunk.
func pool16(list []string) []byte {
	var offsets, chars []byte
	for _, s := range list {
		offsets = le.AppendUint32(offsets, uint32(len(chars)))
		units := utf16.Encode([]rune(s))
		chars = le.AppendUint16(chars, uint16(len(units)))
		for _, u := range units {
			chars = le.AppendUint16(chars, u)
		}
		chars = append(chars, 0, 0)
	}
	for len(chars)%4 != 0 {
		chars = append(chars, 0)
	}
	b := header(1, 28, 28+len(offsets)+len(chars))
	b = le.AppendUint32(b, uint32(len(list)))
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint32(b, uint32(28+len(offsets)))
	b = append(b, 0, 0, 0, 0)
	return append(append(b, offsets...), chars...)
}

func (a *axml) bytes() []byte {
	pool := pool16(a.strings)
	ids := header(0x180, 8, 8+4*len(a.ids))
	for _, id := range a.ids {
		ids = le.AppendUint32(ids, id)
	}
	return append(append(append(header(3, 8, 8+len(pool)+len(ids)+len(a.nodes)), pool...), ids...), a.nodes...)
}

// sample is a small manifest: a label by reference and an exported service without permission.
func sample() *axml {
	a := &axml{ids: []uint32{0x01010001, 0x01010003, 0x01010010}}
	a.strings = []string{"label", "name", "exported"}
	a.open("manifest", val{name: "package", typ: 3, s: "com.example.app"})
	a.open("uses-permission", val{name: "name", android: true, typ: 3, s: "android.permission.READ_SMS"})
	a.close("uses-permission")
	a.open("application", val{name: "label", android: true, typ: 1, n: 0x7f010000})
	a.open("service", val{name: "name", android: true, typ: 3, s: ".Sync"}, val{name: "exported", android: true, typ: 0x12, n: 0xffffffff})
	a.close("service")
	a.close("application")
	a.close("manifest")
	return a
}

// table builds a resources.arsc with one string entry, 0x7f010000.
func arsc(value string) []byte {
	values, types, keys := pool16([]string{value}), pool16([]string{"string"}), pool16([]string{"app_name"})
	spec := append(header(0x202, 16, 20), 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
	entry := append([]byte{8, 0, 0, 0, 0, 0, 0, 0}, 8, 0, 0, 3, 0, 0, 0, 0)
	typ := append(header(0x201, 52, 56+len(entry)), 1, 0, 0, 0, 1, 0, 0, 0, 56, 0, 0, 0, 32, 0, 0, 0)
	typ = append(append(append(typ, make([]byte, 28)...), 0, 0, 0, 0), entry...)
	const pkgHeader = 8 + 4 + 256 + 20
	pkg := header(0x200, pkgHeader, pkgHeader+len(types)+len(keys)+len(spec)+len(typ))
	pkg = le.AppendUint32(pkg, 0x7f)
	pkg = append(pkg, make([]byte, 256)...)
	for _, v := range []int{pkgHeader, 1, pkgHeader + len(types), 1, 0} {
		pkg = le.AppendUint32(pkg, uint32(v))
	}
	for _, part := range [][]byte{types, keys, spec, typ} {
		pkg = append(pkg, part...)
	}
	out := append(header(2, 12, 12+len(values)+len(pkg)), 1, 0, 0, 0)
	return append(append(out, values...), pkg...)
}
