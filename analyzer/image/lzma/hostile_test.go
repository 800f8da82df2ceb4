package lzma

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

func reason(err error) image.Reason {
	var e *image.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// TestCut cuts streams everywhere: what comes before the cut is kept, and never more than was encoded.
func TestCut(t *testing.T) {
	data := slices.Concat([]byte(strings.Repeat("some text, ", 900)), noise(2, 2000), make([]byte, 3000))
	xz := tool(t, data, "-c", "-0", "--block-size=6000")
	alone := tool(t, data, "-c", "--format=lzma")
	last := 0
	for cut := range len(xz) {
		got, err := DecodeXZ(make([]byte, len(data)), xz[:cut])
		if reason(err) != image.Truncated || !bytes.HasPrefix(data, got) || len(got) < last {
			t.Fatalf("xz cut at %d: %d bytes after %d, %v", cut, len(got), last, err)
		}
		last = len(got)
		stream, serr := io.ReadAll(NewXZReader(bytes.NewReader(xz[:cut]), 1<<20))
		if reason(serr) != image.Truncated || !bytes.Equal(stream, got) {
			t.Fatalf("xz stream cut at %d: %d bytes instead of %d, %v", cut, len(stream), len(got), serr)
		}
	}
	if last != len(data) {
		t.Errorf("%d of %d bytes before the last byte of the footer", last, len(data))
	}
	for cut := range len(alone) {
		got, err := DecodeLZMA(make([]byte, len(data)), alone[:cut])
		stream, serr := io.ReadAll(NewLZMAReader(bytes.NewReader(alone[:cut]), 1<<20))
		if err == nil && cut > len(alone)-8 {
			continue // enough of the end marker
		}
		if reason(err) != image.Truncated && reason(err) != image.OverBudget || !bytes.HasPrefix(data, got) {
			t.Fatalf("LZMA cut at %d: %d bytes, %v", cut, len(got), err)
		}
		if reason(serr) != image.Truncated || !bytes.HasPrefix(data, stream) {
			t.Fatalf("LZMA stream cut at %d: %d bytes, %v", cut, len(stream), serr)
		}
	}
}

// TestFlipped changes single bytes: with a check in the stream, none goes unnoticed.
func TestFlipped(t *testing.T) {
	data := slices.Concat([]byte(strings.Repeat("some text, ", 90)), noise(2, 900))
	for _, check := range []string{"crc32", "crc64", "sha256"} {
		enc := tool(t, data, "-c", "--check="+check)
		for at := range enc {
			bad := bytes.Clone(enc)
			bad[at] ^= 1 << (at % 8)
			got, err := DecodeXZ(make([]byte, len(data)), bad)
			if err == nil {
				t.Errorf("%s: byte %d changed, %d bytes without an error", check, at, len(got))
			}
			if _, err := io.ReadAll(NewXZReader(bytes.NewReader(bad), 1<<20)); err == nil {
				t.Errorf("%s: byte %d changed, a stream without an error", check, at)
			}
		}
	}
}

// handmade makes an .xz stream by hand, up to the data of its first block.
func handmade(flags []byte, head []byte, data ...byte) []byte {
	le := binary.LittleEndian
	b := append([]byte(streamMagic), flags...)
	b = le.AppendUint32(b, crc32.ChecksumIEEE(flags))
	size := (len(head) + 1 + 3) &^ 3
	h := append(append([]byte{byte(size / 4)}, head...), make([]byte, size-len(head)-1)...)
	h = le.AppendUint32(h, crc32.ChecksumIEEE(h))
	return slices.Concat(b, h, data)
}

func TestRefused(t *testing.T) {
	none, lzma2 := []byte{0, 0}, []byte{0, 0x21, 1, 10}
	for name, c := range map[string]struct {
		raw  []byte
		want image.Reason
	}{
		"nothing":                    {nil, image.Truncated},
		"no magic":                   {[]byte("not an xz file"), image.Malformed},
		"a check of the future":      {handmade([]byte{0, 9}, lzma2, 0), image.Unsupported},
		"flags of the future":        {handmade([]byte{1, 0}, lzma2, 0), image.Unsupported},
		"block flags of the future":  {handmade(none, []byte{0x10, 0x21, 1, 10}, 0), image.Unsupported},
		"a filter of the future":     {handmade(none, []byte{1, 0x40, 0, 0x21, 1, 10}, 0), image.Unsupported},
		"PowerPC":                    {handmade(none, []byte{1, 5, 0, 0x21, 1, 10}, 0), image.Unsupported},
		"LZMA2 twice":                {handmade(none, []byte{1, 0x21, 1, 10, 0x21, 1, 10}, 0), image.Malformed},
		"no LZMA2":                   {handmade(none, []byte{0, 4, 0}, 0), image.Malformed},
		"a dictionary of 8 GiB":      {handmade(none, []byte{0, 0x21, 1, 41}, 0), image.Malformed},
		"odd start for ARM":          {handmade(none, []byte{1, 7, 4, 1, 0, 0, 0, 0x21, 1, 10}, 0), image.Malformed},
		"properties past the header": {handmade(none, []byte{0, 0x21, 200, 1}, 0), image.Malformed},
		"endless number":             {handmade(none, bytes.Repeat([]byte{0xFF}, 12)[:11], 0), image.Unsupported},
		"a chunk without dictionary": {handmade(none, lzma2, 0x80, 0, 0, 0, 9, 0), image.Malformed},
		"an unknown chunk":           {handmade(none, lzma2, 0x42), image.Malformed},
		"no properties":              {handmade(none, lzma2, 1, 0, 0, 'x', 0xA0, 0, 0, 0, 9, 0), image.Malformed},
		"lc + lp of 5":               {handmade(none, lzma2, 0xE0, 0, 0, 0, 9, 3+9*2, 0, 0, 0, 0, 0), image.Malformed},
		"a range that is full":       {handmade(none, lzma2, 0xE0, 0, 0, 0, 9, 93, 0, 255, 255, 255, 255), image.Malformed},
	} {
		if _, err := DecodeXZ(make([]byte, 10), c.raw); reason(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := io.ReadAll(NewXZReader(bytes.NewReader(c.raw), 1<<20)); reason(err) != c.want {
			t.Errorf("%s, as a stream: %v", name, err)
		}
	}
}

// TestDictionary: a header may ask for 4 GiB; memory goes by what is decoded, and ends at the limit.
func TestDictionary(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	raw := handmade([]byte{0, 0}, []byte{0, 0x21, 1, 40}, 1, 0, 2, 'a', 'b', 'c', 2, 0, 0, 'd', 0)
	got, _ := io.ReadAll(NewXZReader(bytes.NewReader(raw), 1<<40))
	alone := append([]byte{93, 255, 255, 255, 255}, bytes.Repeat([]byte{255}, 8)...)
	io.ReadAll(NewLZMAReader(bytes.NewReader(append(alone, 0, 0, 0, 0, 0, 0, 0, 0)), 1<<40))
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; string(got) != "abcd" || n > 4<<20 {
		t.Errorf("%q took %d bytes", got, n)
	}

	data := slices.Concat(noise(1, 3<<20), noise(1, 3<<20)) // refers 3 MiB back
	for name, enc := range map[string][]byte{
		"xz": tool(t, data, "-c", "-1", "--lzma2=dict=64MiB"), "lzma": tool(t, data, "-c", "--format=lzma", "--lzma1=preset=1,dict=64MiB"),
	} {
		open := func(max int64) io.Reader {
			if name == "xz" {
				return NewXZReader(bytes.NewReader(enc), max)
			}
			return NewLZMAReader(bytes.NewReader(enc), max)
		}
		if got, err := io.ReadAll(open(8 << 20)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		got, err := io.ReadAll(open(1 << 20))
		if !errors.Is(err, image.ErrBudget) || !bytes.HasPrefix(data, got) {
			t.Errorf("%s with a limit: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestSlides: a small dictionary under long data keeps its memory.
func TestSlides(t *testing.T) {
	data := slices.Concat(code(1<<20), noise(5, 9<<20), code(1<<20), make([]byte, 9<<20), code(1<<20))
	r := NewXZReader(bytes.NewReader(tool(t, data, "-c", "-0", "--lzma2=preset=0,dict=16KiB")), 16<<10)
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
	if n := len(r.(*xzReader).x.win.buf); n > 16<<10+2*spare {
		t.Errorf("a window of %d bytes", n)
	}
	l := NewLZMAReader(bytes.NewReader(tool(t, data, "-c", "--format=lzma", "--lzma1=preset=0,dict=16KiB")), 16<<10)
	if got, err := io.ReadAll(l); err != nil || !bytes.Equal(got, data) {
		t.Errorf("LZMA: %d of %d bytes, %v", len(got), len(data), err)
	}
}

// TestReadError: an error of the underlying reader is not taken for the end.
func TestReadError(t *testing.T) {
	broken := errors.New("broken disk")
	enc := tool(t, noise(1, 500<<10), "-c")
	for _, n := range []int{0, 5, 30, 100 << 10} {
		in := io.MultiReader(bytes.NewReader(enc[:n]), failing{broken})
		if _, err := io.ReadAll(NewXZReader(in, 1<<20)); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
