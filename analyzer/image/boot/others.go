package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// metaMagic starts Qualcomm's meta image, the bootloader of Huawei's Nexus 6P among others.
const metaMagic = "\x3C\xD6\x1A\xCE"

// parseMeta reads a meta image: a header of 76 bytes, then entries of 80: name, offset, size.
func parseMeta(r io.ReaderAt, size int64) (*img, error) {
	head, err := bin.ReadAt(r, size, 0, 76, 76)
	if err != nil {
		return nil, err
	}
	c := bin.Little(head, 0)
	c.Skip(4)
	major, minor := c.U16(), c.U16()
	version := cString(c.Bytes(64))
	metaLen, tableLen := int64(c.U16()), int64(c.U16())
	const entry = 80
	if metaLen < 76 || tableLen == 0 || tableLen%entry != 0 {
		return nil, image.Errorf(image.Malformed, 72, "a header of %d and a table of %d bytes", metaLen, tableLen)
	}
	raw, err := bin.ReadAt(r, size, metaLen, tableLen, 1<<16)
	if err != nil {
		return nil, err
	}
	h := &img{kind: metaMagic}
	h.fact("meta_version", fmt.Sprintf("%d.%d", major, minor))
	h.fact("image_version", version)
	for c := bin.Little(raw, metaLen); c.Len() >= entry; {
		name, off, length := cString(c.Bytes(72)), c.U32(), c.U32()
		if name == "" && length == 0 {
			continue
		}
		if base, _, ok := image.ValidName(name); ok {
			h.parts = append(h.parts, part{name: base, off: int64(off), size: int64(length)})
		} else {
			return nil, image.Errorf(image.Malformed, metaLen, "a partition named %q", name)
		}
	}
	return h, nil
}

// parseELF reads the boot image of Sony's devices up to 2013: an ELF file whose program headers are the parts, in
// the order kernel, ramdisk, what else there is. A program is told from it by its second segment, which holds a
// ramdisk and nothing else does.
func parseELF(r io.ReaderAt, size int64) (*img, error) {
	raw, err := bin.ReadAt(r, size, 0, min(size, 64), 64)
	if err != nil {
		return nil, err
	}
	var rows []part
	switch {
	case len(raw) < 64:
		return nil, image.Errorf(image.Truncated, 0, "a header of %d bytes", len(raw))
	case raw[4] == 1:
		rows, err = segments(r, size, raw, layout32)
	default:
		rows, err = segments(r, size, raw, layout64)
	}
	if err != nil {
		return nil, err
	}
	head := make([]byte, 6)
	if n, _ := r.ReadAt(head, rows[1].off); n < len(head) || !isRamdisk(head) {
		return nil, image.Errorf(image.Unsupported, rows[1].off, "an ELF file without a ramdisk")
	}
	h := &img{kind: "ELF", parts: rows}
	h.fact("kind", "ELF")
	return h, nil
}

func isRamdisk(head []byte) bool {
	for _, magic := range []string{"\x1F\x8B\x08", "070701", "\x5D\x00\x00", "\xFD7zXZ", "\x02\x21\x4C\x18"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// elfLayout are the offsets of the fields needed, which differ with the word size; elf(5).
type elfLayout struct{ phoff, phentsize, phnum, shnum, width, rowOff, rowSize, rowLen int }

var (
	layout32 = elfLayout{phoff: 28, phentsize: 42, phnum: 44, shnum: 48, width: 4, rowOff: 4, rowSize: 16, rowLen: 32}
	layout64 = elfLayout{phoff: 32, phentsize: 54, phnum: 56, shnum: 60, width: 8, rowOff: 8, rowSize: 32, rowLen: 56}
)

func segments(r io.ReaderAt, size int64, raw []byte, l elfLayout) ([]part, error) {
	le := binary.LittleEndian
	word := func(b []byte) int64 {
		if l.width == 4 {
			return int64(le.Uint32(b))
		}
		return int64(le.Uint64(b))
	}
	const executable, littleEndian, arm = 2, 1, 40
	count := int(le.Uint16(raw[l.phnum:]))
	if raw[5] != littleEndian || le.Uint16(raw[16:]) != executable || le.Uint16(raw[18:]) != arm ||
		int(le.Uint16(raw[l.phentsize:])) != l.rowLen || count < 2 || count > 5 || le.Uint16(raw[l.shnum:]) > 1 {
		return nil, image.Errorf(image.Unsupported, 0, "an ELF file that is no boot image")
	}
	table, err := bin.ReadAt(r, size, word(raw[l.phoff:]), int64(count*l.rowLen), 512)
	if err != nil {
		return nil, err
	}
	names := []string{"kernel", "ramdisk", "second", "extra", "extra2"}
	var out []part
	for i := range count {
		row := table[i*l.rowLen:]
		p := part{name: names[i], off: word(row[l.rowOff:]), size: word(row[l.rowSize:])}
		if p.off < 0 || p.size < 0 || p.off > size {
			return nil, image.Errorf(image.Malformed, word(raw[l.phoff:]), "a segment of %d bytes at %d", p.size, p.off)
		}
		out = append(out, p)
	}
	return out, nil
}
