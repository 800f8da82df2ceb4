package sevenzip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// run packs what is in root.
func run(t testing.TB, root string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("no 7z")
	}
	out := filepath.Join(t.TempDir(), "x.7z")
	cmd := exec.Command("7z", append(append([]string{"a", "-bd"}, args...), out, ".")...)
	cmd.Dir = root
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("7z: %v: %s", err, msg)
	}
	return out
}

// TestModes: Unix modes and symbolic links, which are content, are what they were.
func TestModes(t *testing.T) {
	root := t.TempDir()
	os.MkdirAll(filepath.Join(root, "bin"), 0o755)
	os.WriteFile(filepath.Join(root, "bin/su"), []byte("su"), 0o755)
	os.Chmod(filepath.Join(root, "bin/su"), 0o755)
	if err := os.Symlink("bin/su", filepath.Join(root, "link")); err != nil {
		t.Skip(err)
	}
	raw, err := os.ReadFile(run(t, root, "-snl"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := load(t, raw, "")
	if err != nil {
		t.Fatal(err)
	}
	if target, err := x.ReadLink("link"); err != nil || target != "bin/su" {
		t.Errorf("%q, %v", target, err)
	}
	if info, err := x.Lstat("bin/su"); err != nil || info.Mode() != 0o755 {
		t.Error(info, err)
	}
	if info, err := x.Lstat("bin"); err != nil || !info.IsDir() {
		t.Error(info, err)
	}
	if err := fstest.TestFS(x, "bin/su", "link"); err != nil {
		t.Error(err)
	}
}

// TestInPlace: what is stored lies in the archive where Attr.Offset says, encrypted or not.
func TestInPlace(t *testing.T) {
	raw := pack(t, "-m0=copy")
	x, err := load(t, raw, "")
	if err != nil {
		t.Fatal(err)
	}
	e, _ := x.Get("dir/vendor.img")
	if want := files["dir/vendor.img"]; e.Attr.Offset <= 0 || string(raw[e.Attr.Offset:][:len(want)]) != want {
		t.Errorf("%+v", e)
	}
	x, err = load(t, pack(t, "-m0=copy", "-psecret"), "7z secret")
	if err != nil {
		t.Fatal(err)
	}
	if e, _ = x.Get("dir/vendor.img"); e.Attr.Offset != -1 || !strings.Contains(e.Attr.Note, "line 1") {
		t.Errorf("%+v", e)
	}
	f, err := x.Open("dir/vendor.img")
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	if _, err := f.(io.ReaderAt).ReadAt(p, 99995); err != nil || string(p[:8]) != "vvvvvend" {
		if err != io.EOF || string(p[:8]) != "vvvvvend" {
			t.Errorf("%q, %v", p, err)
		}
	}
}

// TestUnsupported: the files are listed, and a gap for each names the method.
func TestUnsupported(t *testing.T) {
	for args, want := range map[string]string{"-m0=ppmd": "PPMd", "-m0=deflate64": "Deflate64", "-mf=BCJ2": "BCJ2", "-mf=PPC": "PowerPC"} {
		x, err := load(t, pack(t, strings.Fields(args)...), "")
		if err != nil {
			t.Fatal(args, err)
		}
		gaps := x.Gaps()
		if len(gaps) != 3 { // of three files with content
			t.Errorf("%s: %v", args, gaps)
		}
		for _, g := range gaps {
			if g.Reason != image.Unsupported || !strings.Contains(g.Detail, want) {
				t.Errorf("%s: %v", args, g)
			}
		}
		if _, err := fs.ReadFile(x, "dir/vendor.img"); image.GapOf(nil, "", err).Reason != image.Unsupported {
			t.Errorf("%s: %v", args, err)
		}
		x.Verify(t.Context(), func(c image.Check) bool {
			if c.Outcome != image.Unverified {
				t.Errorf("%s: %+v", args, c)
			}
			return true
		})
	}
}

// TestVolumes: the set is read like the whole; without a volume in between it is refused.
func TestVolumes(t *testing.T) {
	root := t.TempDir()
	want := bytes.Repeat([]byte("a line of the system image that is not alike, 0123456789\n"), 2000)
	os.WriteFile(filepath.Join(root, "system.img"), want, 0o644)
	out := run(t, root, "-m0=copy", "-v40k")
	names, _ := filepath.Glob(out + ".*")
	var parts []image.Part
	var bases []string
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bases = append(bases, filepath.Base(name))
		parts = append(parts, image.Part{Name: filepath.Base(name), ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))})
	}
	sets := group(append(slices.Clone(bases), "other.txt", "y.7z.002", "z.7z.001"))
	if len(sets) != 1 || sets[0].Name != "x.7z" || !slices.Equal(sets[0].Names, bases) || len(bases) != 3 {
		t.Fatal(sets, bases)
	}
	fsys, err := openSet(parts, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(fsys, "system.img"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := openSet(slices.Delete(parts, 1, 2), nil); image.GapOf(nil, "", err).Reason != image.Truncated {
		t.Error(err)
	}
}

// TestSolid: files of a block larger than memory is for are decoded once, into one file that is given back when all
// were closed.
func TestSolid(t *testing.T) {
	root := t.TempDir()
	for i := range 20 {
		os.WriteFile(filepath.Join(root, fmt.Sprintf("%02d.bin", i)), bytes.Repeat([]byte{byte(i), 1, 2, byte(i * i)}, 20_000), 0o644)
	}
	raw, err := os.ReadFile(run(t, root, "-ms=on"))
	if err != nil {
		t.Fatal(err)
	}
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool = 4<<20, 20*80_000 // spooled, and once only
	r := bytes.NewReader(raw)
	fsys, err := open(r, r.Size(), image.NewBudget(limits))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i := range 20 {
			got, err := fs.ReadFile(fsys, fmt.Sprintf("%02d.bin", i))
			if err != nil || len(got) != 80_000 || got[0] != byte(i) {
				t.Fatal(i, len(got), err)
			}
		}
	}
	c := fsys.(*FS)
	k := 0
	c.Verify(t.Context(), func(c image.Check) bool { k++; return c.Outcome == image.Matched })
	if k != 20 {
		t.Error(k)
	}
}

