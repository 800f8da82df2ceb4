package bundle

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"romscan/analyzer/image"
)

const hermesMagic = "\xc6\x1f\xbc\x03\xc1\x03\x19\x1f"

func isHermes(head []byte) bool { return bytes.HasPrefix(head, []byte(hermesMagic)) }

// The parts of a file of Hermes bytecode that lead to its strings (BytecodeFileFormat.h): header, function headers,
// kinds and hashes of identifiers, the small string table, that of long strings, the storage.
const (
	hermesHeader  = 128
	hermesLong    = 0xff // a length that says: look in the table of long strings
	hermesMaxKind = 0x3fffffff
)

// hermesSizes are the sizes function headers have had: 16 bytes up to version 98, 12 since.
var hermesSizes = []int{16, 12}

// hermes reads the string table. Between versions 60 and 99 header and string table stayed as they are.
func hermes(data []byte) (about, []entry, error) {
	what := about{kind: "hermes"}
	if len(data) < hermesHeader {
		return what, nil, image.Errorf(image.Truncated, int64(len(data)), "Hermes header of %d bytes", len(data))
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint32(data[32+4*i:])) }
	what.version = strconv.Itoa(int(binary.LittleEndian.Uint32(data[8:])))
	functions, kinds, identifiers, count, long, size := word(2), word(3), word(4), word(5), word(6), word(7)
	at := hermesKinds(data, functions, kinds, count)
	if at < 0 {
		return what, nil, image.Errorf(image.Unsupported, hermesHeader, "Hermes bytecode version %s: no string table of %d strings behind %d functions", what.version, count, functions)
	}
	small := at + 4*(kinds+identifiers)
	overflow := small + 4*count
	storage := overflow + 8*long
	if storage > len(data) {
		return what, nil, image.Errorf(image.Truncated, int64(len(data)), "string table of %d strings ends at %d", count, storage)
	}
	size = min(size, len(data)-storage)
	out := newList(len(data))
	text := data[storage : storage+size]
	bad := 0
	for i := range count {
		e := binary.LittleEndian.Uint32(data[small+4*i:])
		wide, off, n := e&1 != 0, int(e>>1&0x7fffff), int(e>>24)
		if n == hermesLong {
			if off >= long {
				bad++
				continue
			}
			off, n = int(binary.LittleEndian.Uint32(data[overflow+8*off:])), int(binary.LittleEndian.Uint32(data[overflow+8*off+4:]))
		}
		if wide {
			n *= 2
		}
		if off > len(text) || n > len(text)-off {
			bad++
			continue
		}
		b := text[off : off+n]
		if !out.add(storage+off, n, func() string {
			if wide {
				return narrow(b)
			}
			return clean(b)
		}) {
			break
		}
	}
	if bad > 0 {
		return what, out.entries, malformed(small, "%d of %d strings lie outside their storage", bad, count)
	}
	return what, out.entries, out.err()
}

// hermesKinds finds the table of kinds behind the function headers, whose size depends on the version: the kinds count
// all strings together. It returns -1 where nothing fits.
func hermesKinds(data []byte, functions, kinds, count int) int {
	for _, size := range hermesSizes {
		at := hermesHeader + functions*size
		if at > len(data) || kinds > (len(data)-at)/4 {
			continue
		}
		total := 0
		for i := range kinds {
			total += int(binary.LittleEndian.Uint32(data[at+4*i:]) & hermesMaxKind)
		}
		if total == count {
			return at
		}
	}
	return -1
}
