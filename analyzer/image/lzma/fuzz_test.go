package lzma

import (
	"bytes"
	"io"
	"os/exec"
	"testing"
)

// both decodes into a buffer and as a stream, and compares what comes of it: of data that is whole, the same.
func both(t *testing.T, flat func(dst []byte) ([]byte, error), r io.ReadCloser) {
	const most = 1 << 20
	got, err := flat(make([]byte, most))
	stream, serr := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && serr == nil && !bytes.Equal(got, stream) {
		t.Errorf("%d bytes, as a stream %d", len(got), len(stream))
	}
	if err == nil && serr != nil {
		t.Errorf("as a stream: %v", serr)
	}
}

// seeds are small files as xz makes them, where it is there.
func seeds(f *testing.F, add func(enc []byte), variants ...[]string) {
	add(handmade([]byte{0, 0}, []byte{0, 0x21, 1, 10}, 1, 0, 2, 'a', 'b', 'c', 2, 0, 0, 'd', 0))
	if _, err := exec.LookPath("xz"); err != nil {
		return
	}
	for _, data := range [][]byte{nil, []byte("hello hello hello"), code(2000), make([]byte, 5000)} {
		for _, args := range variants {
			add(tool(f, data, append([]string{"-c"}, args...)...))
		}
	}
}

func FuzzXZ(f *testing.F) {
	seeds(f, func(enc []byte) { f.Add(enc) }, []string{"-0"}, []string{"--x86", "--lzma2"}, []string{"--delta", "--arm64", "--lzma2"},
		[]string{"--armthumb", "--lzma2=lc=1,lp=2", "--check=none"}, []string{"--block-size=500", "--check=crc32"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		both(t, func(dst []byte) ([]byte, error) { return DecodeXZ(dst, raw) }, NewXZReader(bytes.NewReader(raw), 64<<20))
		DecodeLZMA2(make([]byte, 1<<16), raw[min(24, len(raw)):]) // behind the headers
	})
}

func FuzzLZMA(f *testing.F) {
	seeds(f, func(enc []byte) { f.Add(enc) }, []string{"--format=lzma"}, []string{"--format=lzma", "--lzma1=lc=0,lp=1,pb=0"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 5 {
			raw[2], raw[3], raw[4] = raw[2]|0x10, 0, 0 // a dictionary as large as a buffer has not
			raw[3] |= 0x20
		}
		both(t, func(dst []byte) ([]byte, error) { return DecodeLZMA(dst, raw) }, NewLZMAReader(bytes.NewReader(raw), 64<<20))
	})
}

func FuzzMicroLZMA(f *testing.F) {
	seeds(f, func(enc []byte) {
		if len(enc) > aloneStart {
			f.Add(micro(enc), uint16(2000))
		}
	}, []string{"--format=lzma"}, []string{"--format=lzma", "--lzma1=lc=0,lp=1,pb=0"})
	f.Fuzz(func(t *testing.T, raw []byte, n uint16) {
		whole := make([]byte, n)
		err := DecodeMicroLZMA(whole, raw)
		half := make([]byte, n/2)
		herr := DecodeMicroLZMA(half, raw)
		if err == nil && (herr != nil || !bytes.HasPrefix(whole, half)) {
			t.Errorf("half of it: %v", herr)
		}
	})
}
