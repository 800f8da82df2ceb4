package sevenzip

import (
	"romscan/analyzer/image"
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
