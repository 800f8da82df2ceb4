package oat

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

type words []uint32

func (w words) bytes() []byte {
	var b []byte
	for _, v := range w {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// dexOf is a DEX that is a header with a number of classes, and a mark.
func dexOf(classes uint32, mark byte) []byte {
	d := append(make([]byte, dexHeader), mark, mark, mark, mark)
	copy(d, "dex\n035\x00")
	binary.LittleEndian.PutUint32(d[32:], uint32(len(d)))
	binary.LittleEndian.PutUint32(d[96:], classes)
	return d
}

// made is an OAT file of a version in ELF of 32 or 64 bits, the header at an offset, with a DEX of two classes at each of
// the locations.
func made(version string, wide bool, data uint32, locations ...string) []byte {
	headerSize := shortHeader
	if version < "052" {
		headerSize = longHeader
	}
	head := make([]byte, headerSize)
	copy(head, "oat\n"+version+"\x00")
	binary.LittleEndian.PutUint32(head[dexCount:], uint32(len(locations)))
	binary.LittleEndian.PutUint32(head[headerSize-4:], 4)
	oat := append(head, "k\x00v\x00"...)
	tail := 8
	table := len(oat)
	for _, l := range locations {
		table += 4 + len(l) + 8 + tail
	}
	var dexes []byte
	for i, l := range locations {
		oat = append(oat, words{uint32(len(l))}.bytes()...)
		oat = append(oat, l...)
		oat = append(oat, words{7, uint32(table + len(dexes))}.bytes()...)
		oat = append(oat, make([]byte, tail)...) // two classes, or two offsets
		dexes = append(dexes, dexOf(2, byte('a'+i))...)
	}
	oat = append(oat, dexes...)
	return elfAround(oat, wide, data)
}

// elfAround puts the symbol oatdata on data at an offset: header, one loaded and one dynamic segment, two symbols.
func elfAround(oat []byte, wide bool, data uint32) []byte {
	out := make([]byte, data)
	put16 := func(at int, v uint16) { binary.LittleEndian.PutUint16(out[at:], v) }
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(out[at:], v) }
	copy(out, "\x7fELF\x01\x01\x01")
	size := data + uint32(len(oat))
	const syms, strs, dyn = 0x100, 0x140, 0x160
	copy(out[strs:], "\x00oatdata\x00")
	if wide {
		out[4] = 2
		put(32, 64)
		put16(54, 56)
		put16(56, 2)
		put(64, typeLoad)
		put(64+32, size)
		put(120, typeDynamic)
		put(120+8, dyn)
		put(120+32, 48)
		put(syms+24, 1)
		put(syms+24+8, data)
		put(syms+24+16, uint32(len(oat)))
		put(dyn, tagStrtab)
		put(dyn+8, strs)
		put(dyn+16, tagSymtab)
		put(dyn+24, syms)
	} else {
		put(28, 52)
		put16(42, 32)
		put16(44, 2)
		put(52, typeLoad)
		put(52+16, size)
		put(84, typeDynamic)
		put(84+4, dyn)
		put(84+16, 24)
		put(syms+16, 1)
		put(syms+16+4, data)
		put(syms+16+8, uint32(len(oat)))
		put(dyn, tagStrtab)
		put(dyn+4, strs)
		put(dyn+8, tagSymtab)
		put(dyn+12, syms)
	}
	return append(out, oat...)
}

func load(raw []byte) (fs.FS, error) {
	return Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

// files returns the regular files and the last byte of each.
func files(t testing.TB, fsys fs.FS) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		out = append(out, name+" "+string(b[len(b)-1:]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMade(t *testing.T) {
	boot := []string{"/system/framework/core.jar", "/system/framework/fw.jar", "/system/framework/fw.jar:classes2.dex"}
	app := []string{"/data/a.apk", "/data/a.apk:classes2.dex"}
	for _, version := range []string{"039", "045", "064", "079", "088"} {
		for _, wide := range []bool{false, true} {
			raw := made(version, wide, 0x688, boot...)
			if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
				t.Errorf("%s, 64 bits %v: not recognised", version, wide)
			}
			fsys, err := load(raw)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"core.jar/classes.dex a", "fw.jar/classes.dex b", "fw.jar/classes2.dex c"}
			if d := cmp.Diff(want, files(t, fsys)); d != "" || len(fsys.(image.Gapper).Gaps()) > 0 {
				t.Errorf("%s, 64 bits %v: %s %v", version, wide, d, fsys.(image.Gapper).Gaps())
			}
			if err := fstest.TestFS(fsys, "core.jar/classes.dex"); err != nil {
				t.Error(err)
			}
		}
	}
	fsys, err := load(made("079", true, 0x1000, app...))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"classes.dex a", "classes2.dex b"}, files(t, fsys)); d != "" {
		t.Error(d)
	}
}

