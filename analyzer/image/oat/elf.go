package oat

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Facts of ELF, from the "System V ABI", chapters "Object Files" and "Dynamic Linking".
const (
	typeLoad    = 1
	typeDynamic = 2
	tagStrtab   = 5
	tagSymtab   = 6
	maxSegments = 64
	maxDynamic  = 64 // entries
	maxSymbols  = 16 // ART writes at most eight
	maxStrings  = 4096
)

// elf is as much of an ELF file as leads to its symbols.
type elf struct {
	r        io.ReaderAt
	size     int64
	wide     bool // 64 bits
	segments []segment
}

type segment struct {
	kind               uint32
	offset, addr, file uint64
}

// locate returns where the OAT header lies and where the data behind it ends: through the dynamic symbol oatdata, or, in a
// file whose end is missing, at one of the usual places.
func locate(r io.ReaderAt, size int64) (data, end int64, err error) {
	e := &elf{r: r, size: size}
	if err = e.readSegments(); err == nil {
		data, end, err = e.symbol("oatdata")
	}
	if err == nil {
		if isHeader(bin.Head(io.NewSectionReader(r, data, size-data), size-data, 8)) {
			return data, end, nil
		}
		err = image.Errorf(image.Malformed, data, "no OAT header where the symbol says")
	}
	for _, at := range usual {
		if at < size && isHeader(bin.Head(io.NewSectionReader(r, at, size-at), size-at, 8)) {
			return at, size, nil
		}
	}
	return 0, 0, err
}

// word reads an address or offset: four or eight bytes.
func (e *elf) word(c *bin.Cursor) uint64 {
	if e.wide {
		return c.U64()
	}
	return uint64(c.U32())
}

func (e *elf) readSegments() error {
	head := bin.Head(e.r, e.size, 64)
	if len(head) < 52 || string(head[:4]) != "\x7fELF" || head[5] != 1 {
		return image.Errorf(image.Malformed, 0, "no little-endian ELF file")
	}
	e.wide = head[4] == 2
	c := bin.Little(head, 0)
	if e.wide {
		c.Seek(32)
	} else {
		c.Seek(28)
	}
	table := e.word(c)
	c.Skip(map[bool]int{false: 10, true: 14}[e.wide])
	entry, count := int64(c.U16()), int64(c.U16())
	want := map[bool]int64{false: 32, true: 56}[e.wide]
	if c.Err() != nil || entry != want || count > maxSegments || table > uint64(e.size) {
		return image.Errorf(image.Malformed, 0, "%d ELF segments of %d bytes", count, entry)
	}
	raw, err := bin.ReadAt(e.r, e.size, int64(table), entry*count, maxSegments*56)
	if err != nil {
		return err
	}
	c = bin.Little(raw, int64(table))
	for range count {
		s := segment{kind: c.U32()}
		if e.wide {
			c.Skip(4) // flags stand here
		}
		s.offset, s.addr = e.word(c), e.word(c)
		e.word(c) // the physical address
		s.file = e.word(c)
		e.word(c)
		if !e.wide {
			c.Skip(4)
		}
		e.word(c)
		e.segments = append(e.segments, s)
	}
	return c.Err()
}

// place returns the offset of an address in the file and how many bytes of its segment follow.
func (e *elf) place(addr uint64) (off, left int64, ok bool) {
	for _, s := range e.segments {
		if s.kind == typeLoad && addr >= s.addr && addr-s.addr < s.file && s.offset <= uint64(e.size) && s.file <= uint64(e.size) {
			off = int64(s.offset + (addr - s.addr))
			return off, int64(s.file - (addr - s.addr)), off <= e.size
		}
	}
	return 0, 0, false
}

// symbol returns where the dynamic symbol of a name lies in the file, and where its data end.
func (e *elf) symbol(name string) (off, end int64, err error) {
	symtab, strtab, err := e.dynamic()
	if err != nil {
		return 0, 0, err
	}
	at, left, ok := e.place(symtab)
	strs, strLeft, okStr := e.place(strtab)
	if !ok || !okStr {
		return 0, 0, image.Errorf(image.Malformed, -1, "the symbols lie in no segment")
	}
	names := bin.Head(io.NewSectionReader(e.r, strs, e.size-strs), min(strLeft, e.size-strs), maxStrings)
	entry := map[bool]int64{false: 16, true: 24}[e.wide]
	table := bin.Head(io.NewSectionReader(e.r, at, e.size-at), min(left, e.size-at), maxSymbols*entry)
	for c := bin.Little(table, at); int64(c.Len()) >= entry; {
		label := uint64(c.U32())
		var value, size uint64
		if e.wide {
			c.Skip(4)
			value, size = c.U64(), c.U64()
		} else {
			value, size = uint64(c.U32()), uint64(c.U32())
			c.Skip(4)
		}
		if label > uint64(len(names)) || !hasString(names[label:], name) {
			continue
		}
		off, left, ok := e.place(value)
		if !ok {
			return 0, 0, image.Errorf(image.Malformed, at, "%s lies in no segment", name)
		}
		return off, off + min(left, int64(min(size, uint64(e.size)))), nil
	}
	return 0, 0, image.Errorf(image.Malformed, at, "no symbol %s", name)
}

func hasString(b []byte, s string) bool {
	return len(b) > len(s) && string(b[:len(s)]) == s && b[len(s)] == 0
}

// dynamic returns the addresses of the dynamic symbols and of their names.
func (e *elf) dynamic() (symtab, strtab uint64, err error) {
	for _, s := range e.segments {
		if s.kind != typeDynamic {
			continue
		}
		entry := map[bool]int64{false: 8, true: 16}[e.wide]
		if s.offset > uint64(e.size) {
			return 0, 0, image.Errorf(image.Truncated, e.size, "the dynamic section is missing")
		}
		off := int64(s.offset)
		n := min(e.size-off, int64(min(s.file, maxDynamic*16)))
		raw := bin.Head(io.NewSectionReader(e.r, off, n), n, maxDynamic*entry)
		for c := bin.Little(raw, off); int64(c.Len()) >= entry; {
			switch tag, v := e.word(c), e.word(c); tag {
			case tagStrtab:
				strtab = v
			case tagSymtab:
				symtab = v
			}
		}
		return symtab, strtab, nil
	}
	return 0, 0, image.Errorf(image.Malformed, 0, "no dynamic section")
}
