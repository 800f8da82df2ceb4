package nothing

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// keyOf makes the keys of a region; seed 0 those of blocks.
func keyOf(seed int) (key, iv []byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "region %d", seed))
	return sum[:], bytes.Repeat([]byte{byte(seed)}, 16)
}

func keyLine() string {
	line := "ntpi"
	for i := range 5 {
		key, iv := keyOf(i + 1)
		line += fmt.Sprintf(" %x %x", key, iv)
	}
	return line + "\n"
}

var wrong = "ntpi" + strings.Repeat(" "+strings.Repeat("00", 32)+" "+strings.Repeat("00", 16), 5) + "\nntpi 00 11\n"

func encrypt(key, iv, data []byte) []byte {
	pad := 16 - len(data)%16
	data = append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return data
}

// lzma2 wraps data in chunks that are not compressed.
func lzma2(data []byte) []byte {
	var out []byte
	for i := 0; len(data) > 0; i++ {
		n := min(len(data), 1<<16)
		out = append(binary.BigEndian.AppendUint16(append(out, byte(min(i+1, 2))), uint16(n-1)), data[:n]...)
		data = data[n:]
	}
	return append(out, 0)
}

// blocks packs data in blocks of n bytes, under the keys of the map from first on. Which of the two sizes is which
// differs from block to block.
func blocks(data, keys []byte, first, n int) []byte {
	var out []byte
	for i, piece := range slices.Collect(slices.Chunk(data, n)) {
		packed := lzma2(piece)
		inner := make([]byte, blockHeader)
		copy(inner, blockMagic)
		a, b := uint64(len(piece)), uint64(len(packed))
		if i%2 == 1 {
			a, b = b, a
		}
		binary.LittleEndian.PutUint64(inner[24:], a)
		binary.LittleEndian.PutUint64(inner[32:], b)
		key := keys[(first+i)*32%len(keys):][:32]
		iv := bytes.Repeat([]byte{byte(i + 1)}, 16)
		text := encrypt(key, iv, append(inner, packed...))
		h := make([]byte, blockHeader)
		copy(h, blockMagic)
		binary.LittleEndian.PutUint64(h[24:], uint64(blockHeader+len(packed)))
		binary.LittleEndian.PutUint64(h[32:], uint64(len(text)))
		copy(h[72:], iv)
		out = append(append(out, h...), text...)
	}
	return out
}

var contents = map[string][]byte{"super.img": bytes.Repeat([]byte("super image "), 30000), "boot.img": []byte("boot"), "abl.elf": bytes.Repeat([]byte("abl"), 1000)}

// build makes a file; index, where not "", takes the place of FileIndex.xml.
func build(index string) []byte {
	keys := bytes.Repeat([]byte("0123456789abcdefghijklmnopqrstuv"), 3)
	for i := range keys {
		keys[i] ^= byte(i / 32)
	}
	var body []byte
	list := "<?xml version=\"1.0\"?><root>"
	for i, name := range []string{"abl.elf", "boot.img", "super.img"} {
		packed := blocks(contents[name], keys, i, 100_000)
		list += fmt.Sprintf("<file Name=\"%s\" OriginalLength=\"%d\" Length=\"%d\" FileSha256Hash=\"%X\" KeyIndex=\"%d\" Offset=\"%d\"/>",
			name, len(contents[name]), len(packed), sha256.Sum256(contents[name]), i, len(body))
		body = append(body, packed...)
	}
	if index == "" {
		index = list + "</root>"
	}
	texts := []string{"<Metadata/>", "<patches/>", "<data/>", string(keys), index}
	size := func(i int) uint64 {
		if i == len(texts) {
			return uint64(len(body))
		}
		return uint64((regionHeader+len(texts[i]))/16*16 + 16)
	}
	le := binary.LittleEndian
	out := append([]byte("NTPI"), 0, 0, 0, 0)
	for _, v := range []uint64{1, 3, 0, 1, size(0)} {
		out = le.AppendUint64(out, v)
	}
	for i, text := range texts {
		var g []byte
		for _, v := range []uint64{uint64(i + 1), size(i), uint64(i + 2), size(i + 1), uint64(len(text))} {
			g = le.AppendUint64(g, v)
		}
		key, iv := keyOf(i + 1)
		out = append(out, encrypt(key, iv, append(g, text...))...)
	}
	return append(out, body...)
}

func load(raw []byte, keys string) (*container, error) {
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
	return fsys.(*container), nil
}

func TestDecrypts(t *testing.T) {
	x, err := load(build(""), wrong+keyLine())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range contents {
		if got, err := fs.ReadFile(x, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if got, err := fs.ReadFile(x, "RawProgram.xml"); err != nil || string(got) != "<data/>" {
		t.Errorf("%q, %v", got, err)
	}
	n := 0
	x.Verify(t.Context(), func(c image.Check) bool {
		if n++; c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
	if n != len(contents) || len(x.Gaps()) > 0 {
		t.Error(n, x.Gaps())
	}
	if err := fstest.TestFS(x, "abl.elf", "boot.img", "super.img"); err != nil {
		t.Error(err)
	}
	for keys, want := range map[string]string{"": "no key", wrong: "none of the 2 keys"} {
		_, err := load(build(""), keys)
		if g := image.GapOf(nil, "", err); g.Reason != image.Encrypted || !strings.Contains(g.Detail, want) || !strings.Contains(g.Detail, "NTPI 1.3.0") {
			t.Errorf("%+v", g)
		}
	}
}

// TestDamaged: a cut file gives what lies before the cut; a block that is changed is an error where it is read.
func TestDamaged(t *testing.T) {
	raw := build("")
	x, err := load(raw[:len(raw)-50_000], keyLine())
	if err != nil {
		t.Fatal(err)
	}
	if g := x.Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
		t.Error(g)
	}
	c, _ := x.Open("super.img")
	p := make([]byte, 100)
	r := c.(interface {
		ReadAt([]byte, int64) (int, error)
	})
	if _, err := r.ReadAt(p, 199_950); err != nil || !bytes.Equal(p, contents["super.img"][199_950:][:100]) {
		t.Error(err)
	}
	if _, err := r.ReadAt(p, 350_000); image.GapOf(nil, "", err).Reason != image.Truncated {
		t.Error(err)
	}
	if got, err := fs.ReadFile(x, "boot.img"); err != nil || string(got) != "boot" {
		t.Error(got, err)
	}
	old := bytes.Clone(raw)
	old[16] = 2
	copy(old[32:], make([]byte, 8))
	if _, err := load(old, keyLine()); image.GapOf(nil, "", err).Reason != image.Unsupported {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	raw := build("")
	f.Add("<root><file Name=\"a\" OriginalLength=\"4\" Length=\"400\" KeyIndex=\"1\" Offset=\"0\"/></root>", raw[len(raw)-1000:])
	f.Fuzz(func(t *testing.T, index string, tail []byte) {
		raw := build(index + " ")
		x, err := load(append(raw, tail...), keyLine())
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
