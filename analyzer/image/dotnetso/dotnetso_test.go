package dotnetso

import (
	"bytes"
	"encoding/binary"
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

// small makes a file of three sections and nothing else.
func small(data string) []byte {
	le := binary.LittleEndian
	const names, table = "\x00payload\x00.shstrtab\x00", 64
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, table+3*64-7)...)
	le.PutUint64(b[0x28:], table)
	for i, v := range []uint16{64, 3, 2} {
		le.PutUint16(b[0x3a+2*i:], v)
	}
	for i, s := range []string{"", data, names} {
		h := b[table+64*i:]
		le.PutUint32(h, []uint32{0, 1, 9}[i])
		le.PutUint64(h[0x18:], uint64(len(b)))
		le.PutUint64(h[0x20:], uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func TestSmall(t *testing.T) {
	raw := small("MZ one assembly")
	off, n, err := find(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || string(raw[off:off+n]) != "MZ one assembly" {
		t.Errorf("%d bytes at %#x: %v", n, off, err)
	}
}

func FuzzDotnetSO(f *testing.F) {
	f.Add(small("XALZ data"))
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
