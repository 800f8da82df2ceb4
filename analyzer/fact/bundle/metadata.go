package bundle

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"romscan/analyzer/image"
)

const metadataMagic = "\xaf\x1b\xb1\xfa"

// isMetadata recognises Unity's global-metadata.dat: the data of C# that was compiled to a native library (IL2CPP).
func isMetadata(head []byte) bool {
	if len(head) < 24 || !bytes.HasPrefix(head, []byte(metadataMagic)) {
		return false
	}
	v := binary.LittleEndian.Uint32(head[4:])
	return v >= 16 && v < 200
}

// metadata reads the table of string literals: of every literal its length and where in the literals' data it begins
// (Il2CppGlobalMetadataHeader and Il2CppStringLiteral, il2cpp-metadata.h of Unity 5.3 to 2023; the same in all of
// versions 16 to 31).
func metadata(data []byte) (about, []entry, error) {
	v := binary.LittleEndian.Uint32(data[4:])
	what := about{kind: "unity-il2cpp", version: strconv.Itoa(int(v))}
	if v > 31 {
		return what, nil, image.Errorf(image.Unsupported, 4, "IL2CPP metadata version %d", v)
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint32(data[4*i:])) }
	at, size, text, length := word(2), word(3), word(4), word(5)
	if at > len(data) || size > len(data)-at || text > len(data) {
		return what, nil, malformed(8, "string literals at %d, their text at %d of %d bytes", at, text, len(data))
	}
	literals := data[text : text+min(length, len(data)-text)]
	out := newList(len(data))
	bad := 0
	for e := data[at : at+size]; len(e) >= 8; e = e[8:] {
		n, off := int(binary.LittleEndian.Uint32(e)), int(binary.LittleEndian.Uint32(e[4:]))
		if off > len(literals) || n > len(literals)-off {
			bad++
			continue
		}
		if !out.add(text+off, n, func() string { return clean(literals[off : off+n]) }) {
			break
		}
	}
	if bad > 0 {
		return what, out.entries, malformed(at, "%d of %d string literals lie outside their text", bad, size/8)
	}
	return what, out.entries, out.err()
}
