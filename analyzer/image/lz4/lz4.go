// Package lz4 reads LZ4 frames: Samsung's *.img.lz4 and ramdisks.
//
// In: one or more frames, current or legacy. Out: an [image.Index] with one file. Where the blocks are
// independent, as they are in firmware, its reads decode only the blocks they touch; a frame of linked blocks
// is decoded once as a stream.
//
//	fsys, err := lz4.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "image")
//
// Limit: dictionaries are not supported, checksums are not verified where single blocks are read.
package lz4

import (
	"errors"
	"io"
	"io/fs"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes LZ4 frames.
func Format() image.Format {
	return image.Format{
		Name: "lz4",
		Doc:  "LZ4 frames, current and legacy: the partition images in Samsung's AP_*.tar.md5, ramdisks.",
		Refs: []string{
			"https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md",
		},
		Limits: []string{
			"frames with a dictionary are refused",
			"checksums are compared on demand, or where a frame has to be decoded as a stream",
		},
		Single: true,
		Sniff:  sniff,
		Open:   open,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, 8)
	if len(b) < 7 {
		return false
	}
	magic := bin.Little(b, 0).U32()
	// A frame's version is 01 and its reserved bits are zero.
	return magic == magicLegacy || magic == magicFrame && b[4]>>6 == 1 && b[4]&2 == 0 && b[5]&0x8f == 0
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	x := image.NewIndex()
	f, err := scan(r, size, b)
	if f == nil && err != nil {
		return nil, err
	}
	if f == nil {
		f = &file{} // a frame of nothing
	}
	var gap error
	e := image.Entry{Mode: 0o444, Attr: image.Attr{Offset: -1}}
	if f.linked {
		var s *image.Stream
		s, gap = b.Decode(size, func() (io.ReadCloser, error) {
			return io.NopCloser(lz4.NewReader(io.NewSectionReader(r, 0, size))), nil
		})
		if s == nil {
			return nil, image.Errorf(image.Malformed, 0, "LZ4: %v", gap)
		}
		e.Size, e.Open = s.Size(), func() (io.ReaderAt, error) { return s.Open(), nil }
	} else {
		gap = err
		v := &view{r: r, budget: b, blocks: f.blocks}
		if serr := v.settle(); serr != nil && gap == nil {
			gap = serr
		}
		if cerr := b.CheckRatio(v.size, size); cerr != nil {
			return nil, cerr
		}
		e.Size, e.Open = v.size, func() (io.ReaderAt, error) { return v, nil }
	}
	if gap != nil {
		var known *image.Error
		if !errors.As(gap, &known) {
			gap = image.Errorf(image.Truncated, -1, "LZ4: %v", gap)
		}
		x.Miss("", gap)
	}
	if err := x.Add(Name, e); err != nil {
		return nil, err
	}
	return &stream{x, r, size, e.Size}, nil
}
