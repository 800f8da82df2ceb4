package elf

import (
	"bytes"
	"debug/elf"
	"slices"
)

// memory is the file as the loader maps it, with its relocations applied to copies of the writable segments.
type memory struct {
	segments []segment
	bias     uint64 // what prelinking added to every address, 0 where nothing did
}

type segment struct {
	addr       uint64
	data       []byte
	off        uint64
	executable bool
	writable   bool
}

// external is what stands where the loader would put the address of another library's function. No segment reaches it.
const external = ^uint64(0)

// load maps data. Segments that together are larger than the file are none that a linker made.
func (b *native) load(data []byte) *memory {
	m := &memory{}
	left := uint64(len(data))
	for _, p := range b.file.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 || p.Off > uint64(len(data)) || p.Vaddr > 1<<62 {
			continue
		}
		s := segment{addr: p.Vaddr, off: p.Off, executable: p.Flags&elf.PF_X != 0, writable: p.Flags&elf.PF_W != 0}
		s.data = data[p.Off:][:min(p.Filesz, uint64(len(data))-p.Off)]
		if s.writable {
			if uint64(len(s.data)) > left {
				continue
			}
			left -= uint64(len(s.data))
			s.data = slices.Clone(s.data)
		}
		m.segments = append(m.segments, s)
	}
	// libraries of Android before 4.1 end with the address they were prelinked at (AOSP build/tools/apriori)
	if n := len(data); n >= 8 && string(data[n-4:]) == "PRE " && b.word() == 4 {
		m.bias = uint64(b.file.ByteOrder.Uint32(data[n-8:]))
	}
	return m
}

// at returns the segment that addr lies in; nil where there is none.
func (m *memory) at(addr uint64) *segment {
	for i := range m.segments {
		if s := &m.segments[i]; addr >= s.addr && addr-s.addr < uint64(len(s.data)) {
			return s
		}
	}
	return nil
}

// words returns how many addresses the writable segments have room for.
func (m *memory) words(size int) uint64 {
	n := 0
	for _, s := range m.segments {
		if s.writable {
			n += len(s.data) / size
		}
	}
	return uint64(n)
}

// text returns the zero-terminated string at addr, at most limit bytes.
func (m *memory) text(addr uint64, limit int) (string, bool) {
	s := m.at(addr)
	if s == nil {
		return "", false
	}
	data := s.data[addr-s.addr:]
	data = data[:min(len(data), limit+1)]
	n := bytes.IndexByte(data, 0)
	if n < 0 {
		return "", false
	}
	return string(data[:n]), true
}

// unbias takes away what prelinking added.
func (m *memory) unbias(addr uint64) uint64 {
	if m.bias != 0 && addr >= m.bias && addr != external {
		return addr - m.bias
	}
	return addr
}
