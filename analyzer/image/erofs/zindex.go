package erofs

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const countFlag = 1 << 11 // Z_EROFS_LI_D0_CBLKCNT: the distance back is a number of blocks instead

// bounds refuses an index that cannot lie in its space.
func (m *mapper) bounds(at, count, bytes int64) error {
	if size := m.c.inode.in.size; at > size || count > (size-at)/bytes {
		return &bin.RangeError{Off: at, Want: min(count, 1<<56) * bytes, Have: max(size-at, 0)}
	}
	return nil
}

// walkFull goes over records of 8 bytes (struct z_erofs_lcluster_index).
func (m *mapper) walkFull(w *window) error {
	at := m.at + mapHeaderSize + fullIndexReserved
	count := (m.c.inode.size-1)>>m.bits + 1
	if err := m.bounds(at, count, 8); err != nil {
		return err
	}
	var l lcluster
	for lcn := range count {
		rec, err := w.read(at+8*lcn, 8)
		if err != nil {
			return err
		}
		l = lcluster{kind: rec[0] & 3, after: at + 8*lcn + 8}
		if l.kind == nonHead {
			if delta := binary.LittleEndian.Uint16(rec[4:]); delta&countFlag != 0 {
				l.count = int64(delta &^ countFlag)
			}
		} else {
			l.start = int64(binary.LittleEndian.Uint16(rec[2:]))
			l.block = int64(binary.LittleEndian.Uint32(rec[4:]))
		}
		if m.old && l.kind != nonHead {
			if err := m.huawei(lcn, &l, rec[0]); err != nil {
				return err
			}
		}
		if err := m.take(lcn, l); err != nil {
			return err
		}
	}
	return m.finish(l)
}

// huawei reads what Huawei's kernels of 2018 have more (CONFIG_EROFS_FS_HUAWEI_EXTENSION): a record of the fourth kind, or
// of one that is stored, tells of its head what others look up there, and how many logical clusters before it that is, in
// what of the offset is more than a cluster and, above that, in the high half of the first byte. None before is a head.
func (m *mapper) huawei(lcn int64, l *lcluster, advise byte) error {
	back := l.start>>m.bits | int64(advise>>4)<<4
	if l.kind == head2 {
		l.kind = head1 // there was one algorithm
	}
	if back == 0 {
		return nil
	}
	kind := l.kind
	l.kind, l.start = nonHead, l.start&(1<<m.bits-1)
	if m.open && (back != lcn-m.lcn || l.block != m.head.block || l.start != m.head.start || kind != m.head.kind) {
		return m.bad("logical cluster %d names another head, %d before it, than logical cluster %d is", lcn, back, m.lcn)
	}
	return nil
}

// walkCompact goes over packs: pairs in 8 bytes up to an offset that 32 divides, then, if the header says so,
// as many sixteens in 32 bytes as there are, then pairs again (z_erofs_load_compact_lcluster).
func (m *mapper) walkCompact(w *window) error {
	at := m.at + mapHeaderSize
	size := m.c.inode.size
	count := (size-1)>>m.bits + 1
	if m.bits > 14 {
		return image.Errorf(image.Unsupported, m.at, "compact index with logical clusters of 2^%d bytes", m.bits)
	}
	if a, b := m.advise&adviseBig1 != 0, m.advise&adviseBig2 != 0; a != b {
		return m.bad("compact index with large clusters of one algorithm alone")
	}
	if err := m.bounds(at, count, 2); err != nil {
		return err
	}
	first := (32 - at%32) / 4 & 7
	sixteens := int64(0)
	if blocks := (size-1)>>m.c.v.blockBits + 1; m.advise&advise2B != 0 && first < blocks {
		sixteens = (blocks - first) &^ 15
		if m.bits > 12 {
			return image.Errorf(image.Unsupported, m.at, "compact index of 2 bytes with logical clusters of 2^%d bytes", m.bits)
		}
	}
	var l lcluster
	for lcn := int64(0); lcn < count; {
		n, bytes := int64(2), int64(8)
		if lcn >= first && lcn < first+sixteens {
			n, bytes = 16, 32
		}
		p, err := w.read(at, bytes)
		if err != nil {
			return err
		}
		at += bytes
		s := packScan{pack: p, entries: int(n), bits: max(m.bits, 12), big: m.advise&adviseBig1 != 0}
		for range min(n, count-lcn) {
			l = s.next()
			l.after = at
			if err := m.take(lcn, l); err != nil {
				return err
			}
			lcn++
		}
	}
	return m.finish(l)
}

// packScan reads one pack: entries of two bits for the kind above the low bits, packed without gaps, then four
// bytes with a block number from which those of the heads are counted.
type packScan struct {
	pack    []byte
	entries int
	bits    int64
	big     bool

	k      int
	blocks int64 // of the physical clusters begun in this pack
	head   bool  // the entry before was a head
}

func (s *packScan) next() lcluster {
	body := len(s.pack) - 4
	pos := s.k * (body * 8 / s.entries)
	s.k++
	word := binary.LittleEndian.Uint32(s.pack[pos/8:]) >> (pos & 7)
	low := int64(word & (1<<s.bits - 1))
	l := lcluster{kind: uint8(word >> s.bits & 3)}
	if l.kind == nonHead {
		if low&countFlag != 0 {
			l.count = low &^ countFlag
			s.blocks += l.count
			if s.head {
				s.blocks-- // the head was counted as one
			}
		}
		s.head = false
		return l
	}
	l.start = low
	l.block = int64(binary.LittleEndian.Uint32(s.pack[body:])) + s.blocks
	if !s.big {
		l.block++ // without large clusters the number is that of the block before
	}
	s.blocks++
	s.head = true
	return l
}
