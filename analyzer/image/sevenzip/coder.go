package sevenzip

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/lzma"
)

// method is what is known of a coder.
type method struct {
	name   string
	copies bool
	aes    bool
	// open decodes what r gives to size bytes; nil for methods that are only known by name. A dictionary takes at most
	// maxDict bytes.
	open func(r io.Reader, properties []byte, size, maxDict int64) (io.Reader, error)
}

// methods are those of Methods.txt by their IDs. The filters have two: old ones, and those they share with xz.
var methods = map[string]method{
	"\x00":             {name: "Copy", copies: true},
	"\x21":             {name: "LZMA2", open: openLZMA2},
	"\x03\x01\x01":     {name: "LZMA", open: openLZMA},
	"\x04\x01\x08":     {name: "Deflate", open: openDeflate},
	"\x04\x02\x02":     {name: "BZip2", open: openBZip2},
	"\x04\xF7\x11\x01": {name: "Zstandard", open: openZstd},
	"\x06\xF1\x07\x01": {name: "AES-256", aes: true},

	"\x03":             {name: "Delta", open: filter(0x03)},
	"\x04":             {name: "BCJ x86", open: filter(0x04)},
	"\x07":             {name: "ARM", open: filter(0x07)},
	"\x08":             {name: "ARM-Thumb", open: filter(0x08)},
	"\x0A":             {name: "ARM64", open: filter(0x0A)},
	"\x03\x03\x01\x03": {name: "BCJ x86", open: filter(0x04)},
	"\x03\x03\x05\x01": {name: "ARM", open: filter(0x07)},
	"\x03\x03\x07\x01": {name: "ARM-Thumb", open: filter(0x08)},

	"\x03\x03\x01\x1B": {name: "BCJ2"},
	"\x05":             {name: "PowerPC filter"},
	"\x06":             {name: "IA64 filter"},
	"\x09":             {name: "SPARC filter"},
	"\x0B":             {name: "RISC-V filter"},
	"\x03\x03\x02\x05": {name: "PowerPC filter"},
	"\x03\x03\x04\x01": {name: "IA64 filter"},
	"\x03\x03\x08\x05": {name: "SPARC filter"},
	"\x03\x04\x01":     {name: "PPMd"},
	"\x04\x01\x09":     {name: "Deflate64"},
	"\x04\xF7\x11\x02": {name: "Brotli"},
	"\x04\xF7\x11\x04": {name: "LZ4"},
	"\x04\xF7\x11\x05": {name: "LZ5"},
	"\x04\xF7\x11\x06": {name: "Lizard"},
}

func openLZMA(r io.Reader, properties []byte, size, maxDict int64) (io.Reader, error) {
	if len(properties) != 5 {
		return nil, image.Errorf(image.Malformed, -1, "properties %x of LZMA", properties)
	}
	// The same bytes that a .lzma file begins with.
	head := binary.LittleEndian.AppendUint64(bytes.Clone(properties), uint64(size))
	return lzma.NewLZMAReader(io.MultiReader(bytes.NewReader(head), r), maxDict), nil
}

func openLZMA2(r io.Reader, properties []byte, _, maxDict int64) (io.Reader, error) {
	if len(properties) != 1 {
		return nil, image.Errorf(image.Malformed, -1, "properties %x of LZMA2", properties)
	}
	return lzma.NewLZMA2Reader(r, properties[0], maxDict)
}

func openDeflate(r io.Reader, _ []byte, _, _ int64) (io.Reader, error) {
	return flate.NewReader(r), nil
}

func openBZip2(r io.Reader, _ []byte, _, _ int64) (io.Reader, error) { return bzip2.NewReader(r), nil }

func openZstd(r io.Reader, _ []byte, _, maxDict int64) (io.Reader, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(max(maxDict, 1<<10))))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

func filter(id byte) func(io.Reader, []byte, int64, int64) (io.Reader, error) {
	return func(r io.Reader, properties []byte, _, _ int64) (io.Reader, error) {
		return lzma.NewFilterReader(r, id, properties)
	}
}
