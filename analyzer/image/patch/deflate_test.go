package patch

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// zlibOf has the real zlib deflate inputs, through Python's binding to it.
func zlibOf(t testing.TB, params [5]int, inputs ...[]byte) [][]byte {
	t.Helper()
	const script = `
import struct, sys, zlib
level, method, bits, mem, strategy = map(int, sys.argv[1:])
r, w = sys.stdin.buffer, sys.stdout.buffer
while n := r.read(4):
    z = zlib.compressobj(level, method, bits, mem, strategy)
    out = z.compress(r.read(struct.unpack("<I", n)[0])) + z.flush()
    w.write(struct.pack("<I", len(out)) + out)
`
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	var in []byte
	for _, b := range inputs {
		in = append(binary.LittleEndian.AppendUint32(in, uint32(len(b))), b...)
	}
	cmd := exec.Command("python3", append([]string{"-c", script}, strings.Fields(strings.Trim(fmt.Sprint(params), "[]"))...)...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for len(out) > 0 {
		n := binary.LittleEndian.Uint32(out)
		list = append(list, out[4:4+n])
		out = out[4+n:]
	}
	return list
}

// inputs are bytes of all sorts: short, longer than zlib's window, of few symbols, of long codes, of no use to pack.
func inputs() [][]byte {
	skewed := make([]byte, 0, 300000) // Fibonacci frequencies want codes beyond 15 bits
	for k, a, b := 0, 1, 1; len(skewed) < 250000; k, a, b = k+1, b, a+b {
		skewed = append(skewed, bytes.Repeat([]byte{byte(k)}, a)...)
	}
	for i, v := range noise(3, len(skewed)) {
		j := (i*7919 + int(v)) % len(skewed)
		skewed[i], skewed[j] = skewed[j], skewed[i]
	}
	list := [][]byte{nil, {1}, {1, 1}, []byte("abc"), []byte("abcabc"), bytes.Repeat([]byte{0}, 200000), noise(1, 100000), words(2, 400000), skewed,
		append(words(5, 70000), noise(6, 70000)...), bytes.Repeat(noise(7, 32506), 3), bytes.Repeat(noise(8, 32768), 3), bytes.Repeat(words(9, 259), 700),
		edited(words(1, 150000)), bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 9000)}
	for n := range 40 {
		list = append(list, words(uint32(n), 7*n), append(words(uint32(n), 65536-262-5+n%10), words(uint32(n), 40)...)[:65000+n])
	}
	return list
}

// TestDeflate: of every level, what comes out is what zlib makes, to the last bit.
func TestDeflate(t *testing.T) {
	in := inputs()
	for _, params := range [][5]int{{6, 8, -15, 8, 0}, {9, 8, -15, 8, 0}, {1, 8, -15, 8, 0}, {2, 8, -15, 8, 0}, {3, 8, -15, 8, 0}, {4, 8, -15, 8, 0},
		{5, 8, -15, 9, 0}, {7, 8, -15, 8, 0}, {8, 8, -12, 5, 0}, {-1, 8, -9, 1, 0}} {
		some := in
		if params[0] != 6 && params[0] != 9 {
			some = in[:40]
		}
		for k, want := range zlibOf(t, params, some...) {
			z, err := newDeflater(params)
			if err != nil {
				t.Fatal(err)
			}
			if got := z.deflate(some[k]); !bytes.Equal(got, want) {
				t.Errorf("%v, input %d of %d bytes: %d bytes, zlib makes %d", params, k, len(some[k]), len(got), len(want))
			}
		}
	}
}

func FuzzDeflate(f *testing.F) {
	f.Add(words(1, 3000), 6, 8)
	f.Add(noise(1, 300), 1, 9)
	f.Add(bytes.Repeat([]byte{1, 2, 3}, 3000), 9, 1)
	f.Fuzz(func(t *testing.T, in []byte, level, mem int) {
		z, err := newDeflater([5]int{level, 8, -9 - len(in)%7, mem, 0})
		if err != nil {
			return
		}
		if got, err := io.ReadAll(flate.NewReader(bytes.NewReader(z.deflate(in)))); err != nil || !bytes.Equal(got, in) {
			t.Errorf("%d of %d bytes, %v", len(got), len(in), err)
		}
	})
}
