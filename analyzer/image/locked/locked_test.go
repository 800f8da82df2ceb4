package locked

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// TestModes compares with the serial decrypters of the standard library's opposite, its encrypters.
func TestModes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	block, err := aes.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	iv := []byte("fedcba9876543210")
	for _, n := range []int{1, 15, 16, 17, 100, piece - 1, piece, piece + 33, 5*piece + 7} {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(rnd.Uint32())
		}
		padded := append(bytes.Clone(plain), make([]byte, -n&15)...)
		out := make([]byte, len(padded))
		for at := 0; at < len(padded); at += 16 {
			block.Encrypt(out[at:], padded[at:])
		}
		modes := map[string]io.ReaderAt{"ecb": ECB(block, bytes.NewReader(out), int64(n))}
		out = make([]byte, len(padded))
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, padded)
		modes["cbc"] = CBC(block, iv, bytes.NewReader(out), int64(n))
		out = make([]byte, n)
		//lint:ignore SA1019 the mode is the container's
		cipher.NewCFBEncrypter(block, iv).XORKeyStream(out, plain)
		modes["cfb"] = CFB(block, iv, bytes.NewReader(out), int64(n))
		for name, r := range modes {
			for range 200 {
				off := rnd.IntN(n)
				p := make([]byte, 1+rnd.IntN(n-off+20))
				got, err := r.ReadAt(p, int64(off))
				if want := plain[off:min(n, off+len(p))]; !bytes.Equal(p[:got], want) || (err == io.EOF) != (off+len(p) > n) {
					t.Fatalf("%s of %d: %d at %d: %d, %v", name, n, len(p), off, got, err)
				}
			}
		}
	}
}

func TestCutCiphertext(t *testing.T) {
	block, _ := aes.NewCipher(make([]byte, 16))
	cut := bytes.NewReader(make([]byte, 40))
	iv := make([]byte, 16)
	for name, c := range map[string]struct {
		r    io.ReaderAt
		want int
	}{"ecb": {ECB(block, cut, 100), 32}, "cbc": {CBC(block, iv, cut, 100), 32}, "cfb": {CFB(block, iv, cut, 100), 40}} {
		if n, err := c.r.ReadAt(make([]byte, 100), 0); n != c.want || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if n, err := c.r.ReadAt(make([]byte, 10), 60); n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s past the cut: %d, %v", name, n, err)
		}
	}
}

func TestFind(t *testing.T) {
	fits := func(k image.Key) (bool, error) { b, err := k.Hex(0, 1); return err == nil && b[0] == 7, err }
	_, err := Find(nil, "s", "KEY", "Box", 5, fits)
	if g := image.GapOf(nil, "", err); g.Reason != image.Encrypted || g.Offset != 5 || !strings.Contains(g.Detail, "`s KEY`") {
		t.Error(g)
	}
	keys, _ := image.ParseKeys(strings.NewReader("s 06\ns zz\nother 07\ns 07\n"))
	if k, err := Find(keys, "s", "KEY", "Box", 5, fits); err != nil || k.Line != 4 {
		t.Error(k, err)
	}
	keys, _ = image.ParseKeys(strings.NewReader("s 06\ns zz\n"))
	_, err = Find(keys, "s", "KEY", "Box", 5, fits)
	if g := image.GapOf(nil, "", err); g.Reason != image.Encrypted || !strings.Contains(g.Detail, "none of the 2 keys") || !strings.Contains(g.Detail, "line 2") {
		t.Error(g)
	}
}

// TestOppoKey compares with what ofp_qc_decrypt.py makes of a mask and masked values of ours.
func TestOppoKey(t *testing.T) {
	keys, _ := image.ParseKeys(strings.NewReader(`s 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f 202122232425262728292a2b2c2d2e2f
s 24311d9abc407712 437b25ad27df2f61
s 00
s 00 11
`))
	want := make([]byte, 16)
	for i, k := range keys.Of("s") {
		block, iv, err := OppoKey(k)
		if i > 1 {
			if err == nil {
				t.Errorf("%v: no error", k)
			}
			continue
		}
		if err != nil || string(iv) != "437b25ad27df2f61" {
			t.Fatal(i, string(iv), err)
		}
		got := make([]byte, 16)
		if block.Encrypt(got, iv); i == 0 {
			copy(want, got)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%x, %x", got, want)
		}
	}
}
