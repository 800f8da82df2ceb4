package ofpzip

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/flate"

	"romscan/analyzer/image"
)

var files = []struct{ name, data string }{{"IMAGES/", ""}, {"IMAGES/system.img", strings.Repeat("system image ", 20_000)}, {"IMAGES/boot.img", "boot"}, {"empty", ""}, {"xbl.elf", "\x7FELF..."}}

// build makes a zip under a password, every second file stored.
func build(password string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: uint16(i % 2 * int(zip.Deflate)), CRC32: crc32.ChecksumIEEE([]byte(f.data)), UncompressedSize64: uint64(len(f.data))}
		packed := []byte(f.data)
		if h.Method == zip.Deflate && len(packed) > 0 {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 6)
			w.Write(packed)
			w.Close()
			packed = b.Bytes()
		}
		if len(packed) > 0 {
			h.Flags |= flagEncrypted
			packed = append(append(make([]byte, cipherHeader-1), byte(h.CRC32>>24)), packed...)
			c := newCipher(nil, password)
			for i, b := range packed {
				packed[i] ^= c.pad()
				c.update(b)
			}
		} else {
			h.Method = zip.Store
		}
		h.CompressedSize64 = uint64(len(packed))
		w, err := z.CreateRaw(h)
		if err != nil {
			return nil
		}
		w.Write(packed)
	}
	z.Close()
	return out.Bytes()
}

func load(raw []byte, keys string) (*image.Parts, error) {
	r := bytes.NewReader(raw)
	if !sniff(r, r.Size()) {
		return nil, image.Errorf(image.Malformed, -1, "not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
	fsys, err := open(r, r.Size(), b)
	if err != nil {
		return nil, err
	}
	return fsys.(*image.Parts), nil
}

func TestDecrypts(t *testing.T) {
	x, err := load(build("secret$01"), "zip wrong\nzip secret$01\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[1:] {
		if got, err := fs.ReadFile(x, f.name); err != nil || string(got) != f.data {
			t.Errorf("%s: %d bytes, %v", f.name, len(got), err)
		}
	}
	n := 0
	x.Verify(t.Context(), func(c image.Check) bool {
		if n++; c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
	if len(x.Gaps()) > 0 || n != 3 {
		t.Error(n, x.Gaps())
	}
	if err := fstest.TestFS(x, "IMAGES/boot.img", "xbl.elf", "empty"); err != nil {
		t.Error(err)
	}
	for keys, want := range map[string]string{"": "no key", "zip wrong": "none of the 1 keys"} {
		x, err := load(build("secret$01"), keys)
		if err != nil {
			t.Fatal(err)
		}
		g := x.Gaps()
		if len(g) != 3 || g[0].Reason != image.Encrypted || !strings.Contains(g[0].Detail, want) {
			t.Error(g)
		}
		if _, err := fs.ReadFile(x, "xbl.elf"); image.GapOf(nil, "", err).Reason != image.Encrypted {
			t.Error(err)
		}
	}
}

// TestTool: what 7-Zip encrypts in this way is read.
func TestTool(t *testing.T) {
	if _, err := exec.LookPath("7z"); err != nil {
		t.Skip("no 7z")
	}
	root := t.TempDir()
	for _, f := range files[1:] {
		full := filepath.Join(root, f.name)
		os.MkdirAll(filepath.Dir(full), 0o755)
		os.WriteFile(full, []byte(f.data), 0o644)
	}
	out := filepath.Join(t.TempDir(), "x.zip")
	cmd := exec.Command("7z", "a", "-tzip", "-mem=ZipCrypto", "-psecret", out, ".")
	cmd.Dir = root
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	x, err := load(raw, "zip secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files[1:] {
		if got, err := fs.ReadFile(x, f.name); err != nil || string(got) != f.data {
			t.Errorf("%s: %d bytes, %v", f.name, len(got), err)
		}
	}
}

// TestNotOurs: APKs that claim to be encrypted, and zips that are not, are left to the zip format.
func TestNotOurs(t *testing.T) {
	for _, name := range []string{"AndroidManifest.xml", "classes.dex", "plain.txt"} {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		h := &zip.FileHeader{Name: name, Flags: flagEncrypted, CompressedSize64: 20, UncompressedSize64: 8}
		if name == "plain.txt" {
			h.Flags = 0
		}
		w, _ := z.CreateRaw(h)
		w.Write(make([]byte, 20))
		z.Close()
		if r := bytes.NewReader(out.Bytes()); sniff(r, r.Size()) {
			t.Error(name)
		}
	}
}

func TestDamaged(t *testing.T) {
	raw := build("x")
	at := bytes.Index(raw, []byte("xbl.elf")) + 7 + cipherHeader
	raw[at] ^= 1
	x, err := load(raw, "zip x")
	if err != nil {
		t.Fatal(err)
	}
	x.Verify(t.Context(), func(c image.Check) bool {
		if (c.Outcome == image.Mismatched) != (c.Name == "xbl.elf") {
			t.Errorf("%+v", c)
		}
		return true
	})
	if r := bytes.NewReader(raw[:len(raw)-40]); sniff(r, r.Size()) {
		t.Error("recognised without its directory")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(build("x")[:900])
	f.Add(build("x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, err := load(raw, "zip y\nzip x")
		if err != nil {
			return
		}
		_ = fs.WalkDir(x, ".", func(name string, d fs.DirEntry, err error) error {
			if info, _ := d.Info(); err == nil && d.Type().IsRegular() && info.Size() < 1<<20 {
				_, _ = fs.ReadFile(x, name)
			}
			return nil
		})
	})
}
