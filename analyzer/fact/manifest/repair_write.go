package manifest

import (
	"unicode/utf16"

	"romscan/analyzer/image/bin/reschunk"
)

func (r *repaired) startTag(body []byte) []byte {
	if len(body) < attrExt {
		return nil
	}
	start, size, count := int(le.Uint16(body[8:])), int(le.Uint16(body[10:])), int(le.Uint16(body[12:]))
	if start != attrExt || size != attrSize {
		r.trick(trickAttribute)
	}
	if size < attrSize || start > len(body) {
		count, size = 0, attrSize
	}
	if room := (len(body) - min(start, len(body))) / size; count > room {
		r.trick(trickAttribute)
		count = room
	}
	out := le.AppendUint32(r.index(nil, body), r.known(le.Uint32(body[4:])))
	out = append(out, attrExt, 0, attrSize, 0)
	out = le.AppendUint16(out, uint16(count))
	out = append(out, body[14:attrExt]...)
	for i := range count {
		a := body[start+i*size:]
		raw, typ, data := le.Uint32(a[8:]), a[15], le.Uint32(a[16:])
		if typ == 3 { // TYPE_STRING: Android reads the typed value, readers that take the raw one see something else
			if raw != data {
				r.trick(trickAttribute)
			}
			raw = r.known(data)
		}
		out = le.AppendUint32(r.index(out, a), r.attributeName(le.Uint32(a[4:])))
		out = le.AppendUint32(out, r.known(raw))
		out = append(out, 8, 0, 0, typ)
		out = le.AppendUint32(out, data)
	}
	return out
}

// attributeName keeps an index that only the resource map knows: such attributes have no string.
func (r *repaired) attributeName(i uint32) uint32 {
	if int64(i) < int64(len(r.ids)/4) {
		return i
	}
	return r.known(i)
}

// bytes writes the file: a UTF-16 pool of plain strings, the resource map, the nodes.
func (r *repaired) bytes() []byte {
	var offsets, chars []byte
	for i := range int(r.count) {
		if len(chars) > maxStringBytes {
			break
		}
		s, _ := r.pool.String(i)
		offsets = le.AppendUint32(offsets, uint32(len(chars)))
		units := utf16.Encode([]rune(s))
		if n := len(units); n >= 0x8000 {
			chars = le.AppendUint16(chars, uint16(n>>16)|0x8000)
			chars = le.AppendUint16(chars, uint16(n))
		} else {
			chars = le.AppendUint16(chars, uint16(n))
		}
		for _, u := range units {
			chars = le.AppendUint16(chars, u)
		}
		chars = append(chars, 0, 0)
	}
	for len(chars)%4 != 0 {
		chars = append(chars, 0)
	}
	pool := header(reschunk.StringPool, 28, 28+len(offsets)+len(chars))
	pool = le.AppendUint32(pool, uint32(len(offsets)/4))
	pool = append(pool, make([]byte, 8)...)
	pool = le.AppendUint32(pool, uint32(28+len(offsets)))
	pool = append(pool, 0, 0, 0, 0)
	pool = append(append(pool, offsets...), chars...)
	ids := append(header(reschunk.ResourceMap, 8, 8+len(r.ids)), r.ids...)
	out := header(reschunk.XML, 8, 8+len(pool)+len(ids)+len(r.nodes))
	return append(append(append(out, pool...), ids...), r.nodes...)
}

func header(typ, size uint16, total int) []byte {
	return le.AppendUint32(le.AppendUint16(le.AppendUint16(nil, typ), size), uint32(total))
}
