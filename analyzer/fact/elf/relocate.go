package elf

import (
	"bytes"
	"debug/elf"
)

// relocation is one entry of a relocation table.
type relocation struct {
	addr   uint64
	info   uint64
	addend uint64
}

// Dynamic tags of Android's packed relocations (bionic/libc/include/elf.h).
const (
	dtAndroidRel    elf.DynTag = 0x6000000f
	dtAndroidRelSz  elf.DynTag = 0x60000010
	dtAndroidRela   elf.DynTag = 0x60000011
	dtAndroidRelaSz elf.DynTag = 0x60000012
)

// relocate applies what decides pointers in data: relative relocations and those that name a symbol. Relative ones
// without addend, packed as RELR or not, have their value in place and need nothing.
func (b *native) relocate(m *memory) {
	for _, t := range []struct {
		at, size elf.DynTag
		rela     bool
	}{{elf.DT_RELA, elf.DT_RELASZ, true}, {elf.DT_REL, elf.DT_RELSZ, false}} {
		if data := b.table(t.at, t.size); data != nil {
			b.plain(data, t.rela, func(r relocation) { b.apply(m, r, t.rela) })
		}
	}
	for _, t := range []struct {
		at, size elf.DynTag
		rela     bool
	}{{dtAndroidRela, dtAndroidRelaSz, true}, {dtAndroidRel, dtAndroidRelSz, false}} {
		if data, ok := bytes.CutPrefix(b.table(t.at, t.size), []byte("APS2")); ok {
			unpack(data, m.words(b.word()), func(r relocation) { b.apply(m, r, t.rela) })
		}
	}
}

// table reads a table by the tags of its address and size.
func (b *native) table(at, size elf.DynTag) []byte {
	addr, ok1 := b.dyn(at)
	n, ok2 := b.dyn(size)
	if !ok1 || !ok2 {
		return nil
	}
	off, left, ok := b.offset(addr)
	if !ok {
		return nil
	}
	data, err := b.read(off, min(n, left), maxTable)
	if err != nil {
		b.pass.Gap(err)
	}
	return data
}

// plain reads relocations as the ELF specification has them.
func (b *native) plain(data []byte, rela bool, yield func(relocation)) {
	word := b.word()
	step := 2 * word
	if rela {
		step = 3 * word
	}
	for ; len(data) >= step; data = data[step:] {
		r := relocation{addr: b.uint(data), info: b.uint(data[word:])}
		if rela {
			r.addend = b.uint(data[2*word:])
		}
		yield(r)
	}
}

// Flags of a group of packed relocations (bionic/linker/linker_reloc_iterators.h).
const (
	groupedByInfo   = 1
	groupedByDelta  = 2
	groupedByAddend = 4
	groupHasAddend  = 8
)

// unpack reads what follows APS2: signed LEB128 numbers, the count and the first offset, then groups of relocations that
// share what their flags say. A group of thousands takes four bytes; there are at most limit in all.
func unpack(data []byte, limit uint64, yield func(relocation)) {
	p := leb{data: data}
	left := min(p.next(), limit)
	r := relocation{addr: p.next()}
	for left > 0 && !p.bad {
		n, flags := p.next(), p.next()
		delta := uint64(0)
		if flags&groupedByDelta != 0 {
			delta = p.next()
		}
		if flags&groupedByInfo != 0 {
			r.info = p.next()
		}
		switch {
		case flags&groupHasAddend == 0:
			r.addend = 0
		case flags&groupedByAddend != 0:
			r.addend += p.next()
		}
		for n = min(n, left); n > 0 && !p.bad; n-- {
			left--
			if flags&groupedByDelta != 0 {
				r.addr += delta
			} else {
				r.addr += p.next()
			}
			if flags&groupedByInfo == 0 {
				r.info = p.next()
			}
			if flags&groupHasAddend != 0 && flags&groupedByAddend == 0 {
				r.addend += p.next()
			}
			if !p.bad {
				yield(r)
			}
		}
	}
}

// leb reads signed LEB128 numbers.
type leb struct {
	data []byte
	bad  bool
}

func (p *leb) next() uint64 {
	var v uint64
	for shift := uint(0); shift < 70; shift += 7 {
		if len(p.data) == 0 {
			break
		}
		c := p.data[0]
		p.data = p.data[1:]
		v |= uint64(c&0x7f) << shift
		if c&0x80 == 0 {
			if c&0x40 != 0 && shift+7 < 64 {
				v |= ^uint64(0) << (shift + 7)
			}
			return v
		}
	}
	p.bad = true
	return 0
}

// apply writes what the loader would, taking the file to lie at address 0.
func (b *native) apply(m *memory, r relocation, rela bool) {
	word := uint64(b.word())
	s := m.at(r.addr)
	if s == nil || !s.writable || uint64(len(s.data))-(r.addr-s.addr) < word {
		return
	}
	kind, sym := r.info&0xff, r.info>>8
	if word == 8 {
		kind, sym = r.info&0xffffffff, r.info>>32
	}
	at := s.data[r.addr-s.addr:]
	if !rela {
		r.addend = b.uint(at)
	}
	value := r.addend
	switch b.relocates(kind) {
	case toBase:
	case toSymbol:
		if f := b.symbol(sym); f.section == elf.SHN_UNDEF {
			value = external
		} else {
			value += f.value
		}
	default:
		return
	}
	if word == 8 {
		b.file.ByteOrder.PutUint64(at, value)
	} else {
		b.file.ByteOrder.PutUint32(at, uint32(value))
	}
}

// What a type of relocation does.
const (
	toNothing = iota
	toBase
	toSymbol
)

// relocates sorts the types that linkers make for pointers in data.
func (b *native) relocates(kind uint64) int {
	var relative, absolute uint64
	switch b.file.Machine {
	case elf.EM_ARM:
		relative, absolute = uint64(elf.R_ARM_RELATIVE), uint64(elf.R_ARM_ABS32)
	case elf.EM_AARCH64:
		relative, absolute = uint64(elf.R_AARCH64_RELATIVE), uint64(elf.R_AARCH64_ABS64)
	case elf.EM_386:
		relative, absolute = uint64(elf.R_386_RELATIVE), uint64(elf.R_386_32)
	case elf.EM_X86_64:
		relative, absolute = uint64(elf.R_X86_64_RELATIVE), uint64(elf.R_X86_64_64)
	case elf.EM_RISCV:
		relative, absolute = uint64(elf.R_RISCV_RELATIVE), uint64(elf.R_RISCV_64)
	default:
		return toNothing
	}
	switch kind {
	case relative:
		return toBase
	case absolute:
		return toSymbol
	}
	return toNothing
}
