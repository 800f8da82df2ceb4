package dex

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"

	"romscan/analyzer/image"
)

// Sizes of the fixed items, "Dalvik executable format", section "Bit field, String, and Item definitions".
const (
	headerSize    = 0x70
	headerSize41  = 0x78 // adds container_size and header_offset
	headerCompact = 0x88 // of compact DEX, see compact.go
	stringIDSize  = 4
	typeIDSize    = 4
	protoIDSize   = 12
	fieldIDSize   = 8
	methodIDSize  = 8
	classDefSize  = 32
	maxContainer  = 1 << 12 // dex files in one container; ART writes a few dozen
	reverseEndian = 0x78563412
)

// File is one dex: an index over bytes it does not copy. All methods are safe for concurrent use; all
// accept any index and answer the zero value for one that is out of range.
type File struct {
	Version int    // 35 to 41; of a compact DEX that of the code it is read as
	Compact bool   // a compact DEX, magic cdex
	Base    uint32 // offset of the header in Data; not 0 only in containers of version 41
	Size    uint32 // file_size as the header states it
	Data    []byte // what offsets count in: the file, the whole container, or of a compact DEX its data
	DataAt  uint32 // where Data begins in the file; not 0 only for a compact DEX
	Notes   []Note
	Set     *Set // what opcodes mean here; see [File.DetectSet]

	stringIDs, typeIDs, protoIDs []byte
	fieldIDs, methodIDs, classes []byte
	callSites, handles           []byte

	whole []byte // what the tables' offsets count in: Data, of a compact DEX the file
}

