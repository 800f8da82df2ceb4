package erofs

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// Bits of h_advise (erofs_fs.h).
const (
	advise2B          = 0x01 // of compact indexes: packs of 16 in 32 bytes
	adviseExtents     = 0x01 // of full indexes: extent records instead
	adviseBig1        = 0x02
	adviseBig2        = 0x04
	adviseInline      = 0x08
	adviseInterlaced  = 0x10
	adviseFragment    = 0x20
	recordSizeShift   = 1 // of extent records: 4 << two bits
	wholeFragment     = 1 << 63
	mapHeaderSize     = 8
	fullIndexReserved = 8
)

// The most that a physical cluster may hold, encoded and decoded, in bytes (Z_EROFS_PCLUSTER_MAX_SIZE, _DSIZE).
const (
	maxEncoded = 1 << 20
	maxDecoded = 12 << 20
)

// zhead is the header in front of a compressed file's index (struct z_erofs_map_header).
type zhead struct {
	advise   uint16
	bits     int64 // of a logical cluster
	alg      [2]uint8
	fragment int64  // offset in the packed inode
	inline   uint32 // bytes of the last physical cluster, which lies behind the index
	records  int64  // of extents
	at       int64  // of the header
	old      bool   // there is none: the index is of before there were headers
}

// compressed maps a compressed file in one walk over its index.
func (c *content) compressed() error {
	i, v := c.inode, c.v
	at := roundUp(i.body, 8)
	w := window{s: i.in}
	rec, err := w.read(at, mapHeaderSize)
	if err != nil {
		return err
	}
	word := binary.LittleEndian.Uint64(rec)
	if word&wholeFragment != 0 {
		return c.add(extent{kind: fragment, at: int64(word &^ wholeFragment)})
	}
	h := zhead{
		advise:   uint16(word >> 32),
		bits:     v.blockBits + int64(word>>56&15),
		alg:      [2]uint8{uint8(word >> 48 & 15), uint8(word >> 52 & 15)},
		fragment: int64(uint32(word)),
		records:  int64(uint32(word)) | int64(word>>48)<<32,
		at:       at,
	}
	// Before the first of these features full indexes had no header: the place was reserved.
	const headed = incompatComprCfgs | incompatZTailPacking | incompatFragments | incompat48bit
	if i.layout == compressedFull && v.incompat&headed == 0 {
		h = zhead{bits: v.blockBits, at: at, old: true}
	}
	if i.layout == compressedFull && h.advise&adviseExtents != 0 {
		return c.records(&w, h)
	}
	if h.advise&adviseFragment == 0 && h.advise&adviseInline != 0 {
		h.inline = uint32(word >> 16 & 0xFFFF)
	}
	m := &mapper{c: c, zhead: h}
	if i.layout == compressedFull {
		return m.walkFull(&w)
	}
	return m.walkCompact(&w)
}

// Types of logical clusters.
const (
	plainHead = 0
	head1     = 1
	nonHead   = 2
	head2     = 3
)

// lcluster is what the index says of one logical cluster: a block of the file, mostly.
type lcluster struct {
	kind  uint8
	start int64 // offset in it at which a physical cluster begins; heads
	block int64 // where that lies; heads
	count int64 // blocks of the physical cluster begun in the cluster before, 0 where it is not told; others
	after int64 // offset of the index behind what held this
}

// mapper makes extents of logical clusters, which it is given in order. That is the same as the kernel's
// looking back from a cluster to its head, and forth to the next, for all distances that are right.
type mapper struct {
	c *content
	zhead
	open bool // an extent was begun
	head lcluster
	lcn  int64 // the logical cluster the open extent begins in
	pos  int64 // and where in the file
	plen int64
}

// take adds one logical cluster.
func (m *mapper) take(lcn int64, l lcluster) error {
	if l.kind == nonHead {
		switch {
		case !m.open:
			return m.bad("logical cluster %d has no head", lcn)
		case l.count != 0 && m.advise&(adviseBig1|adviseBig2) == 0:
			return m.bad("logical cluster %d counts %d blocks in a file without large clusters", lcn, l.count)
		case lcn == m.lcn+1 && m.big():
			m.plen = l.count << m.c.v.blockBits // 0, refused when the extent is closed, is right for a fragment
		}
		return nil
	}
	pos := lcn<<m.bits + l.start
	switch {
	case l.start >= 1<<m.bits:
		return m.bad("logical cluster %d begins at %d inside itself", lcn, l.start)
	case !m.open && pos != 0:
		return m.bad("nothing is mapped before 0x%x", pos)
	case pos >= m.c.inode.size: // the end of the file lies in what the cluster before began
		return nil
	}
	if m.open {
		if err := m.close(pos, nil); err != nil {
			return err
		}
	}
	m.open, m.head, m.lcn, m.pos, m.plen = true, l, lcn, pos, m.c.v.blockSize
	return nil
}

func (m *mapper) bad(format string, args ...any) error {
	return image.Errorf(image.Malformed, m.at, format, args...)
}

// big reports whether the open extent may have more than one block (z_erofs_get_extent_compressedlen).
func (m *mapper) big() bool {
	if m.head.kind == head1 {
		return m.advise&adviseBig1 != 0
	}
	return m.head.kind == head2 && m.advise&adviseBig2 != 0
}

// finish closes the last extent; l is the last logical cluster.
func (m *mapper) finish(l lcluster) error {
	if !m.open {
		return m.bad("an empty index")
	}
	return m.close(m.c.inode.size, &l)
}

// close adds the open extent, which goes to end. Of the last one, with tail the last logical cluster, the
// header may say that it lies elsewhere.
func (m *mapper) close(end int64, tail *lcluster) error {
	e := extent{pos: m.pos, at: m.c.v.address(m.head.block), plen: uint32(min(m.plen, maxEncoded+1))}
	switch m.head.kind {
	case plainHead:
		e.kind = raw
		if m.advise&adviseInterlaced != 0 {
			e.kind = rotated
		}
	case head1:
		e.kind = lz4 + kind(m.alg[0])
	case head2:
		e.kind = lz4 + kind(m.alg[1])
	}
	switch {
	case tail == nil:
	case m.advise&adviseFragment != 0:
		e.kind, e.at = fragment, m.fragment
		if m.c.inode.layout == compressedFull {
			e.at |= m.head.block << 32
		}
	case m.inline != 0:
		e.meta, e.at, e.plen = true, tail.after, m.inline
	}
	return m.c.cluster(e, end)
}

// cluster checks one extent that ends at end, and adds it.
func (c *content) cluster(e extent, end int64) error {
	length := end - e.pos
	switch {
	case e.kind == hole || e.kind == fragment:
	case e.kind > zstandard:
		return image.Errorf(image.Unsupported, c.inode.offset, "compression algorithm %d", e.kind-lz4)
	case e.plen > maxEncoded || e.plen == 0:
		return image.Errorf(image.Malformed, c.inode.offset, "physical cluster of %d bytes at file offset 0x%x", e.plen, e.pos)
	case e.kind >= lz4 && length > maxDecoded:
		return image.Errorf(image.Malformed, c.inode.offset, "%d bytes at file offset 0x%x in one physical cluster", length, e.pos)
	case e.kind < lz4 && length > int64(e.plen):
		return image.Errorf(image.Malformed, c.inode.offset, "%d bytes at file offset 0x%x are stored in %d", length, e.pos, e.plen)
	}
	if err := c.add(e); err != nil {
		return err
	}
	c.limit = end
	return nil
}
