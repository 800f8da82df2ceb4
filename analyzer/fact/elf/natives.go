package elf

import (
	"cmp"
	"debug/elf"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Bounds of what is taken for an entry of a table of native methods.
const (
	maxMethodName = 256
	maxSignature  = 4096
	maxNatives    = 1 << 17
)

// implementation is a native method with the place of its code, or of its entry in a table.
type implementation struct {
	method string
	offset uint32
}

// natives returns the tables of native methods: those named by exported symbols, and those that JNINativeMethod
// structures in data name, which the library hands to RegisterNatives.
func (b *native) natives() []*fact.Table {
	var named []implementation
	for s := range b.symbols() {
		if !exported(s) || len(named) == maxNatives {
			continue
		}
		if m, ok := nativeOf(b.name(s.name)); ok {
			off, _, _ := b.offset(s.value &^ 1) // the lowest bit marks Thumb code
			named = append(named, implementation{m, uint32(min(off, 1<<32-1))})
		}
	}
	out := []*fact.Table{methods(named, "symbol")}
	if b.file.Type != elf.ET_DYN || b.dynamic == nil {
		return out
	}
	data, err := b.pass.Bytes(b.pass.Budget.MaxFile)
	if err != nil {
		b.pass.Gap(err)
	}
	m := b.load(data)
	b.relocate(m)
	return append(out, methods(b.registered(m), "table"))
}

// registered finds structures {const char* name; const char* signature; void* function} (jni.h, JNINativeMethod) in
// writable data: a name, a method's descriptor and an address of code in a row are met nowhere else.
func (b *native) registered(m *memory) []implementation {
	var out []implementation
	word := b.word()
	for _, s := range m.segments {
		if !s.writable {
			continue
		}
		skip := int(-s.addr & uint64(word-1))
		for at := skip; at+3*word <= len(s.data) && len(out) < maxNatives; {
			method, ok := b.entryAt(m, s.data[at:])
			if !ok {
				at += word
				continue
			}
			out = append(out, implementation{method, uint32(min(s.off+uint64(at), 1<<32-1))})
			at += 3 * word
		}
	}
	return out
}

// entryAt reads one structure: "name(args)ret".
func (b *native) entryAt(m *memory, data []byte) (string, bool) {
	word := b.word()
	signature := m.unbias(b.uint(data[word:]))
	s := m.at(signature)
	if s == nil || s.data[signature-s.addr] != '(' && s.data[signature-s.addr] != '!' {
		return "", false
	}
	sig, ok := m.text(signature, maxSignature)
	if !ok {
		return "", false
	}
	sig = strings.TrimPrefix(sig, "!") // marked fast methods before Android 8
	name, ok := m.text(m.unbias(b.uint(data)), maxMethodName)
	if !ok || !validName(name) || !validSignature(sig) {
		return "", false
	}
	code := m.unbias(b.uint(data[2*word:]))
	if word == 4 && code == external&0xffffffff || code == external {
		return name + sig, true
	}
	f := m.at(code)
	return name + sig, f != nil && f.executable && !m.readable(code)
}

// readable tells whether there is a string at addr: linkers without room to waste put text and code in one segment.
func (m *memory) readable(addr uint64) bool {
	s, ok := m.text(addr, maxMethodName)
	return ok && len(s) >= 4 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// methods makes a table of implementations.
func methods(list []implementation, how string) *fact.Table {
	slices.SortFunc(list, func(x, y implementation) int {
		return cmp.Or(strings.Compare(x.method, y.method), cmp.Compare(x.offset, y.offset))
	})
	list = slices.Compact(list)
	t := &fact.Table{Kind: "native-method", Column: "method", Common: fact.F("how", how)}
	for i, x := range list {
		if i == 0 || x.method != list[i-1].method {
			t.Values = append(t.Values, x.method)
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		}
		t.Sites = append(t.Sites, fact.Site{Offset: x.offset})
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	return t
}
