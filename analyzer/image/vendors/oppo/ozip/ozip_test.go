package ozip

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

const (
	hexKey = "00112233445566778899aabbccddeeff"
	keys   = "# ours\nozip ffffffffffffffffffffffffffffffff\nozip " + hexKey + "\n"
)

var key = []byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}

// update returns a zip of about n bytes.
func update(n int) []byte {
	rnd := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.CreateHeader(&zip.FileHeader{Name: "system.new.dat.br", Method: zip.Store})
	w.Write(noise)
	z.Close()
	return out.Bytes()
}

// encrypt encrypts the first 16 of every so many bytes, all with 0; the last block only if it is whole.
func encrypt(data []byte, every int) []byte {
	block, _ := aes.NewCipher(key)
	out := bytes.Clone(data)
	if every == 0 {
		out = append(out, make([]byte, -len(out)&15)...)
		every = 16
	}
	for at := 0; at+16 <= len(out); at += every {
		block.Encrypt(out[at:], out[at:])
	}
	return out
}

func head(size, n int) []byte {
	b := make([]byte, size)
	copy(b, magic)
	copy(b[0x10:], fmt.Sprint(n))
	return b
}

func mode1(data []byte) []byte {
	return append(head(dataStart, len(data)), encrypt(data, 16+stripe)...)
}
func entry(data []byte) []byte { return append(head(dataStart, len(data)), encrypt(data, 0)...) }

func mode2(data []byte) []byte {
	var out []byte
	for {
		n := min(len(data), blockData)
		out = append(append(out, head(blockHeader, n)...), encrypt(data[:n], period)...)
		if data = data[n:]; n < blockData {
			return out
		}
	}
}

func load(t testing.TB, raw []byte, keys string) (fs.FS, error) {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
	return Format().Open(r, r.Size(), b)
}

func samples() map[string][2][]byte {
	zip, boot := update(550_000), append([]byte("ANDROID!"), update(5000)...)
	empty := append(bytes.Repeat([]byte("x"), 100), make([]byte, 5000)...)
	odd := append(bytes.Repeat([]byte("br"), 500), 1, 2)
	return map[string][2][]byte{
		"mode 1": {mode1(zip), zip}, "entry": {entry(boot), boot}, "entry with zeros": {entry(empty), empty},
		"entry known by its padding": {entry(odd), odd},
		"mode 2":                     {mode2(zip), zip}, "mode 2, short": {mode2(boot), boot},
		"mode 2, full": {mode2(zip[:2*blockData]), zip[:2*blockData]},
	}
}

func TestDecrypts(t *testing.T) {
	for name, c := range samples() {
		fsys, err := load(t, c[0], keys)
		if err != nil {
			t.Error(name, err)
			continue
		}
		if got, err := fs.ReadFile(fsys, Name); err != nil || !bytes.Equal(got, c[1]) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		f, _ := fsys.Open(Name)
		for off := int64(0); off < int64(len(c[1])); off += 7919 { // reads of any offset
			p := make([]byte, min(50, len(c[1])-int(off)))
			if _, err := f.(io.ReaderAt).ReadAt(p, off); err != nil || !bytes.Equal(p, c[1][off:][:len(p)]) {
				t.Fatalf("%s at %d: %x, %v", name, off, p, err)
			}
		}
		if info, _ := f.Stat(); !strings.Contains(info.Sys().(*image.Attr).Note, "line 3") {
			t.Errorf("%s: %+v", name, info.Sys())
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Error(name, err)
		}
		if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
			t.Error(name, gaps)
		}
		for keys, want := range map[string]string{"": "no key", "ozip 000102030405060708090a0b0c0d0e0f": "none of the 1 keys", "ozip 12": "line 1"} {
			_, err := load(t, c[0], keys)
			g := image.GapOf(nil, "", err)
			if g.Reason != image.Encrypted || !strings.Contains(g.Detail, want) || !strings.Contains(g.Detail, "OZIP, mode "+g.Detail[11:12]) {
				t.Errorf("%s, keys %q: %+v", name, keys, g)
			}
			if mode2 := strings.HasPrefix(name, "mode 2"); mode2 != strings.Contains(g.Detail, "mode 2") {
				t.Errorf("%s: %s", name, g.Detail)
			}
		}
	}
}

// TestCut: what lies before the cut is read.
func TestCut(t *testing.T) {
	for name, c := range samples() {
		fsys, err := load(t, c[0][:len(c[0])-40], keys)
		if err != nil {
			if !strings.Contains(name, "padding") {
				t.Error(name, err)
			}
			continue
		}
		got, err := fs.ReadFile(fsys, Name)
		if len(got) < len(c[1])-60 || err == nil && !bytes.HasPrefix(c[1], got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if gaps := fsys.(image.Gapper).Gaps(); len(gaps) == 0 && name != "mode 1" && name != "mode 2, full" {
			t.Errorf("%s: no gap", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, c := range samples() {
		f.Add(c[0][:min(len(c[0]), 20_000)])
	}
	small := update(300)
	f.Add(mode1(small))
	f.Add(mode2(small))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		if !Format().Sniff(r, r.Size()) {
			return
		}
		b := image.NewBudget(image.DefaultLimits())
		b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
		if fsys, err := open(r, r.Size(), b); err == nil {
			if got, _ := fs.ReadFile(fsys, Name); len(got) > len(raw) {
				t.Errorf("%d bytes out of %d", len(got), len(raw))
			}
		}
	})
}
