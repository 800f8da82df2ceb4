package iso9660

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"romscan/analyzer/image/bin"
)

// record is a directory record (ECMA-119, 9.1).
type record struct {
	length       int // bytes in the directory
	extent, size int64
	flags        byte
	interleaved  bool
	name         []byte
	system       []byte // the system use area
}

// Flags of a record.
const (
	flagDir   = 0x02
	flagMulti = 0x80 // not the last extent of its file
)

// parseRecord reads the record at the start of b.
func parseRecord(b []byte) (record, bool) {
	if len(b) < 34 || int(b[0]) < 34 || int(b[0]) > len(b) {
		return record{}, false
	}
	b = b[:b[0]]
	n := int(b[32])
	if 33+n > len(b) {
		return record{}, false
	}
	r := record{
		length: len(b), extent: int64(binary.LittleEndian.Uint32(b[2:])) + int64(b[1]), size: int64(binary.LittleEndian.Uint32(b[10:])),
		flags: b[25], interleaved: b[26] != 0 || b[27] != 0, name: b[33 : 33+n],
	}
	if end := 33 + n + (n+1)%2; end < len(b) {
		r.system = b[end:]
	}
	return r, true
}

// special reports whether the record is "." or "..".
func (r record) special() bool { return len(r.name) == 1 && r.name[0] <= 1 }

// plainName is the name without Rock Ridge: of Joliet, else of ISO 9660 without its version.
func (v *volume) plainName(raw []byte) string {
	name := string(raw)
	if v.joliet {
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		name = string(utf16.Decode(units))
	}
	if i := strings.LastIndexByte(name, ';'); i > 0 {
		name = name[:i]
	}
	return strings.TrimSuffix(name, ".")
}

// ridge is what Rock Ridge says of a file.
type ridge struct {
	name      string
	mode      uint32
	uid, gid  uint32
	hasMode   bool
	link      string
	isLink    bool
	moved     bool  // the directory is listed elsewhere
	child     int64 // block of a directory that was moved from here
	zisofs    bool
	component bool // the last part of the link goes on in the next entry
}

// maxAreas bounds the continuation areas of one record.
const maxAreas = 64

// ridge reads the system use entries of a record, over its continuation areas.
func (v *volume) ridge(r record) ridge {
	var out ridge
	if !v.rr {
		return out
	}
	area := r.system
	if len(area) >= v.skip {
		area = area[v.skip:]
	}
	for range maxAreas {
		next := out.entries(area)
		if next.size == 0 {
			break
		}
		b, err := bin.ReadAt(v.r, v.size, next.block*v.block+next.off, next.size, sector)
		if err != nil {
			break
		}
		area = b
	}
	return out
}

// area is where system use entries go on.
type area struct{ block, off, size int64 }

func (out *ridge) entries(b []byte) (next area) {
	for len(b) >= 4 && int(b[2]) >= 4 && int(b[2]) <= len(b) {
		e := b[4:b[2]]
		switch string(b[:2]) {
		case "ST":
			return next
		case "CE":
			if len(e) >= 24 {
				next = area{int64(binary.LittleEndian.Uint32(e)), int64(binary.LittleEndian.Uint32(e[8:])), int64(binary.LittleEndian.Uint32(e[16:]))}
			}
		case "PX":
			if len(e) >= 32 {
				out.mode, out.hasMode = binary.LittleEndian.Uint32(e), true
				out.uid, out.gid = binary.LittleEndian.Uint32(e[16:]), binary.LittleEndian.Uint32(e[24:])
			}
		case "NM":
			if len(e) >= 1 && e[0]&0x06 == 0 { // not "." or ".."
				out.name += string(e[1:])
			}
		case "SL":
			if len(e) >= 1 {
				out.addLink(e[1:])
			}
		case "CL":
			if len(e) >= 8 {
				out.child = int64(binary.LittleEndian.Uint32(e))
			}
		case "RE":
			out.moved = true
		case "ZF":
			out.zisofs = true
		}
		b = b[b[2]:]
	}
	return next
}

// addLink adds the components of one SL entry (Rock Ridge 4.1.3.1).
func (out *ridge) addLink(b []byte) {
	out.isLink = true
	for len(b) >= 2 && 2+int(b[1]) <= len(b) {
		flags, text := b[0], string(b[2:2+b[1]])
		if out.link != "" && !out.component && !strings.HasSuffix(out.link, "/") {
			out.link += "/"
		}
		switch {
		case flags&0x02 != 0:
			text = "."
		case flags&0x04 != 0:
			text = ".."
		case flags&0x08 != 0:
			text = "/"
		}
		out.link += text
		out.component = flags&0x01 != 0
		b = b[2+int(b[1]):]
	}
}
