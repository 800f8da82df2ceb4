package squashfs

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Metadata lies in blocks that decode to 8 KiB, all but the last of a table, each behind a header of two bytes.
const (
	metaSize       = 8192
	metaHeader     = 2
	metaStored     = 1 << 15 // of the header: not compressed
	metaLengthMask = metaStored - 1
)

// metaKey finds a decoded metadata block in the shared cache.
type metaKey struct {
	v  *volume
	at int64
}

// metaBlock returns what the metadata block at a position decodes to, never nothing, and where the next begins.
func (v *volume) metaBlock(at int64) (data []byte, next int64, err error) {
	data, err = v.budget.Cached(metaKey{v, at}, func() ([]byte, error) {
		head, err := bin.ReadAt(v.r, v.size, at, metaHeader, metaHeader)
		if err != nil {
			return nil, err
		}
		word := binary.LittleEndian.Uint16(head)
		n := int64(word & metaLengthMask)
		if n == 0 || n > metaSize {
			return nil, image.Errorf(image.Malformed, at, "metadata block of %d bytes", n)
		}
		src, err := bin.ReadAt(v.r, v.size, at+metaHeader, n, metaSize)
		if err != nil {
			return nil, err
		}
		if word&metaStored == 0 {
			dst := make([]byte, metaSize, metaSize+metaHeader)
			k, err := v.decode(dst, src, at+metaHeader)
			if err != nil {
				return nil, err
			}
			if k == 0 {
				return nil, image.Errorf(image.Malformed, at, "metadata block decodes to nothing")
			}
			src = dst[:k]
		}
		// The header is kept with the block: it tells where the next one is.
		return append(src, head...), nil
	})
	if err != nil {
		return nil, 0, err
	}
	end := len(data) - metaHeader
	n := int64(binary.LittleEndian.Uint16(data[end:]) & metaLengthMask)
	return data[:end:end], at + metaHeader + n, nil
}

// metaStream reads metadata from block to block.
type metaStream struct {
	v    *volume
	at   int64  // of the block that rest is of
	next int64  // of the block behind it
	rest []byte // not yet read
}

// metadata starts reading at an offset inside the decoded block that lies block bytes behind the start of a table.
func (v *volume) metadata(table, block int64, offset int) (*metaStream, error) {
	m := &metaStream{v: v, next: table + block}
	if err := m.advance(); err != nil {
		return nil, err
	}
	if offset > len(m.rest) {
		return nil, image.Errorf(image.Malformed, m.at, "offset %d in a metadata block of %d bytes", offset, len(m.rest))
	}
	m.rest = m.rest[offset:]
	return m, nil
}

func (m *metaStream) advance() error {
	at := m.next
	data, next, err := m.v.metaBlock(at)
	if err != nil {
		return err
	}
	m.at, m.next, m.rest = at, next, data
	return nil
}

// bytes returns the next n bytes; they must not be changed. Callers bound n.
func (m *metaStream) bytes(n int) ([]byte, error) {
	if n <= len(m.rest) {
		b := m.rest[:n:n]
		m.rest = m.rest[n:]
		return b, nil
	}
	b := make([]byte, 0, n)
	for len(b) < n {
		if len(m.rest) == 0 {
			if err := m.advance(); err != nil {
				return nil, err
			}
		}
		k := min(n-len(b), len(m.rest))
		b = append(b, m.rest[:k]...)
		m.rest = m.rest[k:]
	}
	return b, nil
}

// cursor returns a cursor over the next n bytes.
func (m *metaStream) cursor(n int) (*bin.Cursor, error) {
	b, err := m.bytes(n)
	if err != nil {
		return nil, err
	}
	return bin.Little(b, m.at), nil
}

// record returns one record of a table that is reached through an array of block positions: ids, fragments and
// the ids of extended attributes. unit divides metaSize.
func (v *volume) record(array int64, n uint32, unit int) (*bin.Cursor, error) {
	pos := int64(n) * int64(unit)
	raw, err := bin.ReadAt(v.r, v.size, array+pos/metaSize*8, 8, 8)
	if err != nil {
		return nil, err
	}
	at, err := address(bin.Little(raw, array))
	if err != nil {
		return nil, err
	}
	m, err := v.metadata(at, 0, int(pos%metaSize))
	if err != nil {
		return nil, err
	}
	return m.cursor(unit)
}

// id returns a user or group number.
func (v *volume) id(n uint16) (uint32, error) {
	if n >= v.ids {
		return 0, image.Errorf(image.Malformed, v.idTable, "owner %d of %d", n, v.ids)
	}
	c, err := v.record(v.idTable, uint32(n), 4)
	if err != nil {
		return 0, err
	}
	return c.U32(), nil
}
