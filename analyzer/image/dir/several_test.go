package dir

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func TestSeveral(t *testing.T) {
	at := t.TempDir()
	for name, data := range map[string]string{"a/system.img": "S", "b/vendor.img": "V", "dump/app/x.apk": "X", "other/system.img": "O"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(at, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in := func(n string) string { return filepath.Join(at, filepath.FromSlash(n)) }
	s, err := OpenSeveral([]string{in("b/vendor.img"), in("a/system.img"), in("dump")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]string{"system.img": "S", "vendor.img": "V", "dump/app/x.apk": "X"} {
		if got, err := fs.ReadFile(s, name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if err := fstest.TestFS(s, "system.img", "vendor.img", "dump/app/x.apk"); err != nil {
		t.Error(err)
	}
	if _, err := s.Open("other/system.img"); err == nil {
		t.Error("a sibling of an input can be opened")
	}
	if _, err := OpenSeveral([]string{in("a/system.img"), in("other/system.img")}); err == nil {
		t.Error("two inputs of one name are taken")
	}
}
