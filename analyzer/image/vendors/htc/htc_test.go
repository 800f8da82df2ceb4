package htc

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

const (
	keyHex = "000102030405060708090a0b0c0d0e0f"
	ivHex  = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	ours   = "htc " + keyHex + " " + ivHex + "\n"
	wrong  = "htc " + ivHex + " " + keyHex + "\nhtc 1234 5678\n"
)

func sample(n int) []byte {
	rnd := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, _ := z.CreateHeader(&zip.FileHeader{Name: "system.img", Method: zip.Store})
	w.Write(noise)
	z.Close()
	return out.Bytes()
}

func encrypt(data []byte, chunks int) []byte {
	key, iv := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, make([]byte, 16)
	for i := range iv {
		iv[i] = byte(0xF0 + i)
	}
	block, _ := aes.NewCipher(key)
	out := bytes.Clone(data)
	for at := 0; len(out)-at >= chunks<<20; at += chunks << 20 {
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(out[at:at+1<<20], out[at:at+1<<20])
	}
	h := make([]byte, headerSize)
	copy(h, magic)
	binary.BigEndian.PutUint16(h[8:], 2)
	h[10] = byte(chunks)
	copy(h[11:], strings.Repeat("\xFF", 10)+"1.23.401.1")
	return append(h, out...)
}

func load(raw []byte, keys string) (*image.Parts, error) {
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		return nil, image.Errorf(image.Malformed, -1, "not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
	fsys, err := Format().Open(r, r.Size(), b)
	if err != nil {
		return nil, err
	}
	return fsys.(*image.Parts), nil
}

func TestDecrypts(t *testing.T) {
	plain := sample(5<<20 + 12345)
	raw := encrypt(plain, 2)
	data := make([]byte, dataSize)
	row := make([]byte, rowSize)
	for i := range row { // the key's bytes, from the end of the key data
		row[i] = byte(dataSize - 1 - i)
		if data[row[i]] = byte(i); i >= 16 {
			data[row[i]] = byte(0xF0 + i - 16)
		}
	}
	for name, c := range map[string]struct {
		raw  []byte
		keys string
	}{
		"plain": {raw, wrong + ours}, "signed": {append(make([]byte, signature), raw...), wrong + ours},
		"row":   {raw, fmt.Sprintf("#\nhtc 00 00\nhtc %x %x", data, row)},
		"table": {raw, fmt.Sprintf("#\n#\nhtc %x %x%x", data, make([]byte, rowSize), row)},
	} {
		x, err := load(c.raw, c.keys)
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := fs.ReadFile(x, Name); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if e, _ := x.Get(Name); !strings.Contains(e.Attr.Note, "line 3") {
			t.Error(name, e.Attr)
		}
	}
	for keys, want := range map[string]string{"": "no key", wrong: "none of the 2 keys"} {
		_, err := load(raw, keys)
		if g := image.GapOf(nil, "", err); g.Reason != image.Encrypted || !strings.Contains(g.Detail, want) || !strings.Contains(g.Detail, `index 0x2, version "1.23.401.1"`) {
			t.Errorf("%q: %+v", keys, g)
		}
	}
}

func TestLarge(t *testing.T) {
	small, big := sample(1000), sample(1<<20)
	parts := [][]byte{encrypt(small, 1), encrypt(big, 1)}
	raw := make([]byte, largeSize)
	copy(raw, largeMagic)
	for i, p := range parts {
		binary.LittleEndian.PutUint32(raw[8+4*i:], uint32(len(raw)-largeSize))
		binary.LittleEndian.PutUint32(raw[40+4*i:], uint32(len(p)-headerSize))
		raw = append(raw, p...)
	}
	binary.LittleEndian.PutUint32(raw[72:], 2)
	x, err := load(raw, ours)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"01_rom.zip": small, "02_rom.zip": big} {
		if got, err := fs.ReadFile(x, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := fstest.TestFS(x, "01_rom.zip"); err != nil {
		t.Error(err)
	}
	// Without a key, what is too short to be encrypted is read; of a cut file, what is there.
	if x, err = load(raw, ""); err != nil || len(x.Gaps()) != 1 {
		t.Error(err, x.Gaps())
	}
	if x, err = load(raw[:len(raw)-100], ours); err != nil || len(x.Gaps()) != 1 {
		t.Error(err, x.Gaps())
	}
	binary.LittleEndian.PutUint32(raw[72:], 9)
	if _, err = load(raw, ours); err == nil {
		t.Error("nine zips")
	}
}

// TestSigned finds a plain zip and a boot image behind a signature, and takes nothing else for one.
func TestSigned(t *testing.T) {
	sum := make([]byte, signature)
	for i := range sum {
		sum[i] = byte(i*i*7 + i*131)
		if i%3 == 0 {
			sum[i] = byte(i)
		}
	}
	for _, content := range []string{"PK\x03\x04 and a zip", "ANDROID! and a boot image"} {
		raw := append(bytes.Clone(sum), content...)
		r := bytes.NewReader(raw)
		if !Format().Sniff(r, r.Size()) {
			t.Fatalf("%q: not recognised", content)
		}
		fsys, err := load(raw, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Error(err)
		}
		got, err := fs.ReadFile(fsys, Name)
		info, _ := fs.Stat(fsys, Name)
		if err != nil || string(got) != content || info.Sys().(*image.Attr).Offset != signature {
			t.Errorf("%q: %q, %v", content, got, err)
		}
	}
	for name, raw := range map[string][]byte{
		"zeros": append(make([]byte, signature), "PK\x03\x04 and a zip"...),
		"text":  append(bytes.Repeat([]byte("text and "), 29)[:signature], "ANDROID! and a boot image"...),
		"other": append(bytes.Clone(sum), "something else"...),
		"short": sum,
	} {
		if r := bytes.NewReader(raw); Format().Sniff(r, r.Size()) {
			t.Errorf("%s: recognised", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	raw := encrypt(sample(100), 1)
	f.Add(raw)
	f.Add(append(make([]byte, signature), raw...))
	f.Add(append([]byte(largeMagic), make([]byte, 300)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, err := load(raw, wrong+ours)
		if err != nil {
			return
		}
		_ = fs.WalkDir(x, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				_, _ = fs.ReadFile(x, name)
			}
			return nil
		})
	})
}
