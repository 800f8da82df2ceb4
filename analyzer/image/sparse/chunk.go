package sparse

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Chunk types of sparse_format.h, and one of Sony's: a single LZ4 block (anyxperia_dumper, include/sparse.h).
const (
	chunkRaw      = 0xCAC1
	chunkFill     = 0xCAC2
	chunkDontCare = 0xCAC3
	chunkCRC32    = 0xCAC4
	chunkLZ4      = 0xCAC5
)

// maxSums bounds the CRC32 chunks that are compared: writers put one at the end.
const maxSums = 64

// parse reads the chunk headers. The counts in the header are not trusted: chunks are read as long as there
// are any, and what contradicts the counts is a gap. After a chunk that cannot be understood nothing can be
// placed any more: what lies before it is kept.
func parse(r io.ReaderAt, size int64, b *image.Budget) (*piece, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	p := &piece{head: h}
	pos := h.fileHeader
	var chunks int64
	for pos < size && p.why == nil {
		if chunks >= int64(h.chunks) && !moreChunks(r, size, pos, p) {
			break
		}
		if err := b.CheckMemory(16 * segmentSize * int64(len(p.segments))); err != nil {
			p.why = err
			break
		}
		pos, p.why = p.chunk(r, size, pos, b)
		chunks++
	}
	stated := int64(h.blocks) * h.block // both below 2^32 and 2^30: no overflow
	if p.why == nil && chunks < int64(h.chunks) && p.known < stated {
		p.why = image.Errorf(image.Truncated, size, "ends after %d of %d chunks, %d of %d bytes", chunks, h.chunks, p.known, stated)
	}
	if p.why != nil {
		p.gaps = append(p.gaps, p.why)
	} else if p.known != stated {
		p.gaps = append(p.gaps, image.Errorf(image.Malformed, 16, "the header states %d blocks, the chunks make %d", h.blocks, p.known/h.block))
		p.known = max(p.known, stated)
	}
	p.size = max(p.known, stated)
	if h.sum != 0 {
		p.sums = append(p.sums, sum{"header crc32", 24, p.size, h.sum})
	}
	return p, nil
}

// moreChunks reports whether chunks go on although the header's count is reached: the raw image is not whole
// yet and a header of a known type follows.
func moreChunks(r io.ReaderAt, size, pos int64, p *piece) bool {
	if p.known >= int64(p.head.blocks)*p.head.block {
		return false
	}
	raw, err := bin.ReadAt(r, size, pos, chunkHeaderSize, chunkHeaderSize)
	if err != nil {
		return false
	}
	kind := binary.LittleEndian.Uint16(raw)
	return kind >= chunkRaw && kind <= chunkLZ4
}

// chunk reads the chunk (struct chunk_header) at pos and returns where the next one is.
func (p *piece) chunk(r io.ReaderAt, size, pos int64, b *image.Budget) (int64, error) {
	raw, err := bin.ReadAt(r, size, pos, chunkHeaderSize, chunkHeaderSize)
	if err != nil {
		return pos, err
	}
	c := bin.Little(raw, pos)
	kind := c.U16()
	c.U16()
	length := int64(c.U32()) * p.head.block
	total := int64(c.U32())
	data, next := pos+p.head.chunkHeader, pos+total
	if total < p.head.chunkHeader || kind == chunkRaw && next-data != length {
		return pos, image.Errorf(image.Malformed, pos, "chunk %#x of %d bytes for %d bytes of the image", kind, total, length)
	}
	if length > maxImage-p.known {
		return pos, image.Errorf(image.Malformed, pos, "chunks for more than %d bytes", int64(maxImage))
	}
	switch kind {
	case chunkRaw:
		have := min(length, max(size-data, 0))
		p.add(segment{pos: p.known, length: have, at: data, r: r})
		if have < length {
			p.known += have
			return pos, image.Errorf(image.Truncated, size, "%d bytes of a chunk of %d are there", have, length)
		}
	case chunkFill:
		pattern, err := bin.ReadAt(r, size, data, 4, 4)
		if err != nil {
			return pos, err
		}
		p.add(segment{pos: p.known, length: length, fill: [4]byte(pattern)})
	case chunkDontCare:
	case chunkLZ4:
		k := &block{r: r, size: size, at: data, packed: next - data, length: length, budget: b}
		p.add(segment{pos: p.known, length: length, r: k, bad: k.check()})
		if next > size {
			p.known += length
			return pos, image.Errorf(image.Truncated, size, "%d bytes of an LZ4 block of %d are there", max(size-data, 0), next-data)
		}
		if err := k.check(); err != nil {
			p.gaps = append(p.gaps, err)
		}
	case chunkCRC32:
		length = 0
		stated, err := bin.ReadAt(r, size, data, 4, 4)
		if err != nil {
			return pos, err
		}
		if len(p.sums) < maxSums {
			p.sums = append(p.sums, sum{"crc32 chunk", data, p.known, binary.LittleEndian.Uint32(stated)})
		}
	default:
		if length > 0 {
			e := image.Errorf(image.Unsupported, pos, "chunk of unknown type %#x: %d bytes of the image are unreadable", kind, length)
			p.gaps = append(p.gaps, e)
			p.add(segment{pos: p.known, length: length, bad: e})
		}
	}
	p.known += length
	return next, nil
}

func (p *piece) add(s segment) {
	if s.length > 0 {
		p.segments = append(p.segments, s)
	}
}
