package iso9660

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// tree is what images are made of: directories deeper than ISO 9660 allows, long names, links of many components,
// more files in a directory than a sector has records.
func tree(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write := func(name, data string, mode os.FileMode) {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(data), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("system.sfs", strings.Repeat("squash", 10000), 0o644)
	write("boot/init", "#!", 0o755)
	write("empty", "", 0o600)
	write("1/2/3/4/5/6/7/8/9/10/11/deep.txt", "deep", 0o644)
	write("names/"+strings.Repeat("long", 45)+".apk", "long", 0o644)
	write("names/ünïcode.txt", "u", 0o644)
	for i := range 200 {
		write(fmt.Sprintf("many/file-%03d.bin", i), strings.Repeat("x", i), 0o644)
	}
	for name, target := range map[string]string{"link": "boot/init", "up": "../a/./b/../c", "root": "/system/etc/x", "long-link": strings.Repeat("component/", 12) + "end"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func pack(t testing.TB, root string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("genisoimage"); err != nil {
		t.Skip("no genisoimage")
	}
	out := filepath.Join(t.TempDir(), "x.iso")
	if msg, err := exec.Command("genisoimage", append(append([]string{"-quiet", "-no-pad", "-input-charset", "utf-8", "-o", out}, args...), root)...).CombinedOutput(); err != nil {
		t.Fatalf("genisoimage: %v: %s", err, msg)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func load(t testing.TB, raw []byte) *image.Index {
	t.Helper()
	r := bytes.NewReader(raw)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, r.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*image.Index)
}

// contents lists a tree: content of files, target of links.
func contents(t testing.TB, fsys fs.FS, modes bool) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		key := name
		if modes {
			key += " " + info.Mode().String()
		}
		if d.Type()&fs.ModeSymlink != 0 {
			out[name], err = fs.ReadLink(fsys, name)
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		out[key] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRockRidge(t *testing.T) {
	root := tree(t)
	x := load(t, pack(t, root, "-R"))
	want, got := contents(t, os.DirFS(root), true), contents(t, x, true)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if g := x.Gaps(); len(g) > 0 {
		t.Errorf("gaps %v", g)
	}
	if err := fstest.TestFS(x, "system.sfs", "boot/init", "many/file-199.bin", "1/2/3/4/5/6/7/8/9/10/11/deep.txt"); err != nil {
		t.Error(err)
	}
}

// TestJoliet: its names are the host's up to 64 characters; links are not there.
func TestJoliet(t *testing.T) {
	root := tree(t)
	got := contents(t, load(t, pack(t, root, "-J", "-D")), false)
	for name, want := range contents(t, os.DirFS(root), false) {
		if path.Base(name)[0] == 'l' || name == "up" || name == "root" {
			continue
		}
		if got[name] != want {
			t.Errorf("%s: %d bytes, want %d", name, len(got[name]), len(want))
		}
	}
}

func TestPlain(t *testing.T) {
	root := tree(t)
	got := contents(t, load(t, pack(t, root, "-D")), false)
	if got["SYSTEM.SFS"] != strings.Repeat("squash", 10000) || got["BOOT/INIT"] != "#!" {
		t.Errorf("%d files", len(got))
	}
}

// TestDamaged: a directory inside of itself and a cut image end in gaps, the rest is read.
func TestDamaged(t *testing.T) {
	raw := pack(t, tree(t), "-R")
	whole := contents(t, load(t, raw), false)
	loop := bytes.Clone(raw)
	root, _ := parseRecord(loop[firstVD*sector+156:][:34])
	pos := root.extent * sector
	for {
		r, ok := parseRecord(loop[pos : pos+255])
		if !ok {
			t.Fatal("no directory in the root")
		}
		if r.flags&flagDir != 0 && !r.special() {
			copy(loop[pos+2:pos+6], loop[firstVD*sector+156+2:]) // it becomes the root
			break
		}
		pos += int64(r.length)
	}
	x := load(t, loop)
	if g := x.Gaps(); len(g) == 0 || g[0].Reason != image.Malformed {
		t.Errorf("loop: gaps %v", g)
	}
	if got := contents(t, x, false); got["system.sfs"] != whole["system.sfs"] {
		t.Error("loop: a file of the root is lost")
	}
	x = load(t, raw[:len(raw)*2/3])
	g := x.Gaps()
	if len(g) == 0 || g[0].Reason != image.Truncated {
		t.Errorf("cut: gaps %v", g)
	}
	same := 0
	for name, want := range whole {
		if got, err := fs.ReadFile(x, name); err == nil && string(got) == want {
			same++
		}
	}
	if same < 100 {
		t.Errorf("cut: %d of %d files are still there", same, len(whole))
	}
}

func FuzzOpen(f *testing.F) {
	small := f.TempDir()
	for name, data := range map[string]string{"a.txt": "a", "b.txt": "bb"} {
		if err := os.WriteFile(filepath.Join(small, name), []byte(data), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink("a.txt", filepath.Join(small, "l")); err != nil {
		f.Fatal(err)
	}
	for _, args := range [][]string{{"-R"}, {"-J"}} {
		raw := pack(f, small, args...)
		f.Add(raw[firstVD*sector:])
	}
	f.Fuzz(func(t *testing.T, tail []byte) {
		raw := append(make([]byte, firstVD*sector), tail...)
		r := bytes.NewReader(raw)
		if !sniff(r, r.Size()) {
			return
		}
		fsys, err := open(r, r.Size(), nil)
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				h, err := fsys.Open(name)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = h.Read(make([]byte, 4096))
			}
			return err
		})
	})
}
