package lzma

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"os/exec"
	"testing"
)

// both decodes into a buffer and as a stream, and compares what comes of it: of data that is whole, the same.
func both(t *testing.T, flat func(dst []byte) ([]byte, error), r io.ReadCloser) {
	const most = 64 << 10
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

// repair makes the checksums of the first headers right, which a fuzzer would not find, and the dictionary large,
// as a buffer is.
func repair(raw []byte) []byte {
	raw = bytes.Clone(raw)
	if len(raw) < headerSize+8 {
		return raw
	}
	binary.LittleEndian.PutUint32(raw[8:], crc32.ChecksumIEEE(raw[6:8]))
	head := raw[headerSize:]
	size := int(head[0])*4 + 4
	if size < 8 || size > len(head) {
		return raw
	}
	head = head[:size]
	for i := range head[2 : size-4] {
		if head[i] == filterLZMA2 && head[i+1] == 1 {
			head[i+2] |= 16
		}
	}
	binary.LittleEndian.PutUint32(head[size-4:], crc32.ChecksumIEEE(head[:size-4]))
	return raw
}

func FuzzXZ(f *testing.F) {
	seeds(f, func(enc []byte) { f.Add(enc) }, []string{"-0"}, []string{"--x86", "--lzma2"}, []string{"--delta", "--arm64", "--lzma2"},
		[]string{"--armthumb", "--lzma2=lc=1,lp=2", "--check=none"}, []string{"--block-size=500", "--check=crc32"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = repair(raw)
		both(t, func(dst []byte) ([]byte, error) { return DecodeXZ(dst, raw) }, NewXZReader(bytes.NewReader(raw), 64<<20))
		DecodeLZMA2(make([]byte, 1<<16), raw[min(24, len(raw)):]) // behind the headers
	})
}

func FuzzLZMA(f *testing.F) {
	seeds(f, func(enc []byte) { f.Add(enc) }, []string{"--format=lzma"}, []string{"--format=lzma", "--lzma1=lc=0,lp=1,pb=0"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 5 { // a dictionary larger than the buffer, as the buffer is the other's dictionary
			raw = bytes.Clone(raw)
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