// TestWithoutDex: of a version that holds no DEX nothing is listed and nothing is missing.
func TestWithoutDex(t *testing.T) {
	raw := made("138", true, 0x1000, "/system/x.jar")
	fsys, err := load(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := files(t, fsys); len(got) > 0 || len(fsys.(image.Gapper).Gaps()) > 0 {
		t.Errorf("%v, gaps %v", got, fsys.(image.Gapper).Gaps())
	}
	f, err := Parse(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || f.Version != 138 || f.HasDex() {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestCut: a file that ends early shows the DEX files that are there, and where the symbols are lost the header is found
// at its usual place.
func TestCut(t *testing.T) {
	raw := made("064", false, 0x1000, "/a.apk", "/a.apk:classes2.dex")
	for cut, want := range map[int]int{len(raw) - 50: 1, len(raw) - 1: 2} {
		fsys, err := load(raw[:cut])
		if err != nil {
			t.Fatal(err)
		}
		if got := files(t, fsys); len(got) != want || got[0] != "classes.dex a" {
			t.Errorf("cut at %d: %q", cut, got)
		}
		if gaps := fsys.(image.Gapper).Gaps(); len(gaps) == 0 || gaps[0].Reason != image.Truncated {
			t.Errorf("cut at %d: gaps %v", cut, gaps)
		}
	}
	for i := range 0x180 {
		raw[i] = 0
	}
	copy(raw, "\x7fELF")
	fsys, err := load(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := files(t, fsys); len(got) != 2 {
		t.Errorf("without symbols: %q", got)
	}
}

// TestCorpus opens every OAT file of the corpus. Those before Android 8 have the DEX files that their table names, the
// others none.
func TestCorpus(t *testing.T) {
	count, dexes := map[int]int{}, map[int]int{}
	others := 0
	_ = filepath.WalkDir(corpustest.Dir(t, "trees"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		r, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer r.Close()
		info, _ := d.Info()
		if !Format().Sniff(r, info.Size()) {
			if ext := filepath.Ext(path); ext == ".oat" {
				t.Errorf("%s is not recognised", path)
			}
			others++
			return nil
		}
		fsys, err := Format().Open(r, info.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
			t.Errorf("%s: %v", path, gaps)
		}
		f, _ := Parse(r, info.Size())
		count[f.Version]++
		dexes[f.Version] += len(f.Dex)
		if (len(f.Dex) > 0) != f.HasDex() {
			t.Errorf("%s: version %d with %d DEX files", path, f.Version, len(f.Dex))
		}
		return nil
	})
	t.Logf("files by version %v, DEX files %v, %d files of other formats", count, dexes, others)
	for _, v := range []int{39, 45, 64, 79, 88, 131, 138, 170, 183, 199, 225, 230, 244, 265} {
		if count[v] == 0 {
			t.Errorf("no file of version %03d", v)
		}
	}
}

func TestNames(t *testing.T) {
	got := namesOf([]Dex{{Location: "a.jar"}, {Location: "/x/b.jar!classes2.dex"}, {Location: "/"}, {Location: ".."}, {Location: "c.jar:"}})
	want := []string{"a.jar/classes.dex", "b.jar/classes2.dex", "unnamed/classes.dex", "unnamed/classes.dex", "c.jar/classes.dex"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzOat(f *testing.F) {
	f.Add(made("039", false, 0x200, "/a.apk", "/a.apk:classes2.dex"))
	f.Add(made("079", true, 0x688, "/a.jar", "/b.jar"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			return
		}
		fsys, err := load(raw)
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Count(name, "/") > 9 {
				return nil
			}
			h, err := fsys.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, h)
			return nil
		})
	})
}

// TestQuickened: where the original indices of a method lie, for classes that are compiled in whole, in part and not at all.
func TestQuickened(t *testing.T) {
	const data = 8
	raw := make([]byte, 1024)
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(raw[data+at:], v) }
	put(0, 100) // class 0: all compiled
	put(4, 200) // class 1: methods 0 and 9 of it
	put(8, 300) // class 2: none
	put(12, 9999)
	put(100, 0)
	put(104, 401) // method 0: code at 400, for Thumb
	put(108, 500) // method 1: natively compiled
	put(112, 5000)
	put(200, someCompiled<<16)
	put(204, 4)
	put(208, 1|1<<9)
	put(212, 600)
	put(216, 401)
	put(300, 2<<16)
	put(400-methodHeader, 50) // 50 bytes before the code
	copy(raw[data+350:], "pairs")
	put(500-methodHeader, 50)
	put(500-4, 12)
	q := &quickened{file: &File{Data: data}, r: bytes.NewReader(raw), size: int64(len(raw)), dex: Dex{Classes: data}, class: -1}
	for _, c := range []struct {
		class, nth int
		want       string
	}{{0, 0, "pairs"}, {0, 1, ""}, {0, 2, ""}, {1, 0, ""}, {1, 9, "pairs"}, {1, 1, ""}, {1, 99, ""}, {2, 0, ""}, {3, 0, ""}, {4000, 0, ""}, {0, 0, "pairs"}} {
		got := q.pairs(c.class, c.nth, 8)
		if len(got) > len(c.want) && c.want != "" {
			got = got[:len(c.want)]
		}
		if string(got) != c.want {
			t.Errorf("class %d, method %d: %q, want %q", c.class, c.nth, got, c.want)
		}
	}
}
