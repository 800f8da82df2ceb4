package iscab

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func TestGroup(t *testing.T) {
	got := fmt.Sprint(Format().Group([]string{"data1.hdr", "DATA2.CAB", "data1.cab", "data4.cab", "rom1.cab", "rom2.cab", "lone1.cab", "setup.exe", "data11.cab", "1.hdr", "1.cab"}))
	want := "[{cab [1.hdr 1.cab]} {data.cab [data1.hdr data1.cab DATA2.CAB]} {rom.cab [rom1.cab rom2.cab]}]"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	other := []image.Part{{Name: "a1.cab", ReaderAt: bytes.NewReader(make([]byte, 99)), Size: 99}}
	if Format().Fits(other) {
		t.Error("other files fit")
	}
}

// TestFlip: a changed byte of content is found by the MD5 or the decoder, and hurts one file only.
func TestFlip(t *testing.T) {
	hdr, volumes := pack(t, version12, 32<<10, 0, files()...)
	for _, at := range []int{600, 60000, len(volumes[0]) - 5} {
		v := bytes.Clone(volumes[0])
		v[at] ^= 0x40
		fsys := load(t, toParts(hdr, [][]byte{v}))
		got := outcomes(fsys)
		if got[image.Matched] != len(paths)-1 {
			t.Errorf("flip at %d: %v", at, got)
		}
	}
}

// TestCut: what lies before the end is read, the rest is told.
func TestCut(t *testing.T) {
	hdr, volumes := pack(t, version6, 32<<10, 512+20000, files()...)
	missing := load(t, toParts(hdr, volumes[:2]))
	if g := missing.Gaps(); len(g) == 0 || g[0].Reason != image.Truncated {
		t.Errorf("a volume is missing: %v", g)
	}
	f, err := missing.Open("rom.zip")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1000)
	if _, err := f.(io.ReaderAt).ReadAt(b, 0); err != nil || !bytes.Equal(b, files()[0].data[:1000]) {
		t.Errorf("the start of what is cut: %v", err)
	}
	if _, err := fs.ReadFile(missing, "rom.zip"); err == nil {
		t.Error("all is read of what is cut")
	}
	for _, version := range []uint32{version0, version5, version6, version17} {
		hdr, volumes := pack(t, version, 32<<10, 0, files()...)
		for n := len(hdr) - 1; n > 0x230; n -= 13 {
			parts := toParts(hdr[:n], volumes)
			fsys, err := Format().OpenSet(parts, image.NewBudget(image.DefaultLimits()))
			if err != nil {
				t.Fatalf("version %d: header cut at %d: %v", major(version), n, err)
			}
			if g := fsys.(opened).Gaps(); len(g) == 0 || g[0].Reason != image.Truncated {
				t.Fatalf("version %d: header cut at %d: %v", major(version), n, g)
			}
		}
		short := load(t, toParts(hdr, [][]byte{volumes[0][:len(volumes[0])-100]}))
		if g := short.Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
			t.Errorf("version %d: volume cut: %v", major(version), g)
		}
		if got, err := fs.ReadFile(short, "a/hidden.bin"); err != nil || !bytes.Equal(got, files()[2].data) {
			t.Errorf("version %d: volume cut: %d bytes, %v", major(version), len(got), err)
		}
	}
}

// TestHostile: numbers that lie make gaps, and no work.
func TestHostile(t *testing.T) {
	hdr, volumes := pack(t, version6, 32<<10, 0, files()...)
	for name, at := range map[string]int{"directories": 28, "files": 40, "table": 12, "size of the table": 20, "descriptors": 44} {
		for _, n := range []uint32{0xFFFFFFFF, 0x7FFFFFFF, 1 << 20} {
			lie := bytes.Clone(hdr)
			le.PutUint32(lie[512+at:], n)
			fsys, err := Format().OpenSet(toParts(lie, volumes), image.NewBudget(image.DefaultLimits()))
			if err == nil && len(fsys.(opened).Gaps()) == 0 && name != "directories" {
				t.Errorf("%s %x: no gap", name, n)
			}
		}
	}
	size := bytes.Clone(hdr)
	le.PutUint64(size[len(size)-0x57*6+2:], 1<<41)
	fsys := load(t, toParts(size, volumes))
	if got, err := fs.Stat(fsys, "rom.zip"); err != nil || got.Size() != 1<<41 {
		t.Errorf("%v, %v", got, err)
	}
	f, err := fsys.Open("rom.zip")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.(io.ReaderAt).ReadAt(make([]byte, 100), 1<<40); err == nil {
		t.Errorf("%d bytes where there are none", n)
	}
}

func FuzzCabinet(f *testing.F) {
	for _, version := range []uint32{version0, version5, version6, version17} {
		hdr, volumes := pack(f, version, 2000, 0, entry{name: "a", data: noise(5000, 1), flags: 4}, entry{dir: "d", name: "b", data: noise(50, 2), flags: 2})
		f.Add(hdr, volumes[0])
		f.Add(single(hdr, volumes[0]), []byte{})
	}
	hdr, volumes := pack(f, version6, 2000, 512+500, entry{name: "a", data: noise(1500, 1)}, entry{name: "b", data: noise(50, 2), same: 1})
	f.Add(hdr, bytes.Join(volumes, nil))
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool, limits.Work = 16<<20, 16<<20, 64<<20
	f.Fuzz(func(t *testing.T, hdr, volume []byte) {
		if r := bytes.NewReader(hdr); len(volume) == 0 {
			Format().Sniff(r, r.Size())
			if fsys, err := Format().Open(r, r.Size(), image.NewBudget(limits)); err == nil {
				read(t, fsys)
			}
			return
		}
		half := len(volume) / 2
		for _, v := range [][][]byte{{volume}, {volume[:half], volume[half:]}} {
			if fsys, err := Format().OpenSet(toParts(hdr, v), image.NewBudget(limits)); err == nil {
				read(t, fsys)
			}
		}
	})
}

func read(t *testing.T, fsys fs.FS) {
	left := 10
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if left--; left < 0 {
			return fs.SkipAll
		}
		h, err := fsys.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := h.Stat()
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 3000)
		for _, off := range []int64{0, info.Size() - 100} {
			_, _ = h.(io.ReaderAt).ReadAt(buf, max(off, 0))
		}
		return h.Close()
	})
}
