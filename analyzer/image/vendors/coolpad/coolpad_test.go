package coolpad

import (
	"bytes"
	"context"
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

// crc is the checksum bit by bit, as the reader does not compute it.
func crc(v uint32, p []byte) uint32 {
	for _, b := range p {
		t := uint16(v>>8&0xFF^uint32(b)) << 8
		for range 8 {
			carry := t >> 15
			t <<= 1
			if carry == 1 {
				t ^= 0x1021
			}
		}
		v = v<<8 ^ uint32(t)
	}
	return v
}

var masks = []uint16{0x005C, 0x0836, 0x0828, 0x083A, 0x0809, 0x0825}

// pack writes CPB 1.minor; plain leaves offsets and sizes as they are.
func pack(minor byte, plain bool, files ...file) []byte {
	le := binary.LittleEndian
	h := []byte{'C', 'P', 1, minor}
	total := 0
	for _, m := range masks {
		h = le.AppendUint16(h, m)
		total += int(m)
	}
	h = append(h, bytes.Repeat([]byte{0x55}, 32)...)
	for _, s := range []struct {
		text string
		n    int
	}{{"8730L", 32}, {"P3", 16}, {"4.3.066.P3.140417.8730L", 64}, {"\xC9\xEE", 256}} {
		h = append(append(h, s.text...), make([]byte, s.n-len(s.text))...)
	}
	end := 552 + 76*len(files)
	h = le.AppendUint32(h, uint32(end))
	h = append(h, make([]byte, 128)...)
	state := crc(0, h)
	mean := uint32(uint16(total / 5))
	key := (mean - uint32(masks[3])) | (mean-uint32(masks[4]))<<16
	var table, data []byte
	for i, f := range files {
		e := append([]byte(f.name), make([]byte, 64-len(f.name))...)
		e = le.AppendUint32(e, uint32(end+len(data)))
		e = le.AppendUint32(e, uint32(len(f.data)))
		e = le.AppendUint32(e, crc(0, f.data))
		state = crc(state, e)
		if !plain {
			// The halves of the mask change places on the halves of the number; the index is added byte by byte.
			m := []byte{byte(key >> 16), byte(key >> 24), byte(key), byte(key >> 8)}
			for k := range 8 {
				e[64+k] ^= m[k%4] + byte(i)
			}
		}
		table = append(table, e...)
		data = append(data, f.data...)
	}
	h = le.AppendUint32(h, state+uint32(minor))
	return append(append(h, table...), data...)
}

var files = []file{{"system.img", bytes.Repeat([]byte("sys"), 3000)}, {"boot.img", []byte("boot")}, {"empty", nil}, {"boot.img", []byte("again")}}

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name] = c
		return true
	})
	return out
}

func TestMembers(t *testing.T) {
	for _, img := range [][]byte{pack(7, false, files...), pack(5, true, files...)} {
		fsys := treetest.Load(t, Format(), img)
		names := []string{"system.img", "boot.img", "empty", "boot.img.2"}
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
		all := checks(fsys)
		for name, c := range all {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if len(all) != 4 {
			t.Error(all)
		}
	}
}

func TestDamage(t *testing.T) {
	img := pack(7, false, files...)
	img[len(img)-1] ^= 1
	img[60] ^= 1
	fsys := treetest.Load(t, Format(), img)
	all := checks(fsys)
	if all["boot.img.2"].Outcome != image.Mismatched || all[""].Outcome != image.Mismatched || all["boot.img"].Outcome != image.Matched {
		t.Error(all)
	}
	if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Error(g)
	}
}

func TestCut(t *testing.T) {
	img := pack(7, false, files...)
	for n := 552 + 4*76; n < len(img); n += 97 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := fsys.(image.Gapper).Gaps(); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "system.img"); (err == nil) != (n >= 552+4*76+9000) || err == nil && len(got) != 9000 {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// TestCorpus: the two letters that a CPB starts with are not enough to take a file of real firmware for one.
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
			t.Errorf("%s is taken for a CPB", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", tried)
}

func FuzzCPB(f *testing.F) {
	f.Add(pack(7, false, files[1], files[2]))
	f.Add(pack(6, true, files[1]))
	treetest.FuzzOpen(f, Format())
}
