package elf

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"math"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// native is one ELF file with the ranges of its dynamic section, had from program headers: the loader looks
// at nothing else, and a stripped file has nothing else.
type native struct {
	pass *fact.Pass
	file *elf.File
	size int64

	dynamic []entry
	strtab  []byte
	symtab  []byte
}

type entry struct{ tag, value uint64 }

// Bounds of the parts that are read whole.
const (
	maxDynamic = 1 << 20
	maxTable   = 64 << 20
	maxNote    = 64 << 10
	maxName    = 4096
)

// read returns n bytes at off of the file.
func (b *native) read(off, n uint64, limit int64) ([]byte, error) {
	if off > math.MaxInt64 || n > math.MaxInt64 {
		return nil, image.Errorf(image.Malformed, -1, "offset %#x, length %#x", off, n)
	}
	return bin.ReadAt(b.pass.File, b.size, int64(off), int64(n), limit)
}

// offset turns an address into a file offset by the loadable segments.
func (b *native) offset(addr uint64) (off, left uint64, ok bool) {
	for _, p := range b.file.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr-p.Vaddr < p.Filesz {
			return p.Off + (addr - p.Vaddr), p.Filesz - (addr - p.Vaddr), true
		}
	}
	return 0, 0, false
}

func (b *native) open() error {
	i := slices.IndexFunc(b.file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_DYNAMIC })
	if i < 0 {
		return nil
	}
	p := b.file.Progs[i]
	if p.Filesz == 0 {
		return nil // of a separate file of debug information
	}
	data, err := b.read(p.Off, p.Filesz, maxDynamic)
	if err != nil {
		return err
	}
	word := b.word()
	for ; len(data) >= 2*word; data = data[2*word:] {
		e := entry{b.uint(data), b.uint(data[word:])}
		if elf.DynTag(e.tag) == elf.DT_NULL {
			break
		}
		b.dynamic = append(b.dynamic, e)
	}
	return b.tables()
}

// word is the size of an address in bytes.
func (b *native) word() int {
	if b.file.Class == elf.ELFCLASS64 {
		return 8
	}
	return 4
}

func (b *native) uint(data []byte) uint64 {
	if b.word() == 8 {
		return b.file.ByteOrder.Uint64(data)
	}
	return uint64(b.file.ByteOrder.Uint32(data))
}

func (b *native) dyn(tag elf.DynTag) (uint64, bool) {
	for _, e := range b.dynamic {
		if elf.DynTag(e.tag) == tag {
			return e.value, true
		}
	}
	return 0, false
}

// tables reads the dynamic string and symbol tables. The format states no length of the symbol table apart from its
// hash tables; where there are none, linkers put it before the strings, or a section header tells.
func (b *native) tables() error {
	str, ok1 := b.dyn(elf.DT_STRTAB)
	size, ok2 := b.dyn(elf.DT_STRSZ)
	if !ok1 || !ok2 {
		return nil
	}
	off, left, ok := b.offset(str)
	if !ok {
		return image.Errorf(image.Malformed, -1, "dynamic strings at %#x are in no segment", str)
	}
	var err error
	if b.strtab, err = b.read(off, min(size, left), maxTable); err != nil {
		return err
	}
	sym, ok := b.dyn(elf.DT_SYMTAB)
	if !ok {
		return nil
	}
	symOff, symLeft, ok := b.offset(sym)
	if !ok {
		return nil
	}
	n := uint64(0)
	if str > sym {
		n = str - sym
	}
	if count, ok := b.hashed(); ok && (n == 0 || count <= n/b.symbolSize()) {
		n = count * b.symbolSize()
	}
	for _, s := range b.file.Sections {
		if s.Type == elf.SHT_DYNSYM && s.Addr == sym {
			n = s.Size
		}
	}
	b.symtab, err = b.read(symOff, min(n, symLeft), maxTable)
	return err
}

// name returns the zero-terminated dynamic string at i.
func (b *native) name(i uint64) string {
	if i >= uint64(len(b.strtab)) {
		return ""
	}
	s := b.strtab[i:]
	if n := bytes.IndexByte(s, 0); n >= 0 {
		s = s[:n]
	}
	return clean(s[:min(len(s), maxName)])
}

func (b *native) soname() string {
	if i, ok := b.dyn(elf.DT_SONAME); ok {
		return b.name(i)
	}
	return ""
}

func (b *native) needed() []string {
	var out []string
	for _, e := range b.dynamic {
		if elf.DynTag(e.tag) == elf.DT_NEEDED {
			if n := b.name(e.value); n != "" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// buildID returns the identifier the linker left in a note, in hex.
func (b *native) buildID() string {
	const typeBuildID = 3 // NT_GNU_BUILD_ID
	for _, p := range b.file.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		data, err := b.read(p.Off, p.Filesz, maxNote)
		if err != nil {
			continue
		}
		for len(data) >= 12 {
			name := uint64(b.file.ByteOrder.Uint32(data))
			desc := uint64(b.file.ByteOrder.Uint32(data[4:]))
			kind := b.file.ByteOrder.Uint32(data[8:])
			start := 12 + (name+3)&^3
			end := start + desc
			if end > uint64(len(data)) {
				break
			}
			if kind == typeBuildID && string(data[12:12+min(name, 4)]) == "GNU\x00" {
				return hex.EncodeToString(data[start:min(end, start+64)])
			}
			data = data[min((end+3)&^3, uint64(len(data))):]
		}
	}
	return ""
}
