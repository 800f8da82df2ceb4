package lg

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

type file struct {
	name string
	data string
}

// pack writes a KDZ of a version with two to four members; of version 3 the last three are the maps.
func pack(v int, files ...file) []byte {
	le := binary.LittleEndian
	h := []byte{0x28, 5, 0, 0}
	switch v {
	case 1:
		h = []byte{0x18, 5, 0, 0, 0x32, 0x79, 0x44, 0x50}
	case 2:
		h = append(h, 0x34, 0x31, 0x25, 0x80)
	case 3:
		h = append(h, 0x24, 0x38, 0x22, 0x25)
	}
	at := 2000
	var data []byte
	place := func(f file) (off, size uint64) {
		off, size = uint64(at+len(data)), uint64(len(f.data))
		data = append(data, f.data...)
		return off, size
	}
	members := files
	if v == 3 {
		members = files[:len(files)-3]
	}
	for i := range 4 {
		var f file
		var off, size uint64
		if i < len(members) {
			f = members[i]
			off, size = place(f)
		}
		if v == 1 && i == 2 {
			break
		}
		if i == 2 {
			h = append(h, 3)
		}
		h = append(append(h, f.name...), make([]byte, 256-len(f.name))...)
		if v == 1 {
			h = le.AppendUint32(le.AppendUint32(h, uint32(size)), uint32(off))
		} else {
			h = le.AppendUint64(le.AppendUint64(h, size), off)
		}
	}
	if v == 3 {
		h = append(h, make([]byte, 17)...)
		for i, f := range files[len(files)-3:] {
			if i == 2 {
				h = append(h, "LMG820N"+string(make([]byte, 25))...)
			}
			off, size := place(f)
			h = le.AppendUint32(le.AppendUint64(h, off), uint32(size))
		}
	}
	return append(append(h, make([]byte, at-len(h))...), data...)
}

func mount(t *testing.T, img []byte) fs.FS {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, int64(len(img))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

var files = []file{{"H90120e_00.dz", "the partitions"}, {"LGUP_c.dll", "a library"}, {"LGUP_c.dylib", "another"}}

func TestVersions(t *testing.T) {
	third := append(slices.Clone(files), file{"suffix_map", "abc"}, file{"sku_map", "de"}, file{"extended_sku_map", "fgh"})
	for v, files := range map[int][]file{1: files[:2], 2: files, 3: third} {
		img := pack(v, files...)
		fsys := mount(t, img)
		var names []string
		for _, f := range files {
			names = append(names, f.name)
			if got, err := fs.ReadFile(fsys, f.name); string(got) != f.data {
				t.Errorf("version %d: %s: %q, %v", v, f.name, got, err)
			}
		}
		if err := fstest.TestFS(fsys, names...); err != nil {
			t.Errorf("version %d: %v", v, err)
		}
		if list, _ := fs.ReadDir(fsys, "."); len(list) != len(files) {
			t.Errorf("version %d: %v", v, list)
		}
		if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
			t.Errorf("version %d: %v", v, g)
		}
	}
}

func TestCut(t *testing.T) {
	img := pack(2, files...)
	for n := 8; n < len(img); n += 7 {
		fsys := mount(t, img[:n])
		if g := fsys.(image.Gapper).Gaps(); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if _, err := fs.ReadFile(fsys, files[0].name); (err == nil) != (n >= 2000+len(files[0].data)) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func FuzzKDZ(f *testing.F) {
	f.Add(pack(1, files[:2]...))
	f.Add(pack(3, append(slices.Clone(files), files...)...))
	f.Fuzz(func(t *testing.T, img []byte) {
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			h, err := fsys.Open(name)
			if err == nil {
				h.(io.ReaderAt).ReadAt(buf, 1)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