// Version of the magic at the start of data: 35 for "dex\n035\0", compactVersion for a compact DEX, or 0.
func magicVersion(data []byte) int {
	if isCompact(data) {
		return compactVersion
	}
	if len(data) < 8 || string(data[:4]) != "dex\n" || data[7] != 0 {
		return 0
	}
	v := 0
	for _, c := range data[4:7] {
		if c < '0' || c > '9' {
			return 0
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// IsDex tells whether head starts with the magic of a dex.
func IsDex(head []byte) bool { return magicVersion(head) > 0 }

// Open indexes the dex files in data: one, or several for a container of version 41. What is read before
// the first error is returned beside it.
func Open(data []byte) ([]*File, error) {
	var files []*File
	for base := uint32(0); len(files) < maxContainer; {
		f, err := open(data, base)
		if f != nil {
			files = append(files, f)
		}
		if err != nil {
			return files, err
		}
		next := uint64(base) + uint64(f.Size)
		if f.Version < 41 || f.Size < headerSize41 || next+headerSize41 > uint64(len(data)) {
			return files, nil
		}
		if magicVersion(data[next:]) == 0 {
			f.note(NoteTrailing)
			return files, nil
		}
		base = uint32(next)
	}
	return files, image.Errorf(image.OverBudget, -1, "more than %d dex files in one container", maxContainer)
}

func open(data []byte, base uint32) (*File, error) {
	h := data[base:]
	if len(h) < headerSize {
		return nil, image.Errorf(image.Truncated, int64(base), "header of %d bytes, %d wanted", len(h), headerSize)
	}
	f := &File{Version: magicVersion(h), Base: base, Data: data, Set: Standard, whole: data}
	if f.Version == 0 {
		return nil, image.Errorf(image.Malformed, int64(base), "no dex magic")
	}
	if uint64(len(data)) > 1<<32-1 {
		return nil, image.Errorf(image.Unsupported, -1, "dex of %d bytes", len(data))
	}
	word := func(off int) uint32 { return binary.LittleEndian.Uint32(h[off:]) }
	if word(40) == reverseEndian {
		return nil, image.Errorf(image.Unsupported, int64(base)+40, "big-endian dex")
	}
	f.Size = word(32)
	if isCompact(h) {
		if err := f.openCompact(h); err != nil {
			return nil, err
		}
	}
	f.check(h, word(8), word(36))
	var errs []error
	section := func(name string, off int, size uint32) []byte {
		b, err := f.section(name, word(off), word(off+4), size)
		if err != nil {
			errs = append(errs, err)
		}
		return b
	}
	f.stringIDs = section("string_ids", 56, stringIDSize)
	f.typeIDs = section("type_ids", 64, typeIDSize)
	f.protoIDs = section("proto_ids", 72, protoIDSize)
	f.fieldIDs = section("field_ids", 80, fieldIDSize)
	f.methodIDs = section("method_ids", 88, methodIDSize)
	f.classes = section("class_defs", 96, classDefSize)
	f.readMap(word(52))
	if len(errs) > 0 {
		return f, errs[0]
	}
	return f, nil
}

// check compares what the header says of the file as a whole with what is there.
func (f *File) check(h []byte, sum, size uint32) {
	if f.Version < 35 || f.Version > 41 {
		f.note(NoteVersion)
	}
	want := uint32(headerSize)
	if f.Version >= 41 {
		want = headerSize41
	}
	if f.Compact {
		want = headerCompact
	}
	if size != want {
		f.note(NoteHeader)
	}
	end := min(uint64(f.Size), uint64(len(h)))
	switch {
	case uint64(f.Size) > uint64(len(h)):
		f.note(NoteFileSize)
	case f.Version < 41 && !f.Compact && uint64(f.Size) < uint64(len(h)):
		f.note(NoteTrailing)
	}
	switch {
	case f.Compact:
		if f.compactSum(h) != sum {
			f.note(NoteChecksum)
		}
	case end < 12 || adler32.Checksum(h[12:end]) != sum:
		f.note(NoteChecksum)
	}
}

// section returns the bytes of a table of count items; as many whole items as there are, and an error, where
// the header claims more.
func (f *File) section(name string, count, off, item uint32) ([]byte, error) {
	if count == 0 {
		return nil, nil
	}
	if uint64(off) >= uint64(len(f.whole)) {
		return nil, image.Errorf(image.Malformed, int64(off), "%s outside the file of %d bytes", name, len(f.whole))
	}
	have := uint64(len(f.whole)) - uint64(off)
	want := uint64(count) * uint64(item)
	if want <= have {
		return f.whole[off : uint64(off)+want], nil
	}
	there := have - have%uint64(item)
	return f.whole[off : uint64(off)+there],
		image.Errorf(image.Truncated, int64(off), "%s claims %d items, %d there", name, count, have/uint64(item))
}

// Types of map items that no header field points at.
const (
	mapCallSites     = 0x0007
	mapMethodHandles = 0x0008
)

// readMap finds the two tables that only the map list knows.
func (f *File) readMap(off uint32) {
	if off == 0 || uint64(off)+4 > uint64(len(f.Data)) {
		f.note(NoteMap)
		return
	}
	count := uint64(f.u32(off))
	if count > (uint64(len(f.Data))-uint64(off)-4)/12 {
		f.note(NoteMap)
		return
	}
	for i := range uint32(count) {
		item := off + 4 + i*12
		kind := f.u16(item)
		if kind != mapCallSites && kind != mapMethodHandles {
			continue
		}
		size := map[uint16]uint32{mapCallSites: 4, mapMethodHandles: 8}[kind]
		b, err := f.section("map item", f.u32(item+4), f.u32(item+8), size)
		if err != nil {
			f.note(NoteMap)
		}
		if kind == mapCallSites {
			f.callSites = b
		} else {
			f.handles = b
		}
	}
}

// u16 reads at an absolute offset; 0 outside the file.
func (f *File) u16(off uint32) uint16 {
	if uint64(off)+2 > uint64(len(f.Data)) {
		return 0
	}
	return binary.LittleEndian.Uint16(f.Data[off:])
}

// u32 reads at an absolute offset; 0 outside the file.
func (f *File) u32(off uint32) uint32 {
	if uint64(off)+4 > uint64(len(f.Data)) {
		return 0
	}
	return binary.LittleEndian.Uint32(f.Data[off:])
}

// VersionString returns the version as the magic spells it: "035", and for a compact DEX "cdex001".
func (f *File) VersionString() string {
	if f.Compact {
		return compactMagic[:7]
	}
	return fmt.Sprintf("%03d", f.Version)
}
