package installshield

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// read reads the record at pos.
func (k kind) read(r io.ReaderAt, size, pos int64) (record, bool) {
	if pos < 0 || pos >= size {
		return record{}, false
	}
	switch k {
	case plain, wide:
		return k.readText(r, size, pos)
	case headed:
		return readHeaded(r, size, pos)
	case streams, streams4:
		return k.readStream(r, size, pos)
	}
	return record{}, false
}

// readText reads four strings.
func (k kind) readText(r io.ReaderAt, size, pos int64) (rec record, ok bool) {
	width := 1
	if k == wide {
		width = 2
	}
	raw := bin.Head(image.NewSection(r, pos, size-pos), size-pos, int64(maxText*width))
	at := 0
	var field [4]string
	for i, most := range [4]int{maxPath, maxPath, maxVersion, maxNumber} {
		n := 0
		for ; ; n++ {
			if n > most || at+(n+1)*width > len(raw) {
				return rec, false
			}
			c := rune(raw[at+n*width])
			if width == 2 {
				c |= rune(raw[at+n*2+1]) << 8
			}
			if c == 0 {
				break
			}
			if c < ' ' {
				return rec, false
			}
		}
		field[i] = string(raw[at : at+n*width])
		if width == 2 {
			field[i] = fromUTF16(raw[at : at+n*2])
		}
		at += (n + 1) * width
	}
	length, err := strconv.ParseUint(field[3], 10, 40)
	if err != nil || field[0] == "" || strings.ContainsAny(field[0], `/\:*?"<>|`) {
		return rec, false
	}
	return record{name: field[0], path: field[1], version: field[2], data: pos + int64(at), length: int64(length)}, true
}

// plausible tells a record of four strings from other text that starts like it, as tables of symbols do: the path ends in
// the name, or the file is there, and has a path and a version. The other kinds are known by their magic.
func (k kind) plausible(rec record, size int64) bool {
	if k != plain && k != wide {
		return true
	}
	if strings.EqualFold(rec.path[strings.LastIndexAny(rec.path, `/\\`)+1:], rec.name) {
		return true
	}
	digit := rec.version != "" && rec.version[0] >= '0' && rec.version[0] <= '9'
	return rec.path != "" && digit && rec.length > 0 && rec.data+rec.length <= size
}

// readHeaded reads, little endian: name in 260 bytes, u32 flags, u32, u32 size, 8 bytes, u16 not 0 for a deflated
// file, 30 bytes.
func readHeaded(r io.ReaderAt, size, pos int64) (record, bool) {
	raw, err := bin.ReadAt(r, size, pos, headedSize, headedSize)
	if err != nil {
		return record{}, false
	}
	name, _, _ := bytes.Cut(raw[:maxPath], []byte{0})
	c := bin.Little(raw, pos)
	c.Seek(maxPath)
	flags := c.U32()
	c.Skip(4)
	rec := record{name: latin(name), data: pos + headedSize, length: int64(c.U32())}
	c.Skip(8)
	rec.deflated = c.U16() != 0
	rec.code(flags, name)
	return rec, len(name) > 0
}

// readStream reads, little endian: u32 size of the name in bytes, u32 flags, u16, u32 size, 8 bytes, u16 not 0 for a
// deflated file; then the name.
func (k kind) readStream(r io.ReaderAt, size, pos int64) (record, bool) {
	raw, err := bin.ReadAt(r, size, pos, streamSize, streamSize)
	if err != nil {
		return record{}, false
	}
	c := bin.Little(raw, pos)
	length, flags := int64(c.U32()), c.U32()
	c.Skip(2)
	rec := record{length: int64(c.U32())}
	c.Skip(8)
	rec.deflated = c.U16() != 0
	pos += streamSize
	if k == streams4 {
		pos += streamSize
	}
	if length == 0 || length >= 2*maxPath || length%2 != 0 {
		return record{}, false
	}
	if raw, err = bin.ReadAt(r, size, pos, length, 2*maxPath); err != nil {
		return record{}, false
	}
	rec.name = strings.TrimRight(fromUTF16(raw), "\x00")
	rec.data = pos + length
	rec.code(flags, []byte(rec.name))
	return rec, rec.name != ""
}

func fromUTF16(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	return string(utf16.Decode(units))
}

// latin gives 8-bit text of an unknown code page as UTF-8: as it is where it is that, else as Latin-1.
func latin(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return string(out)
}
