package analyzer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// largest returns the file of an input that is damaged: the input, or of a directory the largest file in it.
func largest(t *testing.T, input string) string {
	t.Helper()
	info, err := os.Stat(input)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		return input
	}
	var name string
	var most int64
	entries, err := os.ReadDir(input)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() && i.Size() > most {
			name, most = filepath.Join(input, e.Name()), i.Size()
		}
	}
	return name
}

// reading is what reading an input gives: the digests of the files of the device that can be had, the errors of those that
// cannot, the gaps.
type reading struct {
	sums   map[string]string
	failed map[string]error
	gaps   []image.Gap
}

func readTree(t *testing.T, input string) *reading {
	t.Helper()
	root, done, err := OpenInput(input)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	entries, err := List(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
	if err != nil {
		t.Fatal(err)
	}
	out := &reading{sums: map[string]string{}, failed: map[string]error{}}
	layout := LayoutOf(entries)
	for _, e := range entries {
		out.gaps = append(out.gaps, e.Gaps...)
		name := layout.Spot(e.File.Path).Device
		if name != "" && e.File.Realm == image.Device && e.File.IsRegular() {
			sum, err := e.File.Digest()
			if err != nil {
				out.failed[name] = err
			} else {
				out.sums[name] = fmt.Sprintf("%x", sum)
			}
		}
		e.File.Close()
	}
	for _, g := range out.gaps {
		if g.Reason == image.Panicked {
			t.Errorf("panic at %s: %s: %s", g.At, g.By, g.Detail)
		}
	}
	return out
}

// copyOf copies an input, of which damage may be done to a file.
func copyOf(t *testing.T, input string, damage func(file string)) string {
	t.Helper()
	file := largest(t, input)
	dir := t.TempDir()
	to := filepath.Join(dir, filepath.Base(file))
	if file != input {
		entries, err := os.ReadDir(input)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := filepath.Join(input, e.Name()); name != file && e.Type().IsRegular() {
				link(t, name, filepath.Join(dir, e.Name()))
			}
		}
	}
	from, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	w, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, from); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	damage(to)
	if file != input {
		return dir
	}
	return to
}

// damageTree is a small device: that of the corpus takes long to be read dozens of times.
func damageTree(t *testing.T) *device {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "tree")
	from := trees(t)[0]
	for _, name := range []string{"system/build.prop", "system/etc", "system/bin"} {
		info, err := os.Stat(filepath.Join(from, name))
		if err != nil {
			continue
		}
		to := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			err = os.CopyFS(to, os.DirFS(filepath.Join(from, name)))
		} else {
			err = os.Link(filepath.Join(from, name), to)
			if err != nil {
				data, rerr := os.ReadFile(filepath.Join(from, name))
				err = errors.Join(rerr, os.WriteFile(to, data, 0o644))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"app/A.apk", "framework/f.jar"} { // what tells a tree of a device
		name = filepath.Join(tree, "system", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return newDevice(t, tree)
}

// unsummed are packagings that carry no checksum over the content of files, or where what the tool makes has none.
var unsummed = []string{"ext4", "ext2", "inline", "erofs", "squashfs", "f2fs", "sparse", "pieces", "cd"}

// inPlace are packagings in which each file lies in one place, and its content is there as soon as that is: what lies
// before a cut can be read. The others are read from one serial stream or keep their directory at their end.
var inPlace = []string{"ext4", "ext2", "sparse", "pieces", "erofs", "f2fs", "tar.md5", "cd", "ap", "tgz", "disk"}

// TestCut: of a download that broke off, what lies before the cut is read and is right, and a gap tells of the rest.
func TestCut(t *testing.T) {
	d := damageTree(t)
	for _, p := range packagings() {
		if p.name == "directory" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			input := p.make(t, d)
			whole := readTree(t, input)
			if len(whole.sums) < 300 || len(whole.failed) > 0 {
				t.Fatalf("%d files, %d unreadable", len(whole.sums), len(whole.failed))
			}
			last := -1
			for _, percent := range []int64{10, 50, 90} {
				cut := readTree(t, copyOf(t, input, func(file string) {
					info, err := os.Stat(file)
					if err == nil {
						err = os.Truncate(file, info.Size()*percent/100)
					}
					if err != nil {
						t.Fatal(err)
					}
				}))
				compareTrees(t, fmt.Sprintf("%d %%", percent), whole, cut)
				t.Logf("%d %%: %d of %d files read, %d not, %d gaps", percent, len(cut.sums), len(whole.sums), len(cut.failed), len(cut.gaps))
				if len(cut.sums) < last {
					t.Errorf("%d %%: %d files, and %d of less", percent, len(cut.sums), last)
				}
				last = len(cut.sums)
			}
			if last == 0 && slices.Contains(inPlace, p.name) {
				t.Error("nothing is read of nine tenths")
			}
		})
	}
}

