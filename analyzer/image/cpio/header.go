package cpio

import (
	"encoding/binary"
	"io"
	"strconv"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// trailer is the name of the entry that ends an archive.
const trailer = "TRAILER!!!"

const (
	magicSize = 6
	maxName   = 4096 // PATH_MAX of Linux with the NUL: longer names the kernel skips as well
	maxHeader = 110
	sumOffset = 102 // of the checksum in a header of the crc kind
)

// layout is one kind of header. The numbers of a header come in the order of cpio(5).
type layout struct {
	name   string
	magic  string
	size   int64 // of the header
	align  int64 // of name and data, from the start of the entry
	widths []int // of the fields behind the magic, in digits; nil for binary
	base   int
	order  binary.ByteOrder // of the binary kind
	linked bool             // the data of a file with several names comes once, with the last of them
}

func (l *layout) binary() bool { return l.widths == nil }

// The fields are: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check.
var hexWidths = []int{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8}

// The fields are: dev ino mode uid gid nlink rdev mtime namesize filesize.
var octalWidths = []int{6, 6, 6, 6, 6, 6, 6, 11, 6, 11}

var layouts = []*layout{
	{name: "newc", magic: "070701", size: 110, align: 4, widths: hexWidths, base: 16, linked: true},
	{name: "crc", magic: "070702", size: 110, align: 4, widths: hexWidths, base: 16, linked: true},
	{name: "odc", magic: "070707", size: 76, align: 1, widths: octalWidths, base: 8},
	{name: "binary", magic: "\xC7\x71", size: 26, align: 2, order: binary.LittleEndian},
	{name: "binary", magic: "\x71\xC7", size: 26, align: 2, order: binary.BigEndian},
}

// layoutOf returns nil where head starts no entry.
func layoutOf(head []byte) *layout {
	for _, l := range layouts {
		if len(head) >= len(l.magic) && string(head[:len(l.magic)]) == l.magic {
			return l
		}
	}
	return nil
}

// header is one entry.
type header struct {
	layout   *layout
	pos      int64
	name     string
	nameSize int64 // as stated, with its NUL
	inode    inode
	mode     uint16
	uid, gid uint32
	links    uint64
	size     int64
	sum      uint32 // of the crc kind: all bytes added up
	data     int64  // offset of the content
	next     int64  // offset of the next entry
}

// inode tells files with several names.
type inode struct{ major, minor, number uint64 }

// readHeader reads the entry at pos up to its content. A name that is too long is read as "".
func readHeader(r io.ReaderAt, size, pos int64) (*header, error) {
	raw, err := bin.ReadAt(r, size, pos, min(maxHeader, max(size-pos, 0)), maxHeader)
	if err != nil {
		return nil, err
	}
	l := layoutOf(raw)
	if l == nil {
		return nil, image.Errorf(image.Malformed, pos, "no header where an entry should be, %d bytes from the end", size-pos)
	}
	if int64(len(raw)) < l.size {
		return nil, image.Errorf(image.Truncated, pos, "a header cut after %d bytes", len(raw))
	}
	h := &header{layout: l, pos: pos}
	if l.binary() {
		h.fromBinary(raw)
	} else if err := h.fromDigits(raw, pos); err != nil {
		return nil, err
	}
	if h.nameSize == 0 || h.nameSize > size-pos-l.size {
		return nil, image.Errorf(image.Truncated, pos, "a name of %d bytes, %d there", h.nameSize, size-pos-l.size)
	}
	if h.nameSize <= maxName {
		name, err := bin.ReadAt(r, size, pos+l.size, h.nameSize, maxName)
		if err != nil {
			return nil, err
		}
		h.name = cString(name)
	}
	h.data = pos + l.up(l.size+h.nameSize)
	h.next = h.data + l.up(h.size)
	return h, nil
}

func (l *layout) up(n int64) int64 { return (n + l.align - 1) / l.align * l.align }

func (h *header) fromDigits(raw []byte, pos int64) error {
	var v [13]uint64
	at := magicSize
	for i, width := range h.layout.widths {
		n, err := strconv.ParseUint(string(raw[at:at+width]), h.layout.base, 64)
		if err != nil {
			return image.Errorf(image.Malformed, pos+int64(at), "%q is no number of base %d", raw[at:at+width], h.layout.base)
		}
		v[i] = n
		at += width
	}
	if h.layout.base == 8 {
		h.inode = inode{0, v[0], v[1]}
		h.mode, h.uid, h.gid, h.links = uint16(v[2]), uint32(v[3]), uint32(v[4]), v[5]
		h.nameSize, h.size = int64(v[8]), int64(v[9])
		return nil
	}
	h.inode = inode{v[7], v[8], v[0]}
	h.mode, h.uid, h.gid, h.links = uint16(v[1]), uint32(v[2]), uint32(v[3]), v[4]
	h.size, h.nameSize, h.sum = int64(v[6]), int64(v[11]), uint32(v[12])
	return nil
}

// fromBinary reads 16-bit words; of a number of two words the more significant one comes first in both byte
// orders.
func (h *header) fromBinary(raw []byte) {
	word := func(i int) uint64 { return uint64(h.layout.order.Uint16(raw[2*i:])) }
	h.inode = inode{0, word(1), word(2)}
	h.mode, h.uid, h.gid, h.links = uint16(word(3)), uint32(word(4)), uint32(word(5)), word(6)
	h.nameSize, h.size = int64(word(10)), int64(word(11)<<16|word(12))
}

func cString(raw []byte) string {
	for i, c := range raw {
		if c == 0 {
			return string(raw[:i])
		}
	}
	return string(raw)
}
