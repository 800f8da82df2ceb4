package dir

import (
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func makeTree(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	tree := filepath.Join(top, "dump")
	for name, data := range map[string]string{"../secret": "outside", "app/X.apk": "apk", "etc/hosts": "127.0.0.1"} {
		p := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"up": "../secret", "abs": filepath.Join(top, "secret"), "in": "etc/hosts", "dangling": "nowhere", "dir": "etc", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(tree, name)); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

func load(t *testing.T, tree string) fs.FS {
	t.Helper()
	fsys, err := Open(tree)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fsys.(io.Closer).Close() })
	return fsys
}

func TestFS(t *testing.T) {
	if err := fstest.TestFS(load(t, makeTree(t)), "app/X.apk", "dangling", "up"); err != nil {
		t.Error(err)
	}
}

func TestLinksAreToldNotFollowed(t *testing.T) {
	tree := makeTree(t)
	fsys := load(t, tree)
	for _, name := range []string{"up", "abs", "in", "dangling", "dir", "loop"} {
		want, err := os.Readlink(filepath.Join(tree, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadLink(fsys, name); got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if data, err := fs.ReadFile(fsys, name); len(data) > 0 {
			t.Errorf("%s: read %q, %v", name, data, err)
		}
	}
	if data, err := fs.ReadFile(fsys, "../secret"); err == nil {
		t.Errorf("read %q", data)
	}
}

func TestSpecialFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("names that are not UTF-8 need Linux")
	}
	tree := makeTree(t)
	if out, err := exec.Command("mkfifo", filepath.Join(tree, "pipe")).CombinedOutput(); err != nil {
		t.Skipf("no mkfifo: %v: %s", err, out)
	}
	if err := os.MkdirAll(filepath.Join(tree, "d\xe9p"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tree, "d\xe9p", "\xffx\ufffd"), []byte("odd"), 0o644); err != nil {
		t.Fatal(err)
	}
	var names []string
	root := image.NewTree("dump", load(t, tree))
	o := &image.Opener{Budget: image.NewBudget(image.DefaultLimits())}
	_, err := image.Walk(context.Background(), o, root, 1, func(f *image.File, c *image.Container) error {
		if c != nil && len(c.Gaps) > 0 {
			t.Errorf("gaps %v", c.Gaps)
		}
		names = append(names, f.Path.Inner())
		if f.Path.Inner() == "d\uFFFDe9p/\uFFFDffx\uFFFD" {
			if data, err := f.Bytes(100); string(data) != "odd" || f.Attr.Note == "" {
				t.Errorf("%q, %v, note %q", data, err, f.Attr.Note)
			}
		}
		if f.Path.Inner() == "pipe" && f.Mode&fs.ModeNamedPipe == 0 {
			t.Errorf("pipe is %v", f.Mode)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "abs", "app", "app/X.apk", "dangling", "dir", "d\uFFFDe9p", "d\uFFFDe9p/\uFFFDffx\uFFFD", "etc", "etc/hosts", "in", "loop", "pipe", "up"}
	slices.Sort(want)
	slices.Sort(names)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if data, err := fs.ReadFile(load(t, tree), "pipe"); len(data) > 0 || err != nil { // must not block
		t.Errorf("pipe: %q, %v", data, err)
	}
}

// TestUnreadableDirectory becomes a Gap; what lies beside it is listed.
func TestUnreadableDirectory(t *testing.T) {
	tree := makeTree(t)
	if err := os.Chmod(filepath.Join(tree, "etc"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(tree, "etc"), 0o755) })
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	root := image.NewTree("dump", load(t, tree))
	o := &image.Opener{Budget: image.NewBudget(image.DefaultLimits())}
	c := o.Expand(root)
	if len(c.Gaps) != 1 || len(c.Files) != 9 {
		t.Errorf("%d files, gaps %v", len(c.Files), c.Gaps)
	}
}

func TestAttr(t *testing.T) {
	info, err := fs.Lstat(load(t, makeTree(t)), "app/X.apk")
	if err != nil {
		t.Fatal(err)
	}
	a := info.Sys().(*image.Attr)
	if a.Offset != -1 || info.Mode() != 0o640 || info.Size() != 3 {
		t.Errorf("%+v, %v, %d", a, info.Mode(), info.Size())
	}
	if runtime.GOOS != "windows" && int(a.UID) != os.Getuid() {
		t.Errorf("owner %d", a.UID)
	}
}
