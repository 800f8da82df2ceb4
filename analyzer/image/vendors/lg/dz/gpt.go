package dz

import (
	"io"
	"strings"
	"unicode/utf16"

	"romscan/analyzer/image/bin"
)

// gpt is what is taken from the partition table of a device: the sector size, and where partitions start and end.
type gpt struct {
	sector int64
	slices map[string]slice
}

// slice is in sectors, end excluded.
type slice struct{ start, end int64 }

const (
	maxTable   = 4 << 20 // bytes of a chunk that is looked at for a table
	maxEntries = 1024
	maxDevices = 16 // UFS has at most eight
)

// tables reads the tables of all devices. They are the chunks at address 0 of something called GPT. A device
// without one takes its sector size from the others, or from the chunks: data does not reach behind what is erased.
func (d *reader) tables() (map[uint32]gpt, int64) {
	out := map[uint32]gpt{}
	sector, tried := int64(0), 0
	for _, c := range d.chunks {
		if _, ok := out[c.device]; ok || tried >= maxDevices || c.address != 0 || !strings.Contains(strings.ToLower(c.partition), "gpt") || c.decoded > maxTable {
			continue
		}
		tried++
		s := c.stream.Open()
		if t, ok := readGPT(s, c.decoded); ok {
			out[c.device] = t
			sector = max(sector, t.sector)
		}
		s.(io.Closer).Close()
	}
	if sector > 0 {
		return out, sector
	}
	for _, c := range d.chunks {
		if c.erase > 0 && c.decoded > c.erase*512 {
			return out, 4096
		}
	}
	return out, 512
}

// readGPT reads a table: the header in sector 1, whose size is what tells the sector size.
func readGPT(r io.ReaderAt, size int64) (gpt, bool) {
	for _, sector := range []int64{512, 4096} {
		b, err := bin.ReadAt(r, size, sector, 92, 92)
		if err != nil || string(b[:8]) != "EFI PART" {
			continue
		}
		c := bin.Little(b, sector)
		c.Skip(72)
		at, count, length := c.U64(), c.U32(), c.U32()
		t := gpt{sector: sector, slices: map[string]slice{}}
		if at > uint64(size)/uint64(sector) || length < 128 || length > 4096 {
			return t, true
		}
		for i := range int64(min(count, maxEntries)) {
			e, err := bin.ReadAt(r, size, int64(at)*sector+i*int64(length), 128, 128)
			if err != nil {
				break
			}
			c := bin.Little(e, 0)
			c.Skip(32)
			first, last := c.U64(), c.U64()
			c.Skip(8)
			var u []uint16
			for range 36 {
				v := c.U16()
				if v == 0 {
					break
				}
				u = append(u, v)
			}
			if last >= first && last < 1<<40 {
				t.slices[string(utf16.Decode(u))] = slice{int64(first), int64(last) + 1}
			}
		}
		return t, true
	}
	return gpt{}, false
}
