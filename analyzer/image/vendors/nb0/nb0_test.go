package nb0

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

type file struct {
	name string
	data []byte
}

// pack writes a container; align pads every file to a multiple of it.
func pack(align int, files ...file) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, uint32(len(files)))
	var data []byte
	for i, f := range files {
		out = le.AppendUint32(out, uint32(len(data)))
		out = le.AppendUint32(out, uint32(len(f.data)))
		out = le.AppendUint32(out, uint32(i*31))
		out = le.AppendUint32(out, 0xDEADBEEF)
		out = append(append(out, f.name...), make([]byte, 48-len(f.name))...)
		data = append(data, f.data...)
		for len(data)%align != 0 {
			data = append(data, 0)
		}
	}
	return append(out, data...)
}

var files = []file{{"a-SYS-system.img", bytes.Repeat([]byte("sys"), 3000)}, {"boot.img", []byte("boot")}, {"empty.mlf", nil}, {"boot.img", []byte("again")}}

func TestMembers(t *testing.T) {
	for _, align := range []int{1, 512} {
		fsys := treetest.Load(t, Format(), pack(align, files...))
		names := []string{"a-SYS-system.img", "boot.img", "empty.mlf", "boot.img.2"}
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
	treetest.Load(t, Format(), pack(1, files[0])) // a single one, whole
}

func TestCut(t *testing.T) {
	img := pack(1, files...)
	for n := 4 + 4*64; n < len(img); n += 97 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := fsys.(image.Gapper).Gaps(); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "a-SYS-system.img"); (err == nil) != (n >= 4+4*64+9000) || err == nil && len(got) != 9000 {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestOthers(t *testing.T) {
	good := pack(1, files...)
	change := func(at int, b ...byte) []byte {
		c := bytes.Clone(good)
		copy(c[at:], b)
		return c
	}
	one := pack(1, files[0])
	for name, img := range map[string][]byte{
		"zeros": make([]byte, 5000), "a name not printable": change(4+64+16, 7), "no name": change(4+64+16, 0), "files over each other": change(4+64, 0, 0, 0, 0),
		"files far apart": change(4+3*64+2, 9), "too many": change(0, 0xFF, 0xFF), "one of two bytes less": one[:len(one)-2],
		"something behind": append(bytes.Clone(good), make([]byte, 5000)...), "short": good[:60],
	} {
		if sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("%s: recognised", name)
		}
	}
}

// TestCorpus: of all files of real firmware, none is taken for this format, which has nothing of its own to be
// recognised by.
func TestCorpus(t *testing.T) {
	root := corpustest.Dir(t)
	tried := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		tried++
		if sniff(f, info.Size()) {
			t.Errorf("%s is taken for an nb0", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", tried)
}

func FuzzNB0(f *testing.F) {
	f.Add(pack(1, files[1], files[2]))
	treetest.FuzzOpen(f, Format())
}
