package reschunk

import (
	"encoding/binary"
	"strings"
	"testing"
)

func TestDecode8(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"\x02\x02ab\x00", "ab"},
		{"\x00\x00\x00", ""},
		{"\x02\x06\xed\xa0\xbd\xed\xb8\x80\x00", "😀"}, // a surrogate pair, three bytes each
		{"\x01\x01\xff\x00", "\ufffd"},
		{"\x05\x05ab", "ab"}, // cut off
		{"\x80\x90\x80\x90" + strings.Repeat("x", 0x90) + "\x00", strings.Repeat("x", 0x90)},
		{"\x80\x03\x80\x03" + strings.Repeat("y", 0x8003) + "\x00", strings.Repeat("y", 0x8003)}, // length cut to 15 bits
	} {
		if got, ok := decode8([]byte(c.in)); got != c.want || !ok {
			t.Errorf("%.20q: %.20q, %v", c.in, got, ok)
		}
	}
	if _, ok := decode8([]byte{5}); ok {
		t.Error("a single length byte is no string")
	}
}

func TestDecode16(t *testing.T) {
	long := strings.Repeat("z\x00", 0x8001)
	for _, c := range []struct{ in, want string }{
		{"\x02\x00a\x00b\x00\x00\x00", "ab"},
		{"\x02\x00\x3d\xd8\x00\xde", "😀"},
		{"\x09\x00a\x00", "a"},
		{"\x00\x80\x01\x80" + long, strings.Repeat("z", 0x8001)},
	} {
		if got, ok := decode16([]byte(c.in)); got != c.want || !ok {
			t.Errorf("%.20q: %.20q, %v", c.in, got, ok)
		}
	}
}

func TestRead(t *testing.T) {
	b := binary.LittleEndian.AppendUint32([]byte{3, 0, 8, 0}, 1<<20)
	c, ok := Read(b, 0)
	if !ok || !c.Lies() || len(c.Data) != 8 {
		t.Errorf("%+v, %v", c, ok)
	}
	for _, bad := range [][]byte{{3, 0, 8, 0, 4, 0, 0, 0}, {3, 0, 4, 0, 8, 0, 0, 0}, {3, 0, 8}} {
		if c, ok := Read(bad, 0); ok {
			t.Errorf("%x read as %+v", bad, c)
		}
	}
	if _, ok := Read(b, -1); ok {
		t.Error("a chunk before the start")
	}
}

func FuzzPool(f *testing.F) {
	f.Add([]byte("\x01\x00\x1c\x00\x28\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01a\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := Read(b, 0)
		if !ok {
			return
		}
		p, err := ReadPool(c)
		if err != nil {
			return
		}
		for i := range p.Len() + 1 {
			s, ok := p.String(i)
			if at := p.At(i); at >= len(b) || (ok && at < 0) || len(s) > 3*len(b) {
				t.Fatalf("string %d at %d of %d, %d bytes long", i, at, len(b), len(s))
			}
		}
	})
}
