package dex

import (
	"encoding/binary"
	"errors"
	"hash/adler32"

	"romscan/analyzer/image"
)

// A compact DEX is what ART keeps in .vdex files (Android 9 and later): the tables of a DEX, whose offsets count from the
// header, and data, whose offsets count from where data_off says, with smaller code items. Source:
// art/libdexfile/dex/compact_dex_file.h.
const (
	compactMagic = "cdex001\x00"

	// compactVersion is the version that compact files are read as: it has all instructions that ART 9 to 12 know. What the
	// app was is not kept.
	compactVersion = 39

	compactCodeHeader = 4
)

func isCompact(data []byte) bool { return len(data) >= 8 && string(data[:8]) == compactMagic }

// openCompact splits the file into tables and data. h is the file from its header on.
func (f *File) openCompact(h []byte) error {
	off := binary.LittleEndian.Uint32(h[108:])
	if f.Base != 0 || len(h) < headerCompact {
		return image.Errorf(image.Truncated, int64(f.Base), "compact DEX of %d bytes, header of %d wanted", len(h), headerCompact)
	}
	if uint64(off) > uint64(len(h)) || off < headerCompact {
		return image.Errorf(image.Malformed, 108, "data at %d in a compact DEX of %d bytes", off, len(h))
	}
	f.Compact, f.DataAt, f.Data = true, off, h[off:]
	return nil
}

// compactSum is CompactDexFile::CalculateChecksum: it leaves out where the data lie.
func (f *File) compactSum(h []byte) uint32 {
	var head [headerCompact]byte
	copy(head[:], h)
	clear(head[8:12])
	clear(head[104:112])
	size := min(uint64(binary.LittleEndian.Uint32(h[104:])), uint64(len(f.Data)))
	end := max(min(uint64(f.Size), uint64(len(h))), headerCompact)
	sum := adler32.Checksum(head[:])
	sum = sum*31 ^ adler32.Checksum(h[headerCompact:end])
	return sum*31 ^ adler32.Checksum(f.Data[:size])
}

// Flags of a compact code item: which of its sizes go on before it.
const (
	moreRegisters = 1 << iota
	moreIns
	moreOuts
	moreTries
	moreUnits
	compactFlags = 5 // bits; the rest counts code units
)

// compactCode is [File.Code] for a compact DEX: four sizes of four bits, the number of code units and the flags. What does
// not fit stands before the item in reverse order, two bytes each, four for the code units.
func (f *File) compactCode(off uint32) (Code, error) {
	c := Code{Set: f.Set}
	if uint64(off)+compactCodeHeader > uint64(len(f.Data)) || off == 0 {
		return c, image.Errorf(image.Malformed, int64(off), "code item outside the file")
	}
	fields, size := f.u16(off), f.u16(off+2)
	before := off
	more := func(flag uint16) uint32 {
		if size&flag == 0 || before < 2 {
			return 0
		}
		before -= 2
		return uint32(f.u16(before))
	}
	units := uint64(size >> compactFlags)
	if size&moreUnits != 0 {
		units += uint64(more(moreUnits))
		units += uint64(more(moreUnits)) << 16
	}
	c.Registers = fields>>12 + uint16(more(moreRegisters))
	c.Ins = fields>>8&15 + uint16(more(moreIns))
	c.Outs = fields>>4&15 + uint16(more(moreOuts))
	tries := uint64(fields&15) + uint64(more(moreTries))
	c.Registers += c.Ins
	c.Offset = off + compactCodeHeader

	b := f.Data[c.Offset:]
	if 2*units > uint64(len(b)) {
		c.Bytes = b[:len(b)&^1]
		return c, image.Errorf(image.Truncated, int64(off), "code claims %d bytes, %d there", 2*units, len(b))
	}
	c.Bytes = b[:2*units]
	if tries == 0 {
		return c, nil
	}
	// items are aligned to two bytes only, try items to four
	at := (uint64(c.Offset)+2*units+3)&^3 - uint64(c.Offset)
	if at+tries*8 > uint64(len(b)) {
		return c, image.Errorf(image.Truncated, int64(off), "code claims %d try items", tries)
	}
	c.tries = b[at : at+tries*8]
	c.handlers = c.Offset + uint32(at+tries*8)
	return c, nil
}

// inFile makes the place of an error one in the file.
func (f *File) inFile(err error) error {
	var e *image.Error
	if f.DataAt == 0 || !errors.As(err, &e) || e.Offset < 0 {
		return err
	}
	return &image.Error{Reason: e.Reason, Offset: e.Offset + int64(f.DataAt), Detail: e.Detail}
}
