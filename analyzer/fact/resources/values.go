package resources

import (
	"encoding/binary"
	"slices"

	"romscan/analyzer/image/bin/reschunk"
)

// Types of chunks inside a package, and of values (ResourceTypes.h, ResTable_type, Res_value).
const (
	chunkType     = 0x0201
	valueString   = 0x03
	flagSparse    = 0x01
	flagOffset16  = 0x02
	entryComplex  = 0x01
	entryCompact  = 0x08
	noEntry       = 0xffffffff
	maxValuesRead = 1 << 21
)

// Strings returns, for a resource table, the texts of its string resources by their number, in all configurations, each
// once, in the order of the table. What cannot be read is left out.
func Strings(data []byte) map[uint32][]string {
	out := map[uint32][]string{}
	top, ok := reschunk.Read(data, 0)
	if !ok || top.Type != reschunk.Table {
		return out
	}
	var pool *reschunk.Pool
	left := maxValuesRead
	for n, at := 0, top.Header; n < maxChunks; n++ {
		chunk, ok := reschunk.Read(data, at)
		if !ok {
			return out
		}
		switch {
		case chunk.Type == reschunk.StringPool && pool == nil:
			pool, _ = reschunk.ReadPool(chunk)
		case chunk.Type == reschunk.Package && pool != nil && len(chunk.Data) >= 12:
			id := binary.LittleEndian.Uint32(chunk.Data[8:])
			for m, in := 0, at+chunk.Header; m < maxChunks && in < at+len(chunk.Data); m++ {
				c, ok := reschunk.Read(data, in)
				if !ok {
					break
				}
				if c.Type == chunkType {
					typeStrings(c, id, pool, out, &left)
				}
				in += len(c.Data)
			}
		}
		at += len(chunk.Data)
	}
	return out
}

// typeStrings reads the entries of one type in one configuration.
func typeStrings(c reschunk.Chunk, pkg uint32, pool *reschunk.Pool, out map[uint32][]string, left *int) {
	le := binary.LittleEndian
	if len(c.Data) < 20 || c.Header < 20 || c.Header > len(c.Data) {
		return
	}
	typ, flags := uint32(c.Data[8]), c.Data[9]
	count, start := le.Uint32(c.Data[12:]), le.Uint32(c.Data[16:])
	width := 4
	if flags&flagOffset16 != 0 {
		width = 2
	}
	for i := range min(int(count), (len(c.Data)-c.Header)/width) {
		if *left--; *left < 0 {
			return
		}
		p := c.Data[c.Header+i*width:]
		index, off := uint32(i), uint32(0)
		switch {
		case flags&flagSparse != 0:
			index, off = uint32(le.Uint16(p)), uint32(le.Uint16(p[2:]))*4
		case width == 2:
			if off = uint32(le.Uint16(p)); off == 0xffff {
				continue
			}
			off *= 4
		default:
			if off = le.Uint32(p); off == noEntry {
				continue
			}
		}
		at := uint64(start) + uint64(off)
		if at+8 > uint64(len(c.Data)) {
			continue
		}
		e := c.Data[at:]
		size, eflags := le.Uint16(e), le.Uint16(e[2:])
		var kind uint8
		var value uint32
		switch {
		case eflags&entryCompact != 0:
			kind, value = uint8(eflags>>8), le.Uint32(e[4:])
		case eflags&entryComplex != 0 || int(size)+8 > len(e):
			continue
		default:
			kind, value = e[size+3], le.Uint32(e[size+4:])
		}
		if kind != valueString {
			continue
		}
		if s, ok := pool.String(int(value)); ok && s != "" {
			id := pkg<<24 | typ<<16 | index
			if !slices.Contains(out[id], s) && len(out[id]) < 64 {
				out[id] = append(out[id], s)
			}
		}
	}
}
