// Package sevenzip reads 7z archives.
//
// In: a .7z archive, in one file or in volumes (.7z.001); encrypted ones with a password from the run's key file. Out:
// a *FS, an [image.Index] of its files. What is stored is read in place, encrypted or not; what was compressed
// together is decoded once for all its files.
//
//	fsys, err := sevenzip.Format().Open(r, size, budget)
//
// Limit: PPMd, BCJ2 and some rarer methods are not decoded; the files they hold are listed, each with a gap.
package sevenzip

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes 7z archives.
func Format() image.Format {
	return image.Format{
		Name: "7z",
		Doc:  "7z archive, whole or in volumes: how collections and forums pack firmware; with --keys, `7z PASSWORD`.",
		Refs: []string{
			"https://py7zr.readthedocs.io/en/latest/archive_format.html (the format, written down)",
			"LZMA SDK: DOC/7zFormat.txt, DOC/Methods.txt",
		},
		Limits: []string{
			"methods: Copy, LZMA, LZMA2, Deflate, BZip2, Zstandard, AES-256, and the filters Delta, x86, ARM, ARM-Thumb and ARM64; not PPMd, BCJ2 and the filters of other processors",
			"passwords have no blanks, as fields of a key file have none, and are one for the whole archive",
			"self-extracting archives are read where the program is one for Windows (sfx)",
		},
		Sniff:   sniff,
		Open:    open,
		Group:   group,
		OpenSet: openSet,
	}
}

const (
	magic      = "7z\xBC\xAF\x27\x1C"
	startSize  = 32       // bytes: magic, version, and where the header is
	maxHeader  = 64 << 20 // bytes; that of 100,000 files takes 10 MB
	maxNesting = 4        // headers compressed inside of compressed headers; real ones have one
)

func sniff(r io.ReaderAt, size int64) bool {
	h := bin.Head(r, size, startSize)
	return len(h) == startSize && string(h[:6]) == magic && h[6] == 0
}

// FS is an opened archive. It is safe for concurrent use.
type FS struct {
	*image.Index
	files []file // with content, in the order of the archive
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	a := &archive{r: r, size: size, budget: b, x: &FS{Index: image.NewIndex()}}
	raw, err := a.header()
	if err != nil {
		return nil, err
	}
	for range maxNesting {
		if len(raw) == 0 {
			return a.x, nil
		}
		if raw[0] != idEncodedHeader {
			return a.x, a.read(raw)
		}
		if raw, err = a.unpackHeader(raw); err != nil {
			return nil, err
		}
	}
	return nil, image.Errorf(image.Malformed, -1, "a header packed more than %d times", maxNesting)
}

// archive is one while it is opened.
type archive struct {
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	x      *FS
	at     int64 // of the header, for errors
	lock   lock
}

// header returns the header as it stands at the end of the archive.
func (a *archive) header() ([]byte, error) {
	head, err := bin.ReadAt(a.r, a.size, 0, startSize, startSize)
	if err != nil {
		return nil, err
	}
	if sum := binary.LittleEndian.Uint32(head[8:]); sum != crc32.ChecksumIEEE(head[12:]) {
		a.x.Miss("", image.Errorf(image.Malformed, 8, "CRC32 of the start header: stated %08x, found %08x", sum, crc32.ChecksumIEEE(head[12:])))
	}
	at, length := binary.LittleEndian.Uint64(head[12:]), binary.LittleEndian.Uint64(head[20:])
	room := uint64(a.size - startSize)
	if length == 0 {
		return nil, nil
	}
	if at > room || length > room-at {
		return nil, image.Errorf(image.Truncated, a.size, "the header, which says what there is, lies at 0x%x, past the end", startSize+at)
	}
	a.at = startSize + int64(at)
	raw, err := bin.ReadAt(a.r, a.size, a.at, int64(length), min(maxHeader, a.budget.Memory/4))
	if err != nil {
		return nil, err
	}
	if sum := binary.LittleEndian.Uint32(head[28:]); sum != crc32.ChecksumIEEE(raw) {
		a.x.Miss("", image.Errorf(image.Malformed, a.at, "CRC32 of the header: stated %08x, found %08x", sum, crc32.ChecksumIEEE(raw)))
	}
	return raw, nil
}

// unpackHeader decodes a header that is packed.
func (a *archive) unpackHeader(raw []byte) ([]byte, error) {
	p := &parser{Cursor: bin.Little(raw[1:], a.at+1)}
	s, err := p.streams(a)
	if err != nil {
		return nil, err
	}
	if len(s.folders) != 1 {
		return nil, image.Errorf(image.Malformed, a.at, "a header in %d packed blocks", len(s.folders))
	}
	f := s.folders[0]
	if f.size > min(maxHeader, a.budget.Memory/4) {
		return nil, image.Errorf(image.OverBudget, a.at, "a header of %d bytes", f.size)
	}
	if err := a.unlock(s, true); err != nil {
		return nil, err
	}
	out, err := f.decode(a)
	if err != nil {
		return nil, err
	}
	if f.crc.there && crc32.ChecksumIEEE(out) != f.crc.sum {
		a.x.Miss("", image.Errorf(image.Malformed, a.at, "CRC32 of the packed header: stated %08x, found %08x", f.crc.sum, crc32.ChecksumIEEE(out)))
	}
	return out, nil
}

// decode decodes all of a folder that is known to be small.
func (f *folder) decode(a *archive) ([]byte, error) {
	r, err := f.reader(a)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(r, f.size)); err != nil {
		return nil, image.BrokenStream(err)
	}
	if int64(out.Len()) < f.size {
		return nil, image.Errorf(image.Truncated, -1, "%d of %d bytes", out.Len(), f.size)
	}
	return out.Bytes(), nil
}

// read reads a header that is not packed.
func (a *archive) read(raw []byte) error {
	p := &parser{Cursor: bin.Little(raw, a.at)}
	if id := p.U8(); id != idHeader {
		return image.Errorf(image.Malformed, a.at, "a header of kind 0x%02x", id)
	}
	var s streams
	for {
		switch id := p.number(); {
		case p.Err() != nil:
			return p.Err()
		case id == idEnd:
			return a.lost(s)
		case id == idArchiveProperties:
			for p.number() != idEnd && p.Err() == nil {
				p.Skip(p.length())
			}
		case id == idAdditionalStreams:
			if _, err := p.streams(a); err != nil {
				return err
			}
		case id == idMainStreams:
			var err error
			if s, err = p.streams(a); err != nil {
				return err
			}
		case id == idFiles:
			entries, err := p.files(a.budget)
			if err != nil {
				return err
			}
			if err := a.unlock(s, false); err != nil {
				return err
			}
			a.list(entries, s)
			return nil
		default:
			return image.Errorf(image.Malformed, a.at+int64(p.Pos()), "part 0x%02x of the header", id)
		}
	}
}

// lost reports content that no file has.
func (a *archive) lost(s streams) error {
	if len(s.folders) > 0 {
		a.x.Miss("", image.Errorf(image.Malformed, a.at, "%d packed blocks, and no files", len(s.folders)))
	}
	return nil
}
