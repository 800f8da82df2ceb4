package analyzer

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/fact"
)

// savedMagic begins a saved scan; a zstd stream of JSON lines follows.
var savedMagic = []byte("romscan\x1e")

// maxSaved bounds the memory a saved scan may make its decoder take.
const maxSaved = 256 << 20

// Save writes a record as a saved scan.
func Save(w io.Writer, rec *fact.Record) error {
	if _, err := w.Write(savedMagic); err != nil {
		return err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if err := rec.Encode(z); err != nil {
		return err
	}
	return z.Close()
}

// IsSaved reports whether r begins like a saved scan.
func IsSaved(r io.ReaderAt) bool {
	head := make([]byte, len(savedMagic))
	n, _ := r.ReadAt(head, 0)
	return bytes.Equal(head[:n], savedMagic)
}

// Load reads a saved scan of size bytes.
func Load(r io.ReaderAt, size int64) (*fact.Record, error) {
	skip := int64(len(savedMagic))
	z, err := zstd.NewReader(io.NewSectionReader(r, skip, size-skip), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxSaved))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return fact.DecodeRecord(z)
}
