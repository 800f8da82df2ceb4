package sevenzip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
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

var files = map[string]string{
	"system.img": strings.Repeat("system ", 30000), "empty": "", "dir/vendor.img": strings.Repeat("v", 100000) + "end", "dir/ünïcode.txt": "u",
}

func pack(t testing.TB, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("no 7z")
	}
	root := t.TempDir()
	for name, data := range files {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "x.7z")
	cmd := exec.Command("7z", append(append([]string{"a", "-bd"}, args...), out, ".")...)
	cmd.Dir = root
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("7z: %v: %s", err, msg)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func load(t testing.TB, raw []byte, keys string) (*FS, error) {
	t.Helper()
	r := bytes.NewReader(raw)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	var err error
	if b.Keys, err = image.ParseKeys(strings.NewReader(keys)); err != nil {
		t.Fatal(err)
	}
	fsys, err := open(r, r.Size(), b)
	if err != nil {
		return nil, err
	}
	return fsys.(*FS), nil
}

func TestReadsBack(t *testing.T) {
	for _, method := range []string{
		"-m0=lzma2", "-m0=lzma", "-m0=bzip2", "-m0=deflate", "-m0=copy", "-ms=off", "-mf=BCJ -m0=lzma2", "-m0=delta:4 -m1=lzma", "-mf=ARM -m0=lzma",
		"-mhc=off", "-m0=lzma:d=64k", "-m0=copy -mhc=off -ms=off", "-mf=ARMT",
	} {
		x, err := load(t, pack(t, strings.Fields(method)...), "")
		if err != nil {
			t.Fatal(method, err)
		}
		for name, want := range files {
			if got, err := fs.ReadFile(x, name); err != nil || string(got) != want {
				t.Errorf("%s: %s: %d bytes, %v", method, name, len(got), err)
			}
		}
		x.Verify(t.Context(), func(c image.Check) bool {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %+v", method, c)
			}
			return true
		})
		if g := x.Gaps(); len(g) > 0 {
			t.Errorf("%s: gaps %v", method, g)
		}
	}
	x, err := load(t, pack(t, "-ms=off", "-m0=copy"), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(x, "empty", "dir/ünïcode.txt"); err != nil {
		t.Error(err)
	}
}

// TestEncrypted: without the password a gap says so, with it the files are read.
func TestEncrypted(t *testing.T) {
	for _, header := range []string{"-mhe=off", "-mhe=on"} {
		raw := pack(t, "-psecret", header)
		x, err := load(t, raw, "7z wrong\n")
		if err == nil {
			_, err = fs.ReadFile(x, "system.img")
		}
		if err == nil || image.GapOf(nil, "", err).Reason != image.Encrypted {
			t.Errorf("%s: without the password: %v", header, err)
		}
		if x, err = load(t, raw, "7z wrong\n7z secret # theirs\n"); err != nil {
			t.Fatal(header, err)
		}
		if got, err := fs.ReadFile(x, "system.img"); err != nil || string(got) != files["system.img"] {
			t.Errorf("%s: %d bytes, %v", header, len(got), err)
		}
	}
}

// TestDamaged: a cut archive has lost its header, which is at its end; a changed one tells which file differs.
func TestDamaged(t *testing.T) {
	raw := pack(t, "-m0=copy", "-ms=off")
	if _, err := load(t, raw[:len(raw)/2], ""); image.GapOf(nil, "", err).Reason != image.Truncated {
		t.Errorf("cut: %v", err)
	}
	at := bytes.Index(raw, []byte("system system"))
	raw[at] ^= 1
	x, err := load(t, raw, "")
	if err != nil {
		t.Fatal(err)
	}
	x.Verify(t.Context(), func(c image.Check) bool {
		if want := c.Name == "system.img"; (c.Outcome == image.Mismatched) != want {
			t.Errorf("%+v", c)
		}
		return true
	})
}

// wrap makes an archive of packed streams and a header, with the checksums right: what a hostile archive has too.
func wrap(body, header []byte) []byte {
	le := binary.LittleEndian
	start := le.AppendUint64(nil, uint64(len(body)))
	start = le.AppendUint64(start, uint64(len(header)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
	raw := le.AppendUint32([]byte(magic+"\x00\x04"), crc32.ChecksumIEEE(start))
	return slices.Concat(raw, start, body, header)
}

func FuzzOpen(f *testing.F) {
	keys, _ := image.ParseKeys(strings.NewReader("7z secret\n"))
	for _, args := range [][]string{{"-m0=copy", "-mhc=off"}, {"-m0=lzma2", "-mhc=off"}, {"-m0=lzma2"}, {"-mf=BCJ", "-mhc=off", "-ms=off"}, {"-m0=deflate", "-psecret"}, {"-m0=bzip2", "-psecret", "-mhe=on"}} {
		raw := pack(f, args...)
		at := 32 + binary.LittleEndian.Uint64(raw[12:])
		f.Add(raw[32:at], raw[at:])
		if !bytes.Equal(wrap(raw[32:at], raw[at:]), raw) {
			f.Error("an archive wrapped again differs")
		}
	}
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool = 64<<20, 16<<20
	f.Fuzz(func(t *testing.T, body, header []byte) {
		r := bytes.NewReader(wrap(body, header))
		b := image.NewBudget(limits)
		b.Keys = keys
		fsys, err := open(r, r.Size(), b)
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if info, _ := d.Info(); err == nil && d.Type().IsRegular() && info.Size() < 1<<24 {
				_, _ = fs.ReadFile(fsys, name)
			}
			return nil
		})
	})
}
