package lzma

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"romscan/analyzer/image"
)

// TestRawLZMA2: streams and filters that stand on their own, as in 7z, read back in pieces of any size.
func TestRawLZMA2(t *testing.T) {
	data := append(noise(3, 30_000), code(300<<10)...)
	data = append(data, data[:200<<10]...)
	for name, id := range map[string]byte{"": 0, "x86": filterX86, "arm": filterARM, "armthumb": filterARMThumb, "arm64": filterARM64, "delta": filterDelta} {
		args := []string{"--format=raw", "-c"}
		var properties []byte
		switch name {
		case "":
		case "delta":
			args, properties = append(args, "--delta=dist=4"), []byte{3}
		default:
			args = append(args, "--"+name)
		}
		raw := tool(t, data, append(args, "--lzma2=preset=1,dict=1MiB")...)
		open := func() io.Reader {
			z, err := NewLZMA2Reader(bytes.NewReader(raw), 16, 1<<20) // 1 MiB
			if err != nil {
				t.Fatal(err)
			}
			if id == 0 {
				return z
			}
			r, err := NewFilterReader(z, id, properties)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.HalfReader} {
			if got, err := io.ReadAll(wrap(open())); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%q: %d bytes, %v", name, len(got), err)
			}
		}
		if id != 0 {
			continue
		}
		z, _ := NewLZMA2Reader(bytes.NewReader(raw[:len(raw)-1000]), 16, 1<<20)
		got, err := io.ReadAll(z)
		if image.GapOf(nil, "", err).Reason != image.Truncated || len(got) == 0 || !bytes.HasPrefix(data, got) {
			t.Errorf("cut: %d bytes, %v", len(got), err)
		}
		z, _ = NewLZMA2Reader(bytes.NewReader(raw), 16, 64<<10)
		if _, err := io.ReadAll(z); !errors.Is(err, image.ErrBudget) {
			t.Errorf("a dictionary above the limit: %v", err)
		}
	}
	if _, err := NewLZMA2Reader(nil, 41, 1); err == nil {
		t.Error("property 41")
	}
	if _, err := NewFilterReader(nil, filterIA64, nil); image.GapOf(nil, "", err).Reason != image.Unsupported {
		t.Error(err)
	}
}
