package elf

import (
	"debug/elf"
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// guard refuses what debug/elf would spend memory on before it returns: it inflates a compressed table of
// section names, of which no linker makes any, to whatever size it claims.
func guard(f *image.File) error {
	const xindex = uint64(elf.SHN_XINDEX)
	head := bin.Head(f, f.Size, 64)
	if len(head) < 52 {
		return image.Errorf(image.Truncated, 0, "ELF header of %d bytes", len(head))
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	var shoff, entry, index uint64
	wide := elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS64
	if wide {
		if len(head) < 64 {
			return image.Errorf(image.Truncated, 0, "ELF header of %d bytes", len(head))
		}
		shoff, entry, index = order.Uint64(head[40:]), uint64(order.Uint16(head[58:])), uint64(order.Uint16(head[62:]))
	} else {
		shoff, entry, index = uint64(order.Uint32(head[32:])), uint64(order.Uint16(head[46:])), uint64(order.Uint16(head[50:]))
	}
	section := func(i uint64) []byte {
		if shoff > uint64(f.Size) || shoff == 0 {
			return nil
		}
		b, err := bin.ReadAt(f, f.Size, int64(shoff+i*entry), 64, 64)
		if err != nil {
			b, _ = bin.ReadAt(f, f.Size, int64(shoff+i*entry), 40, 64)
		}
		return b
	}
	if index == xindex {
		switch first := section(0); {
		case wide && len(first) >= 44:
			index = uint64(order.Uint32(first[40:]))
		case len(first) >= 28:
			index = uint64(order.Uint32(first[24:]))
		}
	}
	if s := section(index); len(s) >= 16 && elf.SectionFlag(order.Uint32(s[8:]))&elf.SHF_COMPRESSED != 0 ||
		len(s) >= 16 && wide && order == binary.BigEndian && elf.SectionFlag(order.Uint32(s[12:]))&elf.SHF_COMPRESSED != 0 {
		return image.Errorf(image.Malformed, int64(shoff), "compressed table of section names")
	}
	return nil
}
