package samsung

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/md5"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func sample() []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.Create("AP_SAMPLE.tar.md5")
	fmt.Fprint(w, strings.Repeat("firmware", 100))
	z.Close()
	return out.Bytes()
}

func encrypt(key, data []byte) []byte {
	pad := 16 - len(data)%16
	out := append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	for at := 0; at < len(out); at += 16 {
		block.Encrypt(out[at:], out[at:])
	}
	return out
}

func load(raw []byte, keys string) (fs.FS, error) {
	b := image.NewBudget(image.DefaultLimits())
	b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
	return openSet([]image.Part{{Name: "dir/SM-X.zip.enc4", ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))}}, b)
}

func TestDecrypts(t *testing.T) {
	plain := sample()
	enc2 := md5.Sum([]byte("EUX:SM-X000:X000XXU1/X000OXM1/X000XXU1/X000XXU1"))
	for keys, key := range map[string][]byte{
		"samsung 00\nsamsung 000102030405060708090a0b0c0d0e0f":            {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		"#\nsamsung EUX SM-X000 X000XXU1/X000OXM1/X000XXU1/X000XXU1":      enc2[:],
		"#\nsamsung ABCDEFGHIJKLMNOP/XYZ 0413 # characters 0, 4, 1 and 3": md5Of("AEBD"),
	} {
		fsys, err := load(encrypt(key, plain), keys)
		if err != nil {
			t.Error(keys, err)
			continue
		}
		if got, err := fs.ReadFile(fsys, Name); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%q: %d bytes, %v", keys, len(got), err)
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Error(err)
		}
		if info, err := fs.Stat(fsys, Name); err != nil || !strings.Contains(info.Sys().(*image.Attr).Note, "line 2") {
			t.Error(info, err)
		}
	}
	raw := encrypt(enc2[:], plain)
	for keys, want := range map[string]string{"": "enc4 (AES-128-ECB): no key", "samsung a b c": "none of the 1 keys", "samsung a b": "line 1"} {
		_, err := load(raw, keys)
		if g := image.GapOf(nil, "", err); g.Reason != image.Encrypted || !strings.Contains(g.Detail, want) {
			t.Errorf("%q: %+v", keys, g)
		}
	}
	fsys, err := load(plain, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := fs.ReadFile(fsys, Name); !bytes.Equal(got, plain) {
		t.Error("a zip that is not encrypted")
	}
	fsys, err = load(raw[:len(raw)-21], "samsung EUX SM-X000 X000XXU1/X000OXM1/X000XXU1/X000XXU1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(fsys, Name); err != nil || !bytes.HasPrefix(plain, got) || len(fsys.(image.Gapper).Gaps()) != 1 {
		t.Error(len(got), err)
	}
}

func md5Of(s string) []byte { sum := md5.Sum([]byte(s)); return sum[:] }

// TestAlone: an input that is the only file is known by its name, with a key or without.
func TestAlone(t *testing.T) {
	raw := encrypt(md5Of("a:b:c"), sample())
	for keys, want := range map[string]string{"samsung a b c": "PK\x03\x04", "#": "encrypted"} {
		b := image.NewBudget(image.DefaultLimits())
		b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
		o := &image.Opener{Formats: []image.Format{Format()}, Budget: b}
		for name, known := range map[string]bool{"SM-X.zip.enc4": true, "SM-X.zip": false} {
			root := image.NewFile(name, bytes.NewReader(raw), int64(len(raw)))
			got, err := image.Walk(t.Context(), o, root, 1, func(f *image.File, c *image.Container) string {
				switch {
				case c == nil:
					return "no container"
				case c.FS == nil:
					return string(c.Gaps[0].Reason)
				}
				return string(image.Head(c.Stream, 4))
			})
			if err != nil || len(got) == 0 || known != (got[0] == want) {
				t.Errorf("%s, %q: %q, %v", name, keys, got, err)
			}
		}
	}
}

func TestGroup(t *testing.T) {
	got := group([]string{"b.zip.enc4", "a.zip.ENC2", "c.zip", ".enc4", "enc4"})
	want := []image.Set{{Name: "a.zip", Names: []string{"a.zip.ENC2"}}, {Name: "b.zip", Names: []string{"b.zip.enc4"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(encrypt(md5Of("a:b:c"), sample()))
	f.Add(sample())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if fsys, err := load(raw, "samsung a b c"); err == nil {
			if got, err := fs.ReadFile(fsys, Name); err != nil || len(got) > len(raw) {
				t.Error(len(got), err)
			}
		}
	})
}
