package star

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

type file struct {
	name string
	data []byte
}

func pack(files ...file) []byte {
	out := append([]byte("SINGLE_N_LONELY"), make([]byte, 241)...)
	for _, f := range files {
		out = append(append(out, f.name...), make([]byte, 248-len(f.name))...)
		out = binary.LittleEndian.AppendUint64(out, uint64(len(f.data)))
		out = append(out, f.data...)
		for n := len(f.data); n%4096 != 0; n++ {
			out = append(out, 0xFF)
		}
	}
	return append(append(out, "LONELY_N_SINGLE"...), make([]byte, 241)...)
}

var files = []file{{"default.xml", []byte("<x/>")}, {"NON-HLOS.bin", bytes.Repeat([]byte("modem"), 2000)}, {"empty", nil}, {"fsg.mbn", make([]byte, 4096)}, {"fsg.mbn", []byte("again")}}

func TestMembers(t *testing.T) {
	fsys := treetest.Load(t, Format(), pack(files...))
	names := []string{"default.xml", "NON-HLOS.bin", "empty", "fsg.mbn", "fsg.mbn.2"}
	if err := fstest.TestFS(fsys, names...); err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		if got, err := fs.ReadFile(fsys, names[i]); err != nil || !bytes.Equal(got, f.data) {
			t.Errorf("%s: %d bytes, %v", names[i], len(got), err)
		}
	}
	if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
		t.Error(g)
	}
}

func TestCut(t *testing.T) {
	img := pack(files...)
	for n := 15; n < len(img)-256; n += 131 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "default.xml"); (err == nil) != (n >= 516) || err == nil && string(got) != "<x/>" {
			t.Fatalf("cut at %d: %q, %v", n, got, err)
		}
	}
}

func FuzzStar(f *testing.F) {
	f.Add(pack(files[0], files[2]))
	treetest.FuzzOpen(f, Format())
}
