package blockota

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/ext4"
	"romscan/analyzer/image/streamtest"
)

func TestGroup(t *testing.T) {
	got := group([]string{"system.transfer.list", "system.new.dat.br", "system.patch.dat", "vendor.new.dat.2", "vendor.new.dat.1", "vendor.new.dat.10",
		"vendor.transfer.list", "odm.new.dat", "oem.new.dat.xz", "oem.transfer.list", "lonely.transfer.list", "my_bigball.00011011.new.dat.br", "my_bigball.00011011.transfer.list"})
	want := []image.Set{
		{Name: "my_bigball.00011011.img", Names: []string{"my_bigball.00011011.transfer.list", "my_bigball.00011011.new.dat.br"}},
		{Name: "oem.img", Names: []string{"oem.transfer.list", "oem.new.dat.xz"}},
		{Name: "system.img", Names: []string{"system.transfer.list", "system.new.dat.br", "system.patch.dat"}},
		{Name: "vendor.img", Names: []string{"vendor.transfer.list", "vendor.new.dat.1", "vendor.new.dat.2", "vendor.new.dat.10"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// split writes an image as an update would: blocks of zeros are zeroed, the rest is new, in ranges of up to 7
// blocks so that there are many.
func split(img []byte) (list string, fresh []byte) {
	var cmds []string
	for b := 0; b < len(img)/blockSize; {
		zero := bytes.Count(img[b*blockSize:(b+1)*blockSize], []byte{0}) == blockSize
		e := b
		for e < len(img)/blockSize && e-b < 7 && (bytes.Count(img[e*blockSize:(e+1)*blockSize], []byte{0}) == blockSize) == zero {
			e++
		}
		name := "zero"
		if !zero {
			name = "new"
			fresh = append(fresh, img[b*blockSize:e*blockSize]...)
		}
		cmds = append(cmds, fmt.Sprintf("%s 2,%d,%d", name, b, e))
		b = e
	}
	return fmt.Sprintf("4\n%d\n0\n0\nerase 2,%d,%d\n%s\n", len(img)/blockSize, len(img)/blockSize, len(img)/blockSize+10, strings.Join(cmds, "\n")), fresh
}

func part(name string, b []byte) image.Part {
	return image.Part{Name: name, ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

func mount(t testing.TB, parts ...image.Part) fs.FS {
	t.Helper()
	fsys, err := openSet(parts, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func sample() []byte {
	img := make([]byte, 200*blockSize)
	rng := rand.New(rand.NewPCG(5, 6))
	for b := range 200 {
		if rng.Uint32N(3) > 0 {
			for i := range blockSize {
				img[b*blockSize+i] = byte(rng.Uint32() >> 20)
			}
		}
	}
	return img
}

// TestReadsBack: plain, in parts, under brotli and xz, the partition is what was packed.
func TestReadsBack(t *testing.T) {
	img := sample()
	list, fresh := split(img)
	half := len(fresh)/2 + 17
	for name, parts := range map[string][]image.Part{
		"plain":  {part("s.new.dat", fresh)},
		"split":  {part("s.new.dat.1", fresh[:half]), part("s.new.dat.2", fresh[half:])},
		"brotli": {part("s.new.dat.br", streamtest.Tool(t, fresh, "brotli", "-q", "6", "-w", "24", "-c"))},
		"xz":     {part("s.new.dat.xz", streamtest.Tool(t, fresh, "xz", "-c"))},
	} {
		fsys := mount(t, append([]image.Part{part("s.transfer.list", []byte(list))}, parts...)...)
		got, err := fs.ReadFile(fsys, Name)
		if err != nil || !bytes.Equal(got[:len(img)], img) || len(got) != len(img)+10*blockSize {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
			t.Errorf("%s: %v", name, g)
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Error(err)
		}
	}
}

// TestIncremental: of every version's commands, the blocks they write need the old image, the others read.
func TestIncremental(t *testing.T) {
	data := bytes.Repeat([]byte{7}, 2*blockSize)
	for version, cmds := range map[int]string{
		1: "move 2,90,91 2,2,3\nbsdiff 0 10 2,80,82 2,3,5",
		2: "move 2,2,3 1 2,90,91\nbsdiff 0 10 2,3,5 2 2,80,82",
		3: "stash dddd 2,80,82\nmove aaaa 2,2,3 1 2,90,91\nimgdiff 0 10 bbbb cccc 2,3,5 2 - dddd:2,0,2",
		4: "stash dddd 2,80,82\nmove aaaa 2,2,3 1 2,90,91\nbsdiff 0 10 bbbb cccc 2,3,5 2 2,80,82\nfree dddd",
	} {
		head := fmt.Sprintf("%d\n5\n", version)
		if version > 1 {
			head += "0\n0\n"
		}
		fsys := mount(t, part("x.transfer.list", []byte(head+"new 2,0,2\n"+cmds+"\n")), part("x.new.dat", data))
		f, err := fsys.Open(Name)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2*blockSize)
		if _, err := f.(io.ReaderAt).ReadAt(b, 0); err != nil || !bytes.Equal(b, data) {
			t.Errorf("version %d: new blocks: %v", version, err)
		}
		for _, block := range []int64{2, 3, 4} {
			if _, err := f.(io.ReaderAt).ReadAt(b[:1], block*blockSize); err == nil {
				t.Errorf("version %d: block %d reads without the old image", version, block)
			}
		}
		if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || !strings.Contains(g[0].Detail, "12288 of 20480") {
			t.Errorf("version %d: %v", version, g)
		}
	}
}

// TestRealUpdate reads a real update of a set-top box down to its files.
func TestRealUpdate(t *testing.T) {
	dir := corpustest.Dir(t, "trees/formats/sdat")
	list, err := os.ReadFile(filepath.Join(dir, "hp4024_private.transfer.list"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "hp4024_private.new.dat.br"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := mount(t, part("private.transfer.list", list), part("private.new.dat.br", data))
	f, err := fsys.Open(Name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	e, err := ext4.Format().Open(f.(io.ReaderAt), info.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bgroupcert.dat", "miniepg/img/big_logo.png", "miniepg/img/common-bg.png", "miniepg/img/default-bg.png"} {
		want, err := os.ReadFile(filepath.Join(dir, "private_expected", strings.ReplaceAll(name, "/", "__")))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(e, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
}

func FuzzBlockOTA(f *testing.F) {
	list, fresh := split(sample()[:20*blockSize])
	before := sample()[:5*blockSize]
	diff := bsdiffOf(f, before[:blockSize], before[blockSize:2*blockSize])
	f.Add(list, fresh, diff)
	f.Add("1\n5\nmove 2,90,91 2,2,3\nnew 4,0,1,0,9\n", fresh, diff)
	f.Add("4\n1\n0\n0\nzero 2,0,4294967295\nnew 2,4294967294,4294967295\n", fresh, diff)
	f.Add("2\n1\n0\n0\nstash 7 2,1,3\nmove 2,0,2 2 - 7:4,1,2,0,1\nbsdiff 0 140 2,2,3 1 2,0,1\nimgdiff 0 140 2,3,4 2 2,2,3 2,0,1 7:2,0,2\nfree 7\n", fresh, diff)
	f.Add(deltaOf(f, before, append(bytes.Clone(before[blockSize:]), before[:blockSize]...)).list(), fresh, diff)
	limits := image.DefaultLimits()
	limits.Memory = 16 << 20
	f.Fuzz(func(t *testing.T, list string, data, diff []byte) {
		budget := image.NewBudget(limits)
		budget.Base = old{"x": before}
		fsys, err := openSet([]image.Part{part("x.transfer.list", []byte(list)), part("x.new.dat", data), part("x.patch.dat", diff)}, budget)
		if err != nil {
			return
		}
		h, err := fsys.Open(Name)
		if err != nil {
			return
		}
		buf := make([]byte, 3*blockSize)
		for _, off := range []int64{0, 100, 5 * blockSize, 1 << 40} {
			n, err := h.(io.ReaderAt).ReadAt(buf, off)
			again := make([]byte, len(buf))
			if m, err2 := h.(io.ReaderAt).ReadAt(again, off); m != n || (err == nil) != (err2 == nil) || !bytes.Equal(buf[:n], again[:m]) {
				t.Errorf("reads at %d differ: %v, %v", off, err, err2)
			}
		}
	})
}
