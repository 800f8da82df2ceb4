package vdex

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxQuick bounds the quickening tables; those of the largest jars take about 2 MiB.
const maxQuick = 64 << 20

// tables reads the quickening tables. nil without an error means that nothing was rewritten.
func (f *File) tables(r io.ReaderAt, size int64) (quickened, error) {
	switch {
	case f.Version > 6 && f.Version < 10:
		if f.Quick.Size == 0 {
			return nil, nil
		}
		return nil, image.Errorf(image.Unsupported, f.Quick.Offset, "how version %03d rewrites instructions is not known", f.Version)
	case f.Version >= firstSections, f.Version >= firstSplit && f.Quick.Size == 0:
		return nil, nil
	}
	raw, err := bin.ReadAt(r, size, f.Quick.Offset, f.Quick.Size, maxQuick)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Version == 6:
		return &sequence{raw: raw, empty: len(raw) == 0}, nil
	case f.Version == 10:
		return newPairs(raw, len(f.Dex))
	}
	t := &offsets{raw: raw}
	for _, d := range f.Dex {
		t.starts = append(t.starts, d.table)
	}
	return t, nil
}

// sequence is version 006: for each method with code, in the order of the classes, a size and pairs of an address and an
// index.
type sequence struct {
	raw   []byte
	at    int64
	empty bool
}

func (s *sequence) of(_ int, _ body) (indices, error) {
	if s.empty {
		return &pairsOf{}, nil
	}
	if s.at+4 > int64(len(s.raw)) {
		return nil, image.Errorf(image.Truncated, s.at, "no quickening data for the method")
	}
	n := int64(binary.LittleEndian.Uint32(s.raw[s.at:]))
	s.at += 4
	if n > int64(len(s.raw))-s.at {
		s.at = int64(len(s.raw))
		return nil, image.Errorf(image.Truncated, s.at, "quickening data of %d bytes", n)
	}
	part := s.raw[s.at : s.at+n]
	s.at += n
	return &pairsOf{lebs{b: part}}, nil
}

// pairsOf are addresses and indices.
type pairsOf struct{ l lebs }

func (p *pairsOf) any() bool { return len(p.l.b) > 0 }

func (p *pairsOf) next(pc uint32) (uint16, bool) {
	l := p.l
	at, index := l.next(), l.next()
	if l.bad || at != pc {
		return 0, false
	}
	p.l = l
	return uint16(index), true
}

func (p *pairsOf) nop(pc uint32) (uint16, bool) {
	if v, ok := p.next(pc); ok {
		return v, true
	}
	return noIndex, true
}

// list is a table of indices without addresses.
type list struct{ raw []byte }

func (l *list) any() bool { return len(l.raw) > 0 }

func (l *list) next(uint32) (uint16, bool) {
	if len(l.raw) < 2 {
		return 0, false
	}
	v := binary.LittleEndian.Uint16(l.raw)
	l.raw = l.raw[2:]
	return v, true
}

func (l *list) nop(pc uint32) (uint16, bool) { return l.next(pc) }

// pairs is version 010: at the end, for each DEX where its table begins: pairs of an item's offset and where its indices
// are.
type pairs struct {
	raw   []byte
	items []map[uint32]uint32
}

func newPairs(raw []byte, count int) (quickened, error) {
	t := &pairs{raw: raw, items: make([]map[uint32]uint32, count)}
	if len(raw) == 0 {
		return t, nil
	}
	end := len(raw) - 4*count
	if end < 0 {
		return nil, image.Errorf(image.Malformed, -1, "quickening tables of %d bytes", len(raw))
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint32(raw[at:])) }
	for i := range count {
		from, to := word(end+4*i), end
		if i+1 < count {
			to = word(end + 4*i + 4)
		}
		if from > to || to > end {
			return nil, image.Errorf(image.Malformed, -1, "quickening table from %d to %d of %d", from, to, end)
		}
		t.items[i] = map[uint32]uint32{}
		for ; from+8 <= to; from += 8 {
			t.items[i][uint32(word(from))] = uint32(word(from + 4))
		}
	}
	return t, nil
}

func (t *pairs) of(dex int, b body) (indices, error) {
	at, ok := t.items[dex][b.item]
	if !ok {
		return &list{}, nil
	}
	raw, err := cut(t.raw, int64(at), 4)
	if err != nil {
		return nil, err
	}
	raw, err = cut(t.raw, int64(at)+4, int64(binary.LittleEndian.Uint32(raw)))
	return &list{raw}, err
}

// offsets is version 019 and later: for each DEX a compact table of offsets by method, where the indices are.
type offsets struct {
	raw    []byte
	starts []uint32
}

const blockMethods = 16 // of the compact table

func (t *offsets) of(dex int, b body) (indices, error) {
	at, err := t.offset(int64(t.starts[dex]), b.method)
	if err != nil || at == 0 {
		return &list{}, err
	}
	l := lebs{b: t.raw, at: int64(at) - 1} // 0 stands for none
	n := l.next()
	if l.bad {
		return nil, image.Errorf(image.Malformed, int64(at), "indices outside the quickening tables")
	}
	raw, err := cut(t.raw, l.at, 2*int64(n))
	return &list{raw}, err
}

// offset looks a method up in the compact table at a place: the least offset, where the blocks are named, then blocks of
// sixteen methods, each a mask of those that have an offset and the differences of these.
func (t *offsets) offset(start int64, method uint32) (uint32, error) {
	head, err := cut(t.raw, start, 8)
	if err != nil {
		return 0, err
	}
	offset := binary.LittleEndian.Uint32(head)
	data := start + 8
	at, err := cut(t.raw, data+int64(binary.LittleEndian.Uint32(head[4:]))+4*int64(method/blockMethods), 4)
	if err != nil {
		return 0, err
	}
	block := data + int64(binary.LittleEndian.Uint32(at))
	mask, err := cut(t.raw, block, 2)
	if err != nil {
		return 0, err
	}
	bits := binary.BigEndian.Uint16(mask)
	bit := method % blockMethods
	if bits>>bit&1 == 0 {
		return 0, nil
	}
	l := lebs{b: t.raw, at: block + 2}
	for i := range bit + 1 {
		if bits>>i&1 != 0 {
			offset += l.next()
		}
	}
	if l.bad {
		return 0, image.Errorf(image.Malformed, block, "offsets outside the quickening tables")
	}
	return offset, nil
}

func cut(b []byte, at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > int64(len(b)) || n > int64(len(b))-at {
		return nil, image.Errorf(image.Malformed, at, "%d bytes outside the quickening tables", n)
	}
	return b[at : at+n], nil
}
