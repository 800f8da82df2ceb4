package f2fs

import (
	"encoding/binary"
	"iter"

	"romscan/analyzer/image"
)

const (
	dentrySize = 11 // struct f2fs_dir_entry: hash, inode, length of the name, type
	slotSize   = 8  // names take as many of these as they need
	maxName    = 255
)

// dentries goes through a block of entries, or those that lie in the inode: a bitmap, room left over, entries,
// slots for names. How many there are follows from the size of all that (NR_DENTRY_IN_BLOCK, NR_INLINE_DENTRY).
// at is where raw lies; what can be no entry is yielded as an error.
func dentries(raw []byte, at int64) iter.Seq2[dentry, error] {
	count := len(raw) * 8 / ((dentrySize+slotSize)*8 + 1)
	entries := raw[len(raw)-count*(dentrySize+slotSize):]
	slots := entries[count*dentrySize:]
	return func(yield func(dentry, error) bool) {
		for k := 0; k < count; {
			if raw[k>>3]>>(k&7)&1 == 0 {
				k++
				continue
			}
			e := entries[k*dentrySize:]
			n := int(binary.LittleEndian.Uint16(e[8:]))
			taken := (n + slotSize - 1) / slotSize
			if n == 0 || n > maxName || taken > count-k {
				if !yield(dentry{}, image.Errorf(image.Malformed, at, "directory entry %d has a name of %d bytes", k, n)) {
					return
				}
				k++
				continue
			}
			d := dentry{nid: binary.LittleEndian.Uint32(e[4:]), name: string(slots[k*slotSize:][:n])}
			if !yield(d, nil) {
				return
			}
			k += taken
		}
	}
}

type dentry struct {
	nid  uint32
	name string
}
