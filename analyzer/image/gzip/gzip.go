// Package gzip reads gzip streams, of one member or several.
//
// In: a .gz file. Out: an [image.Index] with one file, decoded once: into memory when it is small beside the
// budget, else into one unlinked temporary file. The size is what was decoded; the one in the trailer is not
// believed.
//
//	fsys, err := gzip.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "image")
//
// Limit: the stream is decoded from its start even if only its end is wanted.
package gzip

import (
	"bufio"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes gzip.
func Format() image.Format {
	return image.Format{
		Name: "gzip",
		Doc:  "gzip stream: Xiaomi's fastboot .tgz, ramdisks, compressed images.",
		Refs: []string{
			"RFC 1952",
		},
		Limits: []string{
			"what follows the last member is ignored",
		},
		Single: true,
		Sniff:  sniff,
		Open:   open,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, 4)
	// The three high bits of the flags are reserved and zero.
	return len(head) == 4 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8 && head[3]&0xE0 == 0
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	head, err := gzip.NewReader(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, image.BrokenStream(err)
	}
	return b.OpenStream(head.Name, size, "crc32", func() (io.ReadCloser, error) { return decode(r, size) })
}

// members decodes one member after the other. Padding and other bytes behind the last one are the end, as they
// are to gzip itself.
type members struct {
	in *bufio.Reader
	z  *gzip.Reader
}

func decode(r io.ReaderAt, size int64) (io.ReadCloser, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 256<<10)
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, image.BrokenStream(err)
	}
	z.Multistream(false)
	return &members{in, z}, nil
}

func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if err != io.EOF {
			return n, err
		}
		magic, _ := m.in.Peek(3)
		if string(magic) != "\x1F\x8B\x08" {
			return n, io.EOF
		}
		if err := m.z.Reset(m.in); err != nil {
			return n, err
		}
		m.z.Multistream(false)
		if n > 0 {
			return n, nil
		}
	}
}

func (m *members) Close() error { return m.z.Close() }
