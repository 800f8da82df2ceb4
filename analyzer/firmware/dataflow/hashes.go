package dataflow

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// HashOf is the hash of a name in a list of [PackHashes]: FNV-1a, 32 bits.
func HashOf(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// PackHashes packs hashes in any order: ascending, each once and less the one before, as unsigned varints.
func PackHashes(list []uint32) []byte {
	slices.Sort(list)
	var out []byte
	last := uint32(0)
	for _, h := range slices.Compact(list) {
		out, last = binary.AppendUvarint(out, uint64(h-last)), h
	}
	return out
}

// UnpackHashes returns what [PackHashes] packed; false where the bytes are none of its.
func UnpackHashes(b []byte) (list []uint32, ok bool) {
	last := uint64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		last += d
		list, b = append(list, uint32(last)), b[n:]
	}
	return list, true
}
