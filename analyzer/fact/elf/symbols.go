package elf

import (
	"debug/elf"
	"iter"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// symbol is one entry of the dynamic symbol table.
type symbol struct {
	name    uint64 // offset in the dynamic strings
	value   uint64
	info    byte
	section elf.SectionIndex
}

func (b *native) symbolSize() uint64 {
	if b.word() == 8 {
		return 24
	}
	return 16
}

// symbol returns entry i; the zero symbol, which is undefined and has no name, where there is none.
func (b *native) symbol(i uint64) symbol {
	size := b.symbolSize()
	if i >= uint64(len(b.symtab))/size {
		return symbol{}
	}
	s, o := b.symtab[i*size:], b.file.ByteOrder
	if size == 24 {
		return symbol{uint64(o.Uint32(s)), o.Uint64(s[8:]), s[4], elf.SectionIndex(o.Uint16(s[6:]))}
	}
	return symbol{uint64(o.Uint32(s)), uint64(o.Uint32(s[4:])), s[12], elf.SectionIndex(o.Uint16(s[14:]))}
}

func (b *native) symbols() iter.Seq[symbol] {
	return func(yield func(symbol) bool) {
		for i := range uint64(len(b.symtab)) / b.symbolSize() {
			if !yield(b.symbol(i)) {
				return
			}
		}
	}
}

// hashed returns the number of symbols by the hash tables the loader looks them up with: DT_HASH states it, in
// DT_GNU_HASH the last chain ends with it (gABI chapter 5; binutils' GNU hash section).
func (b *native) hashed() (uint64, bool) {
	o := b.file.ByteOrder
	at := func(addr, n uint64) []byte {
		off, left, ok := b.offset(addr)
		if !ok || left < n {
			return nil
		}
		data, err := b.read(off, n, maxTable)
		if err != nil {
			return nil
		}
		return data
	}
	if addr, ok := b.dyn(elf.DT_HASH); ok {
		if h := at(addr, 8); h != nil {
			return uint64(o.Uint32(h[4:])), true
		}
	}
	addr, ok := b.dyn(elf.DT_GNU_HASH)
	if !ok {
		return 0, false
	}
	h := at(addr, 16)
	if h == nil {
		return 0, false
	}
	count, first, bloom := uint64(o.Uint32(h)), uint64(o.Uint32(h[4:])), uint64(o.Uint32(h[8:]))
	buckets := addr + 16 + bloom*uint64(b.word())
	list := at(buckets, 4*count)
	last := uint64(0)
	for ; len(list) >= 4; list = list[4:] {
		last = max(last, uint64(o.Uint32(list)))
	}
	if last < first {
		return first, true
	}
	chain := buckets + 4*count
	off, left, ok := b.offset(chain + 4*(last-first))
	if !ok {
		return 0, false
	}
	const block = 4096
	for last++; left >= 4; last += block / 4 {
		data, err := b.read(off, min(left, block)&^3, block)
		if err != nil {
			return 0, false
		}
		for i := 0; i < len(data); i += 4 {
			if o.Uint32(data[i:])&1 != 0 {
				return last + uint64(i)/4, true
			}
		}
		off, left = off+uint64(len(data)), left-uint64(len(data))
	}
	return 0, false
}

// imports lists the dynamic symbols that are undefined here.
func (b *native) imports() *fact.Table {
	return b.named("import", func(s symbol) bool { return s.section == elf.SHN_UNDEF })
}

// exports lists the functions that others may call by name.
func (b *native) exports() *fact.Table { return b.named("export", exported) }

func exported(s symbol) bool {
	kind, bind := elf.ST_TYPE(s.info), elf.ST_BIND(s.info)
	return s.section != elf.SHN_UNDEF && (kind == elf.STT_FUNC || kind == elf.STT_GNU_IFUNC) && (bind == elf.STB_GLOBAL || bind == elf.STB_WEAK)
}

// named lists the names of some symbols.
func (b *native) named(kind fact.Kind, wanted func(symbol) bool) *fact.Table {
	var names []string
	total := 0
	for s := range b.symbols() {
		if !wanted(s) {
			continue
		}
		if n := b.name(s.name); n != "" {
			names = append(names, n)
			// symbols may share one long name
			if total += len(n); total > maxTable {
				b.pass.Gap(image.Errorf(image.OverBudget, -1, "%sed names of more than %d bytes", kind, maxTable))
				break
			}
		}
	}
	slices.Sort(names)
	return &fact.Table{Kind: kind, Column: "name", Values: slices.Clip(slices.Compact(names))}
}
