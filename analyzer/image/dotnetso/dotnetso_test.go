package dotnetso

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// wrap puts data into a library as the build of an app does; compiler and objcopy belong together.
func wrap(t testing.TB, prefix, section string, data []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	lib, src, payload := filepath.Join(dir, "l.so"), filepath.Join(dir, "l.c"), filepath.Join(dir, "payload")
	for name, b := range map[string][]byte{src: []byte("char none;\n"), payload: data} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{prefix + "gcc", "-shared", "-nostdlib", "-o", lib, src},
		{prefix + "objcopy", "--add-section", section + "=" + payload, "--set-section-alignment", section + "=16384", lib},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Skipf("%s is not installed", args[0])
		}
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", args, out)
		}
	}
	b, err := os.ReadFile(lib)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReads(t *testing.T) {
	for _, prefix := range []string{"", "aarch64-linux-gnu-", "arm-linux-gnueabihf-"} {
		t.Run(prefix, func(t *testing.T) {
			want := "XABA" + strings.Repeat("store", 1000)
			raw := wrap(t, prefix, "payload", []byte(want))
			r := bytes.NewReader(raw)
			if !Format().Sniff(r, r.Size()) {
				t.Fatal("not recognised")
			}
			fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
			if err != nil {
				t.Fatal(err)
			}
			if err := fstest.TestFS(fsys, Name); err != nil {
				t.Error(err)
			}
			if b, err := fs.ReadFile(fsys, Name); err != nil || string(b) != want {
				t.Errorf("%d bytes, %v", len(b), err)
			}
			if r := bytes.NewReader(raw[:len(raw)/2]); Format().Sniff(r, r.Size()) {
				t.Error("half a library is recognised")
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	for section, data := range map[string]string{"payload": "text that is no code", "other": "XABA store"} {
		raw := wrap(t, "", section, []byte(data))
		if r := bytes.NewReader(raw); Format().Sniff(r, r.Size()) {
			t.Errorf("section %s of %q is recognised", section, data)
		}
	}
}

func FuzzDotnetSO(f *testing.F) {
	if _, err := exec.LookPath("gcc"); err == nil {
		f.Add(wrap(f, "", "payload", []byte("XALZ data")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		if b, err := fs.ReadFile(fsys, Name); err != nil || len(b) > len(raw) {
			t.Fatalf("%d bytes of %d: %v", len(b), len(raw), err)
		}
	})
}