// TestHostile: headers that claim what is not there are refused, at once and for nothing.
func TestHostile(t *testing.T) {
	big := "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F" // a number
	for name, header := range map[string]string{
		"files":          "\x01\x05" + big + "\x00\x00",
		"packed streams": "\x01\x04\x06\x00" + big + "\x09",
		"folders":        "\x01\x04\x07\x0B" + big + "\x00",
		"coders":         "\x01\x04\x07\x0B\x01\x00\x20\x01\x00",
		"streams":        "\x01\x04\x07\x0B\x01\x00\x01\x11\x21" + big + big,
		"properties":     "\x01\x02\x01" + big,
		"cut":            "\x01\x04\x06",
		"kind":           "\x33",
		"parts":          "\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0B\x01\x00\x01\x01\x00\x0C\x01\x00\x08\x0D" + big,
	} {
		raw := wrap([]byte("x"), []byte(header))
		if _, err := load(t, raw, ""); err == nil {
			t.Errorf("%s: no error", name)
		} else if g := image.GapOf(nil, "", err); g.Reason == image.Unreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One stored byte that claims to be a terabyte of files, and coders that take from each other.
	le := binary.LittleEndian.AppendUint16
	names := append(le(le(nil, 'a'), 0), le(le(nil, 'b'), 0)...)
	header := "\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0B\x01\x00\x01\x01\x21\x0C\xFE\x00\x00\x00\x00\x00\x01\x00\x00\x08\x0D\x02\x09\x01\x00\x00\x05\x02\x11\x09\x00" + string(names) + "\x00"
	x, err := load(t, wrap([]byte("x"), []byte(strings.Replace(header, "\x01\x01\x21\x0C", "\x01\x21\x21\x01\x10\x0C", 1))), "")
	if err != nil {
		t.Fatal(err)
	}
	if g := x.Gaps(); len(g) != 2 || g[0].Reason != image.OverBudget {
		t.Error(g)
	}
	circle := "\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0B\x01\x00\x03\x01\x00\x01\x00\x01\x00\x01\x01\x02\x02\x0C\x01\x01\x01\x00\x00\x05\x01\x11\x05\x00a\x00\x00\x00\x00"
	x, err = load(t, wrap([]byte("x"), []byte(circle)), "")
	if err != nil {
		t.Fatal(err)
	}
	if g := x.Gaps(); len(g) != 1 || !strings.Contains(g[0].Detail, "circle") {
		t.Error(g)
	}
}
