package yaffs2

import (
	"encoding/binary"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
)

const (
	tagsSize = 16 // struct yaffs_packed_tags2_tags_only; behind it may be ECC of the tags

	lowestSequence  = 0x1000
	highestSequence = 0x0FFFFFFF // far above what a flash lives to see
	maxObject       = 0x3FFFF
	maxChunk        = 0xFFFFF

	extraHeader  = 1 << 31 // of the chunk number: this is a header, and the number its parent
	extraShrink  = 1 << 30
	extraMask    = 0x0FFFFFFF
	extraKind    = 28
	extraMaxKind = 5
)

// tags say what a page holds.
type tags struct {
	sequence uint32 // of the erase block: the higher, the newer
	object   uint32
	chunk    uint32 // 0 for an object header, else the number of the page in the file, from 1 on
	bytes    uint32
	shrink   bool
}

// state is what tags look like.
type state int

const (
	invalid state = iota
	unused        // erased, or of a checkpoint, which is not needed
	header
	data
)

// parseTags reads tags and holds them against what they can be in pages of this size.
func parseTags(raw []byte, order binary.ByteOrder, page int64) (t tags, s state) {
	t = tags{sequence: order.Uint32(raw), object: order.Uint32(raw[4:]), chunk: order.Uint32(raw[8:]), bytes: order.Uint32(raw[12:])}
	switch {
	case erased(raw[:tagsSize]):
		return t, unused
	case t.sequence == checkpointSequence && t.object > 0:
		return t, unused
	case t.sequence < lowestSequence || t.sequence > highestSequence:
		return t, invalid
	}
	if t.chunk&extraHeader != 0 {
		kind, parent := t.object>>extraKind, t.chunk&extraMask
		t.shrink = t.chunk&extraShrink != 0
		t.object, t.chunk, t.bytes = t.object&extraMask, 0, 0
		if kind == 0 || kind > extraMaxKind || parent == 0 || parent > maxObject {
			return t, invalid
		}
	}
	switch {
	case t.object == 0 || t.object > maxObject || t.chunk > maxChunk:
		return t, invalid
	case t.chunk == 0:
		return t, header
	case t.bytes == 0 || int64(t.bytes) > page:
		return t, invalid
	}
	return t, data
}

// checkpointSequence is in the tags of blocks that hold a checkpoint.
const checkpointSequence = 0x21

func erased(b []byte) bool {
	for _, c := range b {
		if c != 0xFF {
			return false
		}
	}
	return true
}

// Types of objects.
const (
	kindFile = 1 + iota
	kindSymlink
	kindDir
	kindHardLink
	kindSpecial
)

const (
	headerSize = 512 // struct yaffs_obj_hdr; extended attributes follow in the page
	maxLabel   = 512 // of attributes that are looked at, in bytes
	nameAt     = 10
	nameSize   = 255
	aliasAt    = 300
	aliasSize  = 159
)

// objectHeader is struct yaffs_obj_hdr.
type objectHeader struct {
	kind     uint32
	parent   uint32
	name     string
	mode     fs.FileMode
	uid, gid uint32
	size     int64
	equal    uint32 // what a hard link links to
	alias    string // target of a symbolic link
	shadows  uint32 // an object that this one has replaced
	shrink   bool   // what lies behind size was cut off
	label    string
}

// parseHeader reads an object header; ok is false for what cannot be one. root says that it is that of the root.
func parseHeader(raw []byte, order binary.ByteOrder, root bool) (h objectHeader, ok bool) {
	if len(raw) < headerSize {
		return h, false
	}
	word := func(at int) uint32 { return order.Uint32(raw[at:]) }
	h.kind, h.parent = word(0), word(4)
	sum := order.Uint16(raw[8:])
	if h.kind == 0 || h.kind > kindSpecial || h.parent == 0 || h.parent > maxObject || sum != 0 && sum != 0xFFFF {
		return h, false
	}
	name, rest, ended := strings.Cut(string(raw[nameAt:nameAt+nameSize]), "\x00")
	if !ended || strings.Trim(rest, "\x00") != "" || strings.Contains(name, "/") || name == "" && !(root && h.kind == kindDir) {
		return h, false
	}
	h.name, h.uid, h.gid = name, word(272), word(276)
	mode := word(268)
	known := false
	h.mode, known = image.UnixMode(uint16(mode))
	want, typed := kindTypes[h.kind]
	switch {
	case h.kind == kindHardLink:
	case !known || mode>>16 != 0 || typed && h.mode.Type() != want:
		return h, false
	}
	if h.kind == kindFile {
		h.size = int64(word(292))
		if high := word(496); high != 1<<32-1 && high < 1<<16 {
			h.size |= int64(high) << 32
		}
	}
	h.equal, h.shrink = word(296), word(508) == 1
	h.alias, _, _ = strings.Cut(string(raw[aliasAt:aliasAt+aliasSize]), "\x00")
	if h.shadows = word(504); h.shadows == 1<<32-1 {
		h.shadows = 0
	}
	h.label = findLabel(raw[headerSize:], order)
	return h, true
}

// kindTypes are the types of files that objects are of; a special one says it itself.
var kindTypes = map[uint32]fs.FileMode{kindFile: 0, kindDir: fs.ModeDir, kindSymlink: fs.ModeSymlink}

// findLabel looks for the SELinux context in the attributes behind a header (yaffs_nameval.c): each is its length,
// a name that ends with NUL, and the value.
func findLabel(raw []byte, order binary.ByteOrder) string {
	for len(raw) > 4 {
		n := order.Uint32(raw)
		if n <= 4 || n > uint32(len(raw)) {
			return ""
		}
		name, value, ok := strings.Cut(string(raw[4:n]), "\x00")
		if ok && name == "security.selinux" {
			return text(strings.TrimRight(value, "\x00"))
		}
		raw = raw[n:]
	}
	return ""
}

// text makes bytes of an image fit to be shown.
func text(raw string) string { return strings.ToValidUTF8(raw, "\uFFFD") }
