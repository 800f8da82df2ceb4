package jffs2

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
)

// Types of nodes, with their bits for what to do where they are unknown.
const (
	typeDirent      = 0xE001
	typeInode       = 0xE002
	typeCleanMarker = 0x2003
	typePadding     = 0x2004
	typeSummary     = 0x2006
	typeXattr       = 0xE008
	typeXref        = 0xE009

	incompatible = 0xC000 // "do not mount" where the type is unknown
)

const (
	maxNode   = 1 << 20 // of a node that is read; those of Linux hold a page
	window    = 4 << 20
	nodeBytes = 128 // of memory a node costs, for the budget
)

// crc is the CRC-32 of Linux without the inversions that others begin and end with.
func crc(b []byte) uint32 { return ^crc32.Update(^uint32(0), crc32.IEEETable, b) }

// header is struct jffs2_unknown_node.
type header struct {
	kind     uint16
	obsolete bool
	length   int64
}

// parseHeader reads a header of a node. ok is false where the magic or the checksum is wrong.
func parseHeader(order binary.ByteOrder, raw []byte) (h header, ok bool) {
	if len(raw) < nodeHeader || order.Uint16(raw) != magic {
		return h, false
	}
	h.kind, h.length = order.Uint16(raw[2:]), int64(order.Uint32(raw[4:]))
	h.obsolete = h.kind&nodeAccurate == 0
	h.kind |= nodeAccurate
	var b [8]byte
	copy(b[:], raw[:8])
	order.PutUint16(b[2:], h.kind)
	return h, crc(b[:]) == order.Uint32(raw[8:]) && h.length >= nodeHeader
}

// badNode is a node whose checksum is wrong.
type badNode struct {
	at   int64
	ino  uint32 // 0 where that cannot be believed either
	what string
}

// scan collects nodes.
type scan struct {
	*volume
	buf    []byte
	start  int64 // of buf in the image
	inodes map[uint32]*inode
	names  map[nameKey]dirent
	labels map[uint32]xattr // by number
	refs   map[refKey]uint32
	nodes  int64
	dirt   dirt
}

// dirt counts bytes that are neither erased nor of a node.
type dirt struct {
	first, bytes, places int64
	end                  int64
}

func newScan(v *volume) *scan {
	return &scan{
		volume: v, inodes: map[uint32]*inode{}, names: map[nameKey]dirent{},
		labels: map[uint32]xattr{}, refs: map[refKey]uint32{},
	}
}

// at returns up to n bytes at off; fewer at the end of the image.
func (s *scan) at(off, n int64) ([]byte, error) {
	n = min(n, s.size-off)
	if off < s.start || off+n > s.start+int64(len(s.buf)) {
		if s.buf == nil {
			s.buf = make([]byte, min(window, s.size))
		}
		s.buf = s.buf[:cap(s.buf)]
		got, err := s.r.ReadAt(s.buf[:min(int64(len(s.buf)), s.size-off)], off)
		s.buf, s.start = s.buf[:got], off
		if int64(got) < n {
			if err == nil || err == io.EOF {
				err = image.Errorf(image.Truncated, off+int64(got), "%d bytes wanted", n-int64(got))
			}
			return nil, err
		}
	}
	return s.buf[off-s.start:][:n], nil
}

// run goes through the image, from node to node, and over what is none word by word.
func (s *scan) run() error {
	for off := int64(0); off+nodeHeader <= s.size; {
		raw, err := s.at(off, nodeHeader)
		if err != nil {
			return err
		}
		h, ok := parseHeader(s.order, raw)
		switch {
		case !ok && erased(raw[:4]):
			off = s.skipErased(off + 4)
			continue
		case !ok:
			s.soil(off, 4)
			off += 4
			continue
		}
		if err := s.budget.CheckMemory(s.nodes * nodeBytes); err != nil {
			return err
		}
		if h.length > s.size-off {
			s.Miss("", image.Errorf(image.Truncated, s.size, "a node of %d bytes at 0x%x", h.length, off))
			break
		}
		if !h.obsolete {
			if err := s.node(h, off); err != nil {
				return err
			}
		}
		off += (h.length + 3) &^ 3
	}
	if s.dirt.bytes > 0 {
		s.Miss("", image.Errorf(image.Malformed, s.dirt.first, "%d bytes in %d places belong to no node", s.dirt.bytes, s.dirt.places))
	}
	return nil
}

// skipErased returns where, from off on, the next word is that was written.
func (s *scan) skipErased(off int64) int64 {
	for off+4 <= s.size {
		raw, err := s.at(off, min(64<<10, (s.size-off)&^3))
		if err != nil {
			return off
		}
		for k := 0; k+4 <= len(raw); k += 4 {
			if binary.LittleEndian.Uint32(raw[k:]) != 1<<32-1 {
				return off + int64(k)
			}
		}
		off += int64(len(raw)) &^ 3
	}
	return s.size
}

func (s *scan) soil(off, n int64) {
	d := &s.dirt
	if d.bytes == 0 {
		d.first = off
	}
	if d.bytes == 0 || d.end != off {
		d.places++
	}
	d.bytes, d.end = d.bytes+n, off+n
}

// node takes one node in.
func (s *scan) node(h header, off int64) error {
	switch h.kind {
	case typeInode, typeDirent, typeXattr, typeXref:
	default:
		if h.kind&incompatible == incompatible {
			s.Miss("", image.Errorf(image.Unsupported, off, "a node of type 0x%04x", h.kind))
		}
		return nil
	}
	s.nodes++
	if h.length > maxNode {
		s.spoil(off, 0, "node too long")
		return nil
	}
	raw, err := s.at(off, h.length)
	if err != nil {
		return err
	}
	switch h.kind {
	case typeInode:
		s.inode(raw, off)
	case typeDirent:
		s.dirent(raw, off)
	case typeXattr:
		s.xattr(raw, off)
	case typeXref:
		s.xref(raw, off)
	}
	return nil
}

// maxBad is how many nodes with wrong checksums are told one by one.
const maxBad = 1000

func (s *scan) spoil(off int64, ino uint32, what string) {
	if len(s.bad) < maxBad {
		s.bad = append(s.bad, badNode{off, ino, what})
		if len(s.bad) == maxBad {
			s.Miss("", image.Errorf(image.Malformed, off, "more than %d nodes with wrong checksums", maxBad))
		}
	}
}
