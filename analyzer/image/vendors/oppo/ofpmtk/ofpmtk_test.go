package ofpmtk

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

const (
	ours  = "ofp-mtk 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f 202122232425262728292a2b2c2d2e2f\n"
	wrong = "ofp-mtk 0123456789abcdef fedcba9876543210\n"
)

var files = []struct {
	label, name string
	data        []byte
	encrypted   int
}{
	{"preloader", "preloader.bin", append([]byte("MMM\x01\x38\x00\x00\x00FILE_INFO\x00"), bytes.Repeat([]byte("p"), 990)...), 1001},
	{"super", "super.0.img", bytes.Repeat([]byte("super "), 200_000), 40000},
	{"logo", "logo.bin", bytes.Repeat([]byte("logo"), 500), 0},
	{"opporeserve2", "odd.img", bytes.Repeat([]byte("odd"), 333), 999},
}

// remask does what unmask undoes.
func remask(b []byte) {
	for i, v := range b {
		v ^= mask[i%len(mask)]
		b[i] = v<<4 | v>>4
	}
}

func build(t testing.TB) []byte {
	t.Helper()
	keys, _ := image.ParseKeys(strings.NewReader(ours))
	block, iv, err := locked.OppoKey(keys.Of("ofp-mtk")[0])
	if err != nil {
		t.Fatal(err)
	}
	var raw, table []byte
	for _, f := range files {
		e := make([]byte, entrySize)
		copy(e, f.label)
		binary.LittleEndian.PutUint64(e[32:], uint64(len(raw)))
		binary.LittleEndian.PutUint64(e[40:], uint64(len(f.data)))
		binary.LittleEndian.PutUint64(e[48:], uint64(min(f.encrypted, len(f.data))))
		copy(e[56:], f.name)
		table = append(table, e...)
		data := bytes.Clone(f.data)
		n := min(f.encrypted, len(data))
		//lint:ignore SA1019 the mode is the container's
		cipher.NewCFBEncrypter(block, iv).XORKeyStream(data[:n], data[:n])
		raw = append(raw, data...)
	}
	h := make([]byte, headerSize)
	copy(h, "CPH0000")
	copy(h[60:], "MT6765")
	copy(h[67:], "UFS")
	h[72] = byte(len(files))
	remask(table)
	remask(h)
	return append(append(raw, table...), h...)
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
	x, err := load(build(t), wrong+ours)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if got, err := fs.ReadFile(x, f.name); err != nil || !bytes.Equal(got, f.data) {
			t.Errorf("%s: %d bytes, %v", f.name, len(got), err)
		}
	}
	if e, _ := x.Get("odd.img"); e.Attr.Note != "decrypted with line 2 of the keys, partition opporeserve2" {
		t.Error(e.Attr.Note)
	}
	if len(x.Gaps()) > 0 {
		t.Error(x.Gaps())
	}
	if err := fstest.TestFS(x, "super.0.img", "logo.bin"); err != nil {
		t.Error(err)
	}
}

// TestWithoutKey: what is not encrypted is read, of the rest each file is a gap.
func TestWithoutKey(t *testing.T) {
	for keys, want := range map[string]string{"": "OFP for MediaTek (MT6765 UFS CPH0000): no key", wrong: "none of the 1 keys"} {
		x, err := load(build(t), keys)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(x, "logo.bin"); err != nil || !bytes.Equal(got, files[2].data) {
			t.Error(len(got), err)
		}
		if _, err := x.Lstat("super.0.img"); err == nil {
			t.Error("an encrypted file is listed")
		}
		gaps := x.Gaps()
		if len(gaps) != 3 {
			t.Fatal(gaps)
		}
		for _, g := range gaps {
			if g.Reason != image.Encrypted || !strings.Contains(g.Detail, want) {
				t.Error(g)
			}
		}
	}
}

// TestHostile: a table that lies gives gaps.
func TestHostile(t *testing.T) {
	raw := build(t)
	at := len(raw) - headerSize - len(files)*entrySize
	table := raw[at : len(raw)-headerSize]
	unmask(table)
	binary.LittleEndian.PutUint64(table[entrySize+32:], 1<<63)
	binary.LittleEndian.PutUint64(table[2*entrySize+40:], 1<<62)
	binary.LittleEndian.PutUint64(table[3*entrySize+40:], 1<<39)
	remask(table)
	x, err := load(raw, ours)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Gaps()) != 3 {
		t.Error(x.Gaps())
	}
	if got, err := fs.ReadFile(x, "odd.img"); err != nil || !bytes.HasPrefix(got, files[3].data) || len(got) > len(raw) {
		t.Error(len(got), err)
	}
	if r := bytes.NewReader(raw[:len(raw)-1]); Format().Sniff(r, r.Size()) {
		t.Error("recognised without its end")
	}
}

func FuzzOpen(f *testing.F) {
	raw := build(f)
	at := len(raw) - headerSize - len(files)*entrySize
	table, head := bytes.Clone(raw[at:len(raw)-headerSize]), bytes.Clone(raw[len(raw)-headerSize:])
	unmask(table)
	unmask(head)
	f.Add(raw[:200], table, head)
	f.Fuzz(func(t *testing.T, body, table, head []byte) {
		table, head = bytes.Clone(table), bytes.Clone(head)
		remask(table)
		remask(head)
		raw := append(append(bytes.Clone(body), table...), head...)
		b := image.NewBudget(image.DefaultLimits())
		b.Keys, _ = image.ParseKeys(strings.NewReader(wrong + ours))
		x, err := open(bytes.NewReader(raw), int64(len(raw)), b)
		if err != nil {
			return
		}
		_ = fs.WalkDir(x, ".", func(name string, d fs.DirEntry, err error) error {
			info, _ := d.Info()
			if d.Type().IsRegular() && info.Size() < 1<<20 {
				_, _ = fs.ReadFile(x, name)
			}
			return nil
		})
	})
}
