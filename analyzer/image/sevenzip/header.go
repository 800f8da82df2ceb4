package sevenzip

import (
	"encoding/binary"
	"math/bits"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// IDs of the header's parts: 7zFormat.txt, "Property IDs".
const (
	idEnd               = 0x00
	idHeader            = 0x01
	idArchiveProperties = 0x02
	idAdditionalStreams = 0x03
	idMainStreams       = 0x04
	idFiles             = 0x05
	idPackInfo          = 0x06
	idUnpackInfo        = 0x07
	idSubStreams        = 0x08
	idSize              = 0x09
	idCRC               = 0x0A
	idFolder            = 0x0B
	idUnpackSizes       = 0x0C
	idStreamCounts      = 0x0D
	idEmptyStream       = 0x0E
	idEmptyFile         = 0x0F
	idAnti              = 0x10
	idNames             = 0x11
	idAttributes        = 0x15
	idEncodedHeader     = 0x17
)

// parser reads a header. Every count is compared with the bytes that are left before it is believed.
type parser struct{ *bin.Cursor }

// number reads a number: the leading ones of the first byte count the bytes behind it, whose order is little-endian.
func (p *parser) number() uint64 {
	first := p.U8()
	n := bits.LeadingZeros8(^first)
	var b [8]byte
	copy(b[:], p.Bytes(n))
	v := binary.LittleEndian.Uint64(b[:])
	if n < 7 {
		v |= uint64(first&(0x7F>>n)) << (8 * n)
	}
	return v
}

// length reads a number of bytes in the header.
func (p *parser) length() int { return int(min(p.number(), maxHeader+1)) }

// maxCount bounds what a header may count, besides files: an archive has a packed block for each of its files at most.
const maxCount = 1 << 20

// count reads a number of things that take at least each bytes of what is left; more make the cursor fail.
func (p *parser) count(each int) int {
	n := p.number()
	if n > uint64(p.Len()/each) || n > maxCount {
		p.Skip(p.Len() + 1)
		return 0
	}
	return int(n)
}

// size reads a number of bytes of the archive, or of what it holds.
func (p *parser) size() int64 { return int64(min(p.number(), 1<<62)) }

// bits reads n bits, the first in the highest place.
func (p *parser) bits(n int) []bool {
	raw := p.Bytes((n + 7) / 8)
	if raw == nil {
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = raw[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// someBits reads n bits that may be all set, which one byte then says.
func (p *parser) someBits(n int) []bool {
	if p.U8() == 0 {
		return p.bits(n)
	}
	if n > p.Len() { // each bit that is set has bytes behind it
		p.Skip(p.Len() + 1)
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// crc is a checksum that may be there.
type crc struct {
	there bool
	sum   uint32
}

// crcs reads the checksums of n things.
func (p *parser) crcs(n int) []crc {
	out := make([]crc, 0, n)
	for _, there := range p.someBits(n) {
		c := crc{there: there}
		if there {
			c.sum = p.U32()
		}
		out = append(out, c)
	}
	if p.Err() != nil {
		return nil
	}
	return out
}

// streams is what a header says of the packed bytes.
type streams struct {
	folders []*folder
	parts   []part // what folders hold, one after the other
}

// part is one file's content in a folder.
type part struct {
	folder int
	off, n int64
	crc    crc
}

// streams reads a StreamsInfo.
func (p *parser) streams(a *archive) (streams, error) {
	var s streams
	var packs []stretch
	for {
		id := p.number()
		switch {
		case p.Err() != nil:
			return s, p.Err()
		case id == idEnd:
			if s.parts == nil {
				p.wholeFolders(&s)
			}
			return s, p.bind(a, &s, packs)
		case id == idPackInfo && packs == nil:
			packs = p.packs()
		case id == idUnpackInfo && s.folders == nil:
			if err := p.folders(&s); err != nil {
				return s, err
			}
		case id == idSubStreams && s.parts == nil:
			p.subStreams(&s)
		default:
			return s, image.Errorf(image.Malformed, a.at, "part 0x%02x of the streams", id)
		}
		if p.Err() != nil {
			return s, p.Err()
		}
	}
}

// stretch is a packed stream.
type stretch struct {
	at, n int64
}

// packs reads a PackInfo.
func (p *parser) packs() []stretch {
	at := p.size()
	out := make([]stretch, p.count(1))
	for {
		switch id := p.number(); {
		case p.Err() != nil || id == idEnd:
			return out
		case id == idSize:
			for i := range out {
				out[i] = stretch{at, p.size()}
				at = min(at+out[i].n, 1<<62)
			}
		case id == idCRC:
			p.crcs(len(out))
		default:
			p.Skip(p.Len() + 1)
		}
	}
}

// wholeFolders makes each folder one file's content.
func (p *parser) wholeFolders(s *streams) {
	for i, f := range s.folders {
		s.parts = append(s.parts, part{folder: i, n: f.size, crc: f.crc})
	}
}

// subStreams reads a SubStreamsInfo.
func (p *parser) subStreams(s *streams) {
	counts := make([]int, len(s.folders))
	for i := range counts {
		counts[i] = 1
	}
	id := p.number()
	if id == idStreamCounts {
		left := p.Len()
		for i := range counts {
			if counts[i] = p.count(1); counts[i] > left { // together, too, each but the last of a folder has a size
				p.Skip(p.Len() + 1)
				return
			}
			left -= max(counts[i]-1, 0)
		}
		id = p.number()
	}
	for i, f := range s.folders {
		var off int64
		for k := range counts[i] {
			n := f.size - off
			if k < counts[i]-1 {
				if id != idSize {
					p.Skip(p.Len() + 1)
					return
				}
				n = p.size()
			}
			if n < 0 || n > f.size-off {
				p.Skip(p.Len() + 1)
				return
			}
			s.parts = append(s.parts, part{folder: i, off: off, n: n})
			off += n
		}
	}
	if s.parts == nil {
		s.parts = []part{}
	}
	if id == idSize {
		id = p.number()
	}
	for ; id != idEnd && p.Err() == nil; id = p.number() {
		if id != idCRC {
			p.Skip(p.length())
			continue
		}
		p.partCRCs(s, counts)
	}
	for i := range s.parts { // the only part of a folder has the folder's checksum
		if q := &s.parts[i]; counts[q.folder] == 1 && s.folders[q.folder].crc.there {
			q.crc = s.folders[q.folder].crc
		}
	}
}

// partCRCs reads the checksums of parts, but for those that the folder's own serves.
func (p *parser) partCRCs(s *streams, counts []int) {
	var unknown []*part
	for i := range s.parts {
		if q := &s.parts[i]; counts[q.folder] != 1 || !s.folders[q.folder].crc.there {
			unknown = append(unknown, q)
		}
	}
	for i, c := range p.crcs(len(unknown)) {
		unknown[i].crc = c
	}
}
