package super

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Numbers of metadata_format.h.
const (
	geometryMagic  = 0x616c4467
	headerMagic    = 0x414c5030
	reserved       = 4096 // LP_PARTITION_RESERVED_BYTES: room for a boot sector
	geometrySize   = 4096 // LP_METADATA_GEOMETRY_SIZE: one block per copy
	headerSizeV0   = 128  // LpMetadataHeaderV1_0
	sectorSize     = 512
	partitionEntry = 52
	extentEntry    = 24
	deviceEntry    = 64
	maxMetadata    = 16 << 20 // real metadata_max_size is 64 KiB
	maxSlots       = 32
)

// geometry says where the metadata copies are.
type geometry struct {
	maxSize int64
	slots   int64
}

// metadata is one slot's table of partitions.
type metadata struct {
	partitions []partition
	extents    []extent
	devices    []device
	size       int64 // bytes its checksums cover
}

type partition struct {
	name         string
	first, count uint32
}

type extent struct {
	sectors uint64
	kind    uint32
	data    uint64
	source  uint32
}

type device struct {
	name string
	size uint64
}

// findGeometry reads the first sound copy. base is where metadata starts: after the two copies in a super
// image, after the only one in super_empty.img.
func findGeometry(r io.ReaderAt, size int64) (geometry, int64, error) {
	for _, at := range []struct{ off, base int64 }{{reserved, reserved + 2*geometrySize}, {reserved + geometrySize, reserved + 2*geometrySize}, {0, geometrySize}} {
		b, err := bin.ReadAt(r, size, at.off, 52, 52)
		if err != nil {
			continue
		}
		c := bin.Little(b, at.off)
		if c.U32() != geometryMagic {
			continue
		}
		if c.U32() != 52 || !sound(b, 8) {
			continue
		}
		c.Skip(32)
		g := geometry{maxSize: int64(c.U32()), slots: int64(c.U32())}
		if g.maxSize < headerSizeV0 || g.maxSize > maxMetadata || g.slots < 1 || g.slots > maxSlots {
			continue
		}
		return g, at.base, nil
	}
	return geometry{}, 0, image.Errorf(image.Malformed, reserved, "no sound copy of the geometry")
}

// sound checks a block against the sha256 it holds at off, taken with that field as zeros.
func sound(b []byte, off int) bool {
	c := bytes.Clone(b)
	want := [32]byte(c[off : off+32])
	clear(c[off : off+32])
	return sha256.Sum256(c) == want
}

// readSlots returns the metadata of every slot that has a sound copy, slot 0 first. Primary copies of all
// slots come first, then the backups.
func readSlots(r io.ReaderAt, size int64, g geometry, base int64, x *volume) ([]*metadata, error) {
	var out []*metadata
	var first error
	for slot := range g.slots {
		var err error
		found := false
		for k, copy := range []int64{slot, g.slots + slot} {
			off := base + copy*g.maxSize
			m, rerr := readMetadata(r, size, off, g.maxSize)
			x.note(fmt.Sprintf("metadata %d %s sha256", slot, [...]string{"primary", "backup"}[k]), off, m, rerr)
			if rerr == nil && !found {
				out, found, err = append(out, m), true, nil
			}
			if rerr != nil && !found {
				err = rerr
			}
			if first == nil {
				first = rerr
			}
		}
		if err != nil && len(out) > 0 && base > geometrySize {
			x.Miss("", image.Errorf(image.Malformed, base+slot*g.maxSize, "metadata slot %d: both copies unreadable: %v", slot, err))
		}
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

// note keeps how a copy of the metadata stood against its checksums. Slots that were never written are none.
func (v *volume) note(what string, off int64, m *metadata, err error) {
	c := image.Check{What: what, Outcome: image.Matched, Offset: off}
	var e *image.Error
	switch {
	case err == nil:
		c.Bytes = m.size
	case errors.As(err, &e) && strings.Contains(e.Detail, "checksum"):
		c.Outcome, c.Detail = image.Mismatched, e.Detail
	default:
		return
	}
	v.checks = append(v.checks, c)
}

func readMetadata(r io.ReaderAt, size, off, limit int64) (*metadata, error) {
	head, err := bin.ReadAt(r, size, off, headerSizeV0, headerSizeV0)
	if err != nil {
		return nil, err
	}
	c := bin.Little(head, off)
	if c.U32() != headerMagic {
		return nil, image.Errorf(image.Malformed, off, "no metadata")
	}
	major, minor := c.U16(), c.U16()
	headerSize := int64(c.U32())
	if major != 10 {
		return nil, image.Errorf(image.Unsupported, off, "metadata version %d.%d", major, minor)
	}
	if headerSize < headerSizeV0 || headerSize > 4096 {
		return nil, image.Errorf(image.Malformed, off, "header of %d bytes", headerSize)
	}
	if head, err = bin.ReadAt(r, size, off, headerSize, 4096); err != nil {
		return nil, err
	}
	if !sound(head, 12) {
		return nil, image.Errorf(image.Malformed, off, "header checksum does not match")
	}
	c = bin.Little(head, off)
	c.Skip(44)
	tables := int64(c.U32())
	sum := c.Bytes(32)
	if tables > limit {
		return nil, image.Errorf(image.Malformed, off, "tables of %d bytes in a slot of %d", tables, limit)
	}
	data, err := bin.ReadAt(r, size, off+headerSize, tables, maxMetadata)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(data) != [32]byte(sum) {
		return nil, image.Errorf(image.Malformed, off+headerSize, "table checksum does not match")
	}
	m, err := parseTables(c, data, off+headerSize)
	if m != nil {
		m.size = headerSize + tables
	}
	return m, err
}

// parseTables reads the tables that the header's four descriptors name: partitions, extents, groups, devices.
func parseTables(c *bin.Cursor, data []byte, base int64) (*metadata, error) {
	m := &metadata{}
	table := func(least uint32, each func(*bin.Cursor)) error {
		off, count, entry := c.U32(), c.U32(), c.U32()
		if err := c.Err(); err != nil {
			return err
		}
		if count == 0 {
			return nil
		}
		end := uint64(off) + uint64(count)*uint64(entry)
		if entry < least || end > uint64(len(data)) {
			return image.Errorf(image.Malformed, base+int64(off), "table of %d entries of %d bytes in %d", count, entry, len(data))
		}
		for i := range count {
			at := off + i*entry
			each(bin.Little(data[at:at+entry], base+int64(at)))
		}
		return nil
	}
	for _, t := range []struct {
		least uint32
		each  func(*bin.Cursor)
	}{
		{partitionEntry, func(e *bin.Cursor) {
			p := partition{name: text(e.Bytes(36))}
			e.Skip(4) // attributes
			p.first, p.count = e.U32(), e.U32()
			m.partitions = append(m.partitions, p)
		}},
		{extentEntry, func(e *bin.Cursor) {
			m.extents = append(m.extents, extent{sectors: e.U64(), kind: e.U32(), data: e.U64(), source: e.U32()})
		}},
		{0, func(*bin.Cursor) {}},
		{deviceEntry, func(e *bin.Cursor) {
			e.Skip(16) // first sector, alignment
			size := e.U64()
			m.devices = append(m.devices, device{name: text(e.Bytes(36)), size: size})
		}},
	} {
		if err := table(t.least, t.each); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// text is a name of up to 36 bytes, padded with zeros.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
