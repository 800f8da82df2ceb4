package zip

import (
	stdzip "archive/zip"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

func archives(tb testing.TB, root string, ends ...string) []string {
	var out []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, end := range ends {
			if strings.HasSuffix(name, end) {
				out = append(out, name)
				break
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func fileAt(tb testing.TB, name string) (*os.File, fs.FileInfo) {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { file.Close() })
	st, err := file.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	return file, st
}

func openFileFS(tb testing.TB, name string) (*FS, *os.File) {
	tb.Helper()
	file, st := fileAt(tb, name)
	f, err := Open(file, st.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		tb.Errorf("%s: %v", name, err)
		return nil, file
	}
	return f, file
}

// TestRealArchives compares every archive of the real firmware trees, byte for byte, with archive/zip, and expects no
// trick in any of them.
func TestRealArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a gigabyte")
	}
	root := corpustest.Dir(t, "trees/trees")
	n, files := 0, 0
	for _, name := range archives(t, root, ".apk", ".jar", ".zip") {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		st, _ := file.Stat()
		_, err = stdzip.NewReader(file, st.Size())
		file.Close()
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		n++
		files += sameAs(t, name)
	}
	t.Logf("%d archives, %d files", n, files)
}

func sameAs(t *testing.T, name string) int {
	f, file := openFileFS(t, name)
	if f == nil {
		return 0
	}
	defer file.Close()
	for _, g := range f.Gaps() {
		if g.Reason == image.Tampered {
			t.Errorf("%s: %v", name, g)
		}
	}
	st, _ := file.Stat()
	std, err := stdzip.NewReader(file, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, z := range std.File {
		if strings.HasSuffix(z.Name, "/") {
			continue
		}
		want, err := z.Open()
		if err != nil {
			t.Errorf("%s: %s: %v", name, z.Name, err)
			continue
		}
		a, b := sha256.New(), sha256.New()
		_, wantErr := io.Copy(a, want)
		want.Close()
		got, err := f.Open(z.Name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, gotErr := io.Copy(b, got)
		got.Close()
		if (wantErr == nil) != (gotErr == nil) || (wantErr == nil && string(a.Sum(nil)) != string(b.Sum(nil))) {
			t.Errorf("%s: %s: differs from archive/zip (%v, %v)", name, z.Name, gotErr, wantErr)
		}
		n++
	}
	return n
}
