package iscab

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// header is the descriptor and the file table.
type header struct {
	version int
	base    int64 // of raw in the file
	raw     []byte
	table   int64 // of the file table in raw
	dirs    []uint32
	files   []file
	broken  error // why there are fewer files than stated
}

// Flags of a file, and of its link to others.
const (
	flagSplit      = 1
	flagObfuscated = 2
	flagCompressed = 4
	flagInvalid    = 8

	linkPrevious = 1
)

// file is a file descriptor.
type file struct {
	header       int64 // offset of the descriptor
	name         uint32
	dir          int
	flags        uint16
	size, packed int64
	data         int64
	sum          []byte // MD5, from version 6 on
	previous     uint32
	link         byte
	volume       int // counted from 1; 0 where the volumes say which files they have
	cannot       error
}

// Bounds of what is believed.
const (
	maxHeader = 64 << 20 // bytes
	maxText   = 1024     // characters of a name
	maxDirs   = 1 << 16  // what files can be in: they say it with 16 bits
	maxFiles  = 1 << 18
	maxSize   = 1 << 42 // bytes of a file

	descriptorSize = 0x30
	oldFile        = 0x2A // bytes of a descriptor up to version 5 that are read
	newFile        = 0x57
	lastOld        = 5
	firstUTF16     = 17
)

// readHeader reads the descriptor, little endian: 12 bytes, u32 offset of the file table, u32, u32 and u32 its size,
// u32 number of directories, 8 bytes, u32 number of files, u32 offset of the file descriptors in the table. The table
// starts with u32 offsets in it: of the directories' names, and up to version 5 of the files' descriptors.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	c, err := readCommon(r, size)
	if err != nil {
		return nil, err
	}
	if c.length == 0 {
		return nil, image.Errorf(image.Truncated, 16, "a volume of a cabinet without the header, which is a file of its own (data1.hdr)")
	}
	raw, err := bin.ReadAt(r, size, c.offset, descriptorSize, descriptorSize)
	if err != nil {
		return nil, err
	}
	b := bin.Little(raw, c.offset)
	b.Skip(12)
	table := int64(b.U32())
	b.Skip(4)
	length := int64(b.U32())
	b.Skip(4)
	dirs := int64(b.U32())
	b.Skip(8)
	count, second := int64(b.U32()), int64(b.U32())

	end := max(c.length, table+length)
	if c.version > lastOld {
		end = max(end, table+second+count*newFile)
	} else {
		end = max(end, table+4*(dirs+count))
	}
	there := min(end, size-c.offset)
	h := &header{version: c.version, base: c.offset, table: table}
	if h.raw, err = bin.ReadAt(r, size, c.offset, there, maxHeader); err != nil {
		return nil, err
	}
	if there < end {
		h.broken = image.Errorf(image.Truncated, size, "ends inside of the header of %d bytes", end)
	}
	for i := range min(dirs, maxDirs) {
		at, ok := h.u32(table + 4*i)
		if !ok {
			break
		}
		h.dirs = append(h.dirs, at)
	}
	for i := range count {
		f, ok := h.readFile(i, dirs, second)
		if !ok || i == maxFiles {
			if h.broken == nil {
				h.broken = image.Errorf(image.Malformed, c.offset, "%d files stated, the header ends after %d", count, i)
			}
			break
		}
		h.files = append(h.files, f)
	}
	return h, nil
}

func (h *header) u32(at int64) (uint32, bool) {
	if at < 0 || at+4 > int64(len(h.raw)) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(h.raw[at:]), true
}

// readFile reads the descriptor of file i.
func (h *header) readFile(i, dirs, second int64) (file, bool) {
	at := h.table + second + i*newFile
	n := int64(newFile)
	if h.version <= lastOld {
		off, ok := h.u32(h.table + 4*(dirs+i))
		if !ok {
			return file{}, false
		}
		at, n = h.table+int64(off), oldFile
	}
	if at < 0 || at+n > int64(len(h.raw)) {
		return file{}, h.version <= lastOld && h.table+4*(dirs+i) < int64(len(h.raw))
	}
	b := bin.Little(h.raw[at:at+n], h.base+at)
	f := file{header: h.base + at}
	var size, packed, data uint64
	if h.version <= lastOld {
		f.name, f.dir = b.U32(), int(b.U16())
		b.Skip(2)
		f.flags = b.U16()
		size, packed = uint64(b.U32()), uint64(b.U32())
		b.Skip(0x14)
		data = uint64(b.U32())
	} else {
		f.flags = b.U16()
		size, packed, data = b.U64(), b.U64(), b.U64()
		f.sum = b.Bytes(16)
		b.Skip(16)
		f.name, f.dir = b.U32(), int(b.U16())
		b.Skip(12)
		f.previous = b.U32()
		b.Skip(4)
		f.link, f.volume = b.U8(), int(b.U16())
	}
	if max(size, packed, data) > maxSize {
		f.cannot = image.Errorf(image.Malformed, f.header, "%d bytes out of %d at %d", size, packed, data)
		return f, true
	}
	f.size, f.packed, f.data = int64(size), int64(packed), int64(data)
	return f, true
}

// text returns the string at an offset in the file table, "" for none.
func (h *header) text(at uint32) string {
	pos := h.table + int64(at)
	if pos >= int64(len(h.raw)) {
		return ""
	}
	raw := h.raw[pos:]
	if h.version < firstUTF16 {
		n := bytes.IndexByte(raw[:min(len(raw), maxText)], 0)
		return string(raw[:max(n, 0)])
	}
	var units []uint16
	for i := 0; i+1 < len(raw) && len(units) < maxText; i += 2 {
		u := binary.LittleEndian.Uint16(raw[i:])
		if u == 0 {
			return string(utf16.Decode(units))
		}
		units = append(units, u)
	}
	return ""
}

// path returns where a file lies.
func (h *header) path(f *file) string {
	name := h.text(f.name)
	if f.dir < len(h.dirs) {
		if dir := h.text(h.dirs[f.dir]); dir != "" {
			return dir + "\\" + name
		}
	}
	return name
}