// compareTrees: no file has other content than it had, and none is missing without a word.
func compareTrees(t *testing.T, what string, whole, got *reading) {
	t.Helper()
	wrong, missing := 0, 0
	for name, sum := range got.sums {
		if want, ok := whole.sums[name]; ok && want != sum {
			if wrong++; wrong < 4 {
				t.Errorf("%s: %s reads as something else, and no error", what, name)
			}
		}
	}
	for name := range whole.sums {
		if got.sums[name] == "" && got.failed[name] == nil {
			missing++
		}
	}
	if missing > 0 && len(got.gaps) == 0 {
		t.Errorf("%s: %d files are missing, and no gap", what, missing)
	}
}

// TestFlip: after bits have flipped nothing panics or hangs, and where a packaging carries a checksum Verify finds it.
func TestFlip(t *testing.T) {
	d := damageTree(t)
	for _, p := range packagings() {
		if p.name == "directory" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			input := p.make(t, d)
			whole := readTree(t, input)
			rnd := rand.New(rand.NewPCG(7, uint64(len(p.name))))
			for i := range 4 {
				var at int64
				bad := copyOf(t, input, func(file string) { at = flip(t, file, rnd) })
				got := readTree(t, bad)
				wrong := 0
				for name, sum := range got.sums {
					if want, ok := whole.sums[name]; ok && want != sum {
						wrong++
					}
				}
				mismatches := verifyTree(t, bad)
				t.Logf("flip %d at %d: %d files wrong, %d unreadable, %d missing, %d gaps; %d mismatches", i, at, wrong, len(got.failed), len(whole.sums)-len(got.sums), len(got.gaps), mismatches)
				harm := wrong > 0 || len(got.failed) > 0 || len(got.sums) < len(whole.sums)
				if harm && mismatches == 0 && len(got.gaps) == 0 && !slices.Contains(unsummed, p.name) {
					t.Errorf("flip at %d: neither a mismatch nor a gap", at)
				}
			}
		})
	}
}

// flip flips a bit in a stretch of the file that is not zeros, and returns where.
func flip(t *testing.T, file string, rnd *rand.Rand) int64 {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	for {
		at := rnd.Int64N(info.Size() - int64(len(b)))
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(b, []byte{0}) > 8 {
			continue
		}
		if _, err := f.WriteAt([]byte{b[0] ^ 1<<rnd.IntN(8)}, at); err != nil {
			t.Fatal(err)
		}
		return at
	}
}

// verifyTree counts the mismatches.
func verifyTree(t *testing.T, input string) int {
	t.Helper()
	root, done, err := OpenInput(input)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	list, gaps, err := Verify(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range list {
		if c.Outcome == image.Mismatched {
			n++
		}
		if strings.Contains(c.Detail, string(image.Panicked)) {
			t.Errorf("panic: %s: %s", c.Path(), c.Detail)
		}
	}
	for _, g := range gaps {
		if g.Reason == image.Panicked {
			t.Errorf("panic at %s: %s", g.At, g.Detail)
		}
	}
	return n
}
