package allwinner

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

var le = binary.LittleEndian

type file struct {
	kind, sub, name string
	data            []byte
}

// words is the sum as the flashing code makes it, over the file filled up with zeros.
func words(p []byte) (total uint32) {
	p = append(bytes.Clone(p), 0, 0, 0)
	for ; len(p) >= 4; p = p[4:] {
		total += le.Uint32(p)
	}
	return total
}

func pad(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

// pack writes an image; of version 0x100 with the short header.
func pack(version uint32, files ...file) []byte {
	short := version == 0x100
	at := 1024 + 1024*len(files)
	var items, data []byte
	for _, f := range files {
		it := append(le.AppendUint32(nil, 0x100), 0, 4, 0, 0)
		it = append(append(it, pad(f.kind, 8)...), pad(f.sub, 16)...)
		stored := (len(f.data) + 511) &^ 511
		off := at + len(data)
		it = append(it, 0, 0, 0, 0)
		if short {
			for _, v := range []int{stored, len(f.data), off, 0} {
				it = le.AppendUint32(it, uint32(v))
			}
			it = append(it, pad(f.name, 256)...)
		} else {
			it = append(it, pad(f.name, 256)...)
			for _, v := range []int{stored, len(f.data), off} {
				it = le.AppendUint64(it, uint64(v))
			}
		}
		items = append(items, append(it, make([]byte, 1024-len(it))...)...)
		data = append(append(data, f.data...), make([]byte, stored-len(f.data))...)
	}
	h := append([]byte("IMAGEWTY"), le.AppendUint32(nil, version)...)
	size := uint32(at + len(data))
	if short {
		h = le.AppendUint32(h, 0x50)
		for _, v := range []uint32{0x4D00000, 0x100234, size, 1024, 0x1234, 0x8743, 0x100, 0x100, 1, 1024, uint32(len(files)), 1024} {
			h = le.AppendUint32(h, v)
		}
	} else {
		h = le.AppendUint32(h, 0x60)
		for _, v := range []uint32{0x4D00000, 0x100234, size, 0, 1024, 0x1234, 0x8743, 0x100, 0x100, 1, 1024, uint32(len(files)), 1024} {
			h = le.AppendUint32(h, v)
		}
	}
	return append(append(append(h, bytes.Repeat([]byte{0xCD}, 1024-len(h))...), items...), data...)
}

var (
	system = bytes.Repeat([]byte("system!"), 701)
	files  = []file{
		{"COMMON", "SYS_CONFIG100000", "sys_config.fex", []byte("[product]\n")},
		{"RFSFAT16", "SYSTEM_FEX000000", "system.fex", system},
		{"RFSFAT16", "VSYSTEM_FEX00000", "Vsystem.fex", le.AppendUint32(nil, words(system))},
		{"12345678", "1234567890BOOT_0", "", []byte("boot0")},
		{"RFSFAT16", "EMPTY_FEX0000000", "empty.fex", nil},
	}
)

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name] = c
		return true
	})
	return out
}

func TestVersions(t *testing.T) {
	for _, version := range []uint32{0x100, 0x300, 0x403} {
		fsys := treetest.Load(t, Format(), pack(version, files...))
		if err := fstest.TestFS(fsys, "sys_config.fex", "system.fex", "Vsystem.fex", "12345678_1234567890BOOT_0", "empty.fex"); err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(fsys, "system.fex"); err != nil || !bytes.Equal(got, system) || len(gaps(fsys)) != 0 {
			t.Errorf("%#x: %d bytes, %v, %v", version, len(got), err, gaps(fsys))
		}
		if all := checks(fsys); len(all) != 1 || all["system.fex"].Outcome != image.Matched {
			t.Errorf("%#x: %v", version, all)
		}
	}
}

// TestSum: it is the same however the bytes come.
func TestSum(t *testing.T) {
	for n := range 9 {
		s := new(sum)
		s.Write(system[:n])
		s.Write(system[n:1001])
		if s.total != words(system[:1001]) {
			t.Errorf("in pieces of %d: %08x, want %08x", n, s.total, words(system[:1001]))
		}
	}
}

func TestEncrypted(t *testing.T) {
	for _, first := range []string{"2a99a28046d0639824a26204931e0395", "36d7a954f598aaaf76575e5f54a3155d"} {
		b, _ := hex.DecodeString(first)
		img := append(b, make([]byte, 5000)...)
		r := bytes.NewReader(img)
		_, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if e, ok := err.(*image.Error); !ok || e.Reason != image.Encrypted || !sniff(r, r.Size()) {
			t.Errorf("%s: %v", first, err)
		}
	}
}

func TestDamage(t *testing.T) {
	img := pack(0x300, files...)
	img[bytes.Index(img, system)+9] ^= 1
	if c := checks(treetest.Load(t, Format(), img))["system.fex"]; c.Outcome != image.Mismatched {
		t.Error(c)
	}
	img = pack(0x300, files...)
	le.PutUint64(img[2048+308:], 1<<63) // where the system lies
	fsys := treetest.Load(t, Format(), img)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Error(g)
	}
	if got, err := fs.ReadFile(fsys, "sys_config.fex"); err != nil || !bytes.Equal(got, files[0].data) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCut(t *testing.T) {
	img := pack(0x403, files...)
	end := bytes.Index(img, system) + len(system)
	for n := headerSize; n < len(img); n += 131 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := gaps(fsys); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "system.fex"); (err == nil) != (n >= end) || err == nil && !bytes.Equal(got, system) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		checks(fsys)
	}
}

func FuzzAllwinner(f *testing.F) {
	f.Add(pack(0x100, files[3], files[4]))
	f.Add(pack(0x300, files[1], files[2]))
	treetest.FuzzOpen(f, Format())
}
