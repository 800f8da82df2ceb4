package erofs

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// Fields of an extent record's first word (struct z_erofs_extent).
const (
	recordLength = maxEncoded<<1 - 1
	recordFormat = 28 // shift; 0 is stored as it is, n the algorithm n-1
)

// records maps a file by extent records (z_erofs_map_blocks_ext). Of 4 or 8 bytes they are one for each logical
// cluster; of 16 or 32 bytes they tell which offset of the file they begin at.
func (c *content) records(w *window, h zhead) error {
	size := int64(4) << (h.advise >> recordSizeShift & 3)
	m := &mapper{c: c, zhead: h}
	at := roundUp(h.at+mapHeaderSize, size)
	next := int64(0) // of 4-byte records: where the next cluster lies
	count := h.records
	if size <= 8 {
		count = (c.inode.size-1)>>h.bits + 1
	}
	if size == 4 {
		first, err := w.read(at, 8)
		if err != nil {
			return err
		}
		next = int64(binary.LittleEndian.Uint64(first) & (1<<62 - 1))
		at += 8
	}
	if err := m.bounds(at, count, size); err != nil {
		return err
	}
	if count == 0 {
		return c.cluster(extent{kind: hole}, c.inode.size)
	}
	var e extent // the one that the record before began
	for k := range count {
		rec, err := w.read(at+k*size, size)
		if err != nil {
			return err
		}
		word := binary.LittleEndian.Uint32(rec)
		pos, phys := k<<h.bits, next
		switch size {
		case 4:
			next = min(next+int64(word&recordLength), 1<<62)
		case 8:
			phys = int64(binary.LittleEndian.Uint32(rec[4:]))
		default:
			phys = int64(binary.LittleEndian.Uint64(rec[4:]) & (1<<62 - 1))
			pos = int64(binary.LittleEndian.Uint32(rec[12:]))
			if size == 32 {
				pos |= int64(binary.LittleEndian.Uint32(rec[16:])&0x3FFFFFFF) << 32
			}
		}
		if pos > 0 || k > 0 { // what lies before the first record is a hole
			if pos <= e.pos || pos >= c.inode.size {
				return image.Errorf(image.Malformed, at+k*size, "extent at file offset 0x%x behind one at 0x%x of 0x%x", pos, e.pos, c.inode.size)
			}
			if err := c.cluster(e, pos); err != nil {
				return err
			}
		}
		e = c.record(h, word, phys, k == count-1, size)
		e.pos = pos
	}
	return c.cluster(e, c.inode.size)
}

// record makes an extent of a record's fields.
func (c *content) record(h zhead, word uint32, phys int64, last bool, size int64) extent {
	e := extent{at: phys, plen: word & recordLength}
	format := word >> recordFormat
	mask := c.v.blockSize - 1
	switch {
	case last && h.advise&adviseFragment != 0:
		e.kind, e.at = fragment, int64(word)
		if size > 4 {
			e.at |= phys << 32 & (1<<62 - 1)
		}
	case e.plen == 0:
		e.kind = hole
	case format != 0:
		e.kind = lz4 + kind(format-1)
	case h.advise&adviseInterlaced != 0 && (phys|int64(e.plen))&mask == 0:
		e.kind = rotated
	default:
		e.kind = raw
	}
	return e
}
