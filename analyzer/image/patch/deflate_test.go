package patch

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"os/exec"
	"slices"
	"testing"
)

// zlibJob is bytes for the real zlib to deflate.
type zlibJob struct {
	params [5]int
	in     []byte
}

// zlibAll has the real zlib deflate, through Python's binding to it.
func zlibAll(t testing.TB, jobs ...zlibJob) [][]byte {
	t.Helper()
	const script = `
import struct, sys, zlib
r, w = sys.stdin.buffer, sys.stdout.buffer
while head := r.read(24):
    n, *params = struct.unpack("<6i", head)
    z = zlib.compressobj(*params)
    out = z.compress(r.read(n)) + z.flush()
    w.write(struct.pack("<I", len(out)) + out)
`
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	var in []byte
	for _, j := range jobs {
		in = binary.LittleEndian.AppendUint32(in, uint32(len(j.in)))
		for _, v := range j.params {
			in = binary.LittleEndian.AppendUint32(in, uint32(v))
		}
		in = append(in, j.in...)
	}
	cmd := exec.Command("python3", "-I", "-S", "-c", script)
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

func zlibOf(t testing.TB, params [5]int, inputs ...[]byte) [][]byte {
	t.Helper()
	var jobs []zlibJob
	for _, in := range inputs {
		jobs = append(jobs, zlibJob{params, in})
	}
	return zlibAll(t, jobs...)
}

// skewed gives at least n bytes whose frequencies are Fibonacci's numbers: their codes would be longer than 15 bits.
func skewed(n int) []byte {
	var b []byte
	for k, x, y := 0, 1, 1; len(b) < n; k, x, y = k+1, y, x+y {
		b = append(b, bytes.Repeat([]byte{byte(k)}, x)...)
	}
	for i, v := range noise(3, len(b)) {
		j := (i*7919 + int(v)) % len(b)
		b[i], b[j] = b[j], b[i]
	}
	return b
}

// inputs are bytes of all sorts: short, longer than zlib's window, of few symbols, of long codes, of no use to pack.
func inputs() [][]byte {
	list := [][]byte{nil, {1}, {1, 1}, []byte("abc"), []byte("abcabc"), bytes.Repeat([]byte{0}, 200000), noise(1, 100000), words(2, 200000), skewed(100000),
		append(words(5, 70000), noise(6, 70000)...), bytes.Repeat(noise(7, 32506), 3), bytes.Repeat(noise(8, 32768), 3), bytes.Repeat(words(9, 259), 700),
		edited(words(1, 150000)), bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 9000)}
	for n := 4094; n < 4099; n++ { // three bytes again, so far away that they are hardly worth it
		list = append(list, slices.Concat([]byte("-abcd"), bytes.Repeat([]byte("xyz"), n)[:n-4], []byte("abce")))
	}
	for n := range 14 {
		list = append(list, words(uint32(n), 17*n), append(words(uint32(n), 65536-262-5+n%10), words(uint32(n), 40)...)[:65000+n])
	}
	return list
}

// TestDeflate: of every level, what comes out is what zlib makes, to the last bit.
func TestDeflate(t *testing.T) {
	in := inputs()
	var jobs []zlibJob
	for _, params := range [][5]int{{6, 8, -15, 8, 0}, {9, 8, -15, 8, 0}, {1, 8, -15, 8, 0}, {2, 8, -15, 8, 0}, {3, 8, -15, 8, 0}, {4, 8, -15, 8, 0},
		{5, 8, -15, 9, 0}, {7, 8, -15, 8, 0}, {8, 8, -12, 5, 0}, {-1, 8, -9, 1, 0}} {
		for k, b := range in {
			if k < 25 || params[0] == 6 || params[0] == 9 {
				jobs = append(jobs, zlibJob{params, b})
			}
		}
	}
	for k, want := range zlibAll(t, jobs...) {
		z, err := newDeflater(jobs[k].params)
		if err != nil {
			t.Fatal(err)
		}
		if got := z.deflate(jobs[k].in); !bytes.Equal(got, want) {
			t.Errorf("%v, input of %d bytes: %d bytes, zlib makes %d", jobs[k].params, len(jobs[k].in), len(got), len(want))
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
