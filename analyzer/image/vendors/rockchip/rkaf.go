package rockchip

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// pack is the header of RKAF, little endian: "RKAF", u32 size without the last four bytes, the CRC; model[34],
// id[30], manufacturer[56], u32, u32 version; at 136 u32 parts; the parts, each name[32], path[60], u32 size on
// flash, offset, place on flash, pages, size.
//
// What is above 4 GiB: behind the path's end, at 50, "H" and a u32 are the upper half of the offset, at 55 that of
// the size.
type pack struct {
	length int64
	parts  []part
	table  int64 // where the parts end
}

type part struct {
	name, path string
	off, size  int64
}

const (
	packHeader = 140
	partSize   = 112
	maxParts   = 256 // the tools know 16
	pathUsed   = 50  // the longest path that leaves place for upper halves
)

func readPackage(r io.ReaderAt, size int64) (*pack, error) {
	b, err := bin.ReadAt(r, size, 0, packHeader, packHeader)
	if err != nil {
		return nil, err
	}
	c := bin.Little(b, 0)
	tag := string(c.Bytes(4))
	h := &pack{length: int64(c.U32())}
	c.Seek(136)
	n := int64(c.U32())
	h.table = packHeader + n*partSize
	if tag != "RKAF" || n == 0 || n > maxParts {
		return nil, image.Errorf(image.Malformed, 136, "%q, %d parts", tag, n)
	}
	there := min(n, (size-packHeader)/partSize)
	if b, err = bin.ReadAt(r, size, packHeader, there*partSize, maxParts*partSize); err != nil {
		return nil, err
	}
	c = bin.Little(b, packHeader)
	end := h.table
	for range there {
		e := part{name: text(c.Bytes(32))}
		path := c.Bytes(60)
		e.path = text(path)
		c.Skip(4)
		e.off = int64(c.U32())
		c.Skip(8)
		e.size = int64(c.U32())
		if len(e.path) < pathUsed && path[50] == 'H' {
			e.off += int64(binary.LittleEndian.Uint32(path[51:])) << 32
		}
		if len(e.path) < pathUsed && path[55] == 'H' {
			e.size += int64(binary.LittleEndian.Uint32(path[56:])) << 32
		}
		if e.content() {
			end = max(end, e.off+e.size)
		}
		h.parts = append(h.parts, e)
	}
	for h.length < end && h.length+1<<32 <= size { // its upper half is not stored
		h.length += 1 << 32
	}
	return h, c.Err()
}

// content: SELF stands for the whole file, RESERVED for a partition that nothing is written to.
func (e *part) content() bool {
	return e.size > 0 && e.off > 0 && e.path != "SELF" && e.path != "RESERVED"
}

func (h *pack) list(p *image.Parts, r io.ReaderAt, size int64) {
	if h.table > size {
		p.Miss("", image.Errorf(image.Truncated, size, "ends inside of the table of parts"))
	}
	if h.length > size {
		p.Miss("", image.Errorf(image.Truncated, size, "%d bytes stated, %d there", h.length+4, size))
	}
	type place struct {
		path      string
		off, size int64
	}
	seen := map[place]bool{}
	for _, e := range h.parts {
		name := e.path
		if name == "" {
			name = e.name
		}
		at := place{name, e.off, e.size}
		if !e.content() || seen[at] {
			continue // both slots of a partition may be the same file
		}
		seen[at] = true
		off, length := parameter(p, r, size, e)
		p.AddStretch(name, off, length, image.Attr{})
	}
}

// parameter takes the wrapper off the file that names the partitions: "PARM", u32 size, text, CRC.
func parameter(p *image.Parts, r io.ReaderAt, size int64, e part) (off, length int64) {
	b, err := bin.ReadAt(r, size, e.off, 8, 8)
	if err != nil || string(b[:4]) != "PARM" {
		return e.off, e.size
	}
	n := int64(binary.LittleEndian.Uint32(b[4:]))
	if n > e.size-12 {
		return e.off, e.size
	}
	laterCRC(p, image.Check{Name: e.path, What: "crc32 of Rockchip", Whole: true}, r, size, e.off+8, n)
	return e.off + 8, n
}

func (h *pack) check(p *image.Parts, r io.ReaderAt, size int64) {
	laterCRC(p, image.Check{What: "crc32 of Rockchip", Whole: true}, r, size, 0, h.length)
}
