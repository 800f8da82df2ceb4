package xaba

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

type assembly struct{ name, data, symbols string }

var sample = []assembly{{"System.dll", "MZ system", "symbols"}, {"fr/App.resources.dll", "MZ french", ""}, {"App.dll", strings.Repeat("MZ app ", 50), ""}}

// pack encodes a store as the documents of its version have it.
func pack(version uint32, list []assembly) []byte {
	le := binary.LittleEndian
	index, entry := 0, entrySize1
	if version > 1 {
		index, entry = 2*len(list)*13, entrySize
	}
	names := 0
	if version > 1 {
		for _, a := range list {
			names += 4 + len(a.name)
		}
	}
	at := headerSize + index + entry*len(list) + names
	b := []byte("XABA")
	for _, v := range []uint32{version, uint32(len(list)), uint32(2 * len(list)), uint32(index)} {
		b = le.AppendUint32(b, v)
	}
	b = append(b, make([]byte, index)...)
	var text, data []byte
	for i, a := range list {
		if version > 1 {
			b = le.AppendUint32(b, uint32(i))
			text = append(le.AppendUint32(text, uint32(len(a.name))), a.name...)
		}
		for _, part := range []string{a.data, a.symbols, ""} {
			off := 0
			if part != "" {
				off = at + len(data)
			}
			b = le.AppendUint32(le.AppendUint32(b, uint32(off)), uint32(len(part)))
			data = append(data, part...)
		}
	}
	return bytes.Join([][]byte{b, text, data}, nil)
}

func opened(t testing.TB, raw []byte) *image.Index {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*image.Index)
}

func TestReads(t *testing.T) {
	for version, first := range map[uint32]string{1: "assembly-0000.dll", 2: "System.dll", 0x80010002: "System.dll", 3: "System.dll"} {
		x := opened(t, pack(version, sample))
		if len(x.Gaps()) > 0 {
			t.Errorf("version %#x: %v", version, x.Gaps())
		}
		want := []string{first, first + ".pdb"}
		if version != 1 {
			want = append(want, "fr/App.resources.dll", "App.dll")
		}
		if err := fstest.TestFS(x, want...); err != nil {
			t.Error(err)
		}
		for name, data := range map[string]string{first: sample[0].data, first + ".pdb": "symbols"} {
			if b, err := fs.ReadFile(x, name); err != nil || string(b) != data {
				t.Errorf("version %#x: %s: %q, %v", version, name, b, err)
			}
		}
	}
}

// TestDamaged: of a cut store the assemblies before the cut are read; hostile counts and names are refused.
func TestDamaged(t *testing.T) {
	raw := pack(2, sample)
	x := opened(t, raw[:len(raw)-100])
	if len(x.Gaps()) != 1 {
		t.Errorf("gaps %v", x.Gaps())
	}
	if b, err := fs.ReadFile(x, "System.dll"); err != nil || string(b) != sample[0].data {
		t.Errorf("%q, %v", b, err)
	}
	x = opened(t, pack(2, []assembly{{"../../etc/x", "a", ""}, {"same", "b", ""}, {"same", "c", ""}, {strings.Repeat("n", 2000), "d", ""}, {"later", "e", ""}}))
	if err := fstest.TestFS(x, "etc/x", "same", "same.2", "assembly-0003.dll", "assembly-0004.dll"); err != nil {
		t.Error(err)
	}
	if len(x.Gaps()) != 1 {
		t.Errorf("gaps %v", x.Gaps())
	}
	for _, bad := range []string{"XABA", "XABA\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00", "XABA\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if r := strings.NewReader(bad); Format().Sniff(r, r.Size()) {
			t.Errorf("%q is recognised", bad)
		}
	}
}

func FuzzXABA(f *testing.F) {
	f.Add(pack(1, sample))
	f.Add(pack(2, sample))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				if b, err := fs.ReadFile(fsys, name); err == nil && len(b) > len(raw) {
					t.Fatalf("%s has %d bytes of %d", name, len(b), len(raw))
				}
			}
			return nil
		})
	})
}
