package ubi

import (
	"cmp"
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// blockBytes is the memory a block costs, for the budget.
const blockBytes = 192

// block is a physical erase block that holds a part of a volume.
type block struct {
	at int64
	vidHeader
}

// attach reads the headers of all blocks.
func (f *flash) attach(h ecHeader) error {
	if rest := f.have % f.block; rest != 0 {
		f.Miss("", image.Errorf(image.Truncated, f.have, "the last erase block has %d of %d bytes", rest, f.block))
	}
	var foreign, stray, strayAt int64
	for at := int64(0); at < f.have; at += f.block {
		if f.have-at < f.data {
			break
		}
		raw, err := bin.ReadAt(f.r, f.have, at, headerSize, headerSize)
		if err != nil {
			return err
		}
		ec, ok := parseEC(raw)
		switch {
		case ok && ec.sequence != h.sequence && ec.sequence != 0 && h.sequence != 0:
			foreign++
			continue
		case ok:
			f.good++
		case erased(raw):
			continue
		default:
			if stray++; stray == 1 {
				strayAt = at
			}
			f.spoil(at, "erase counter header")
		}
		if err := f.vidAt(at, ok); err != nil {
			return err
		}
	}
	if stray > 0 {
		f.Miss("", image.Errorf(image.Malformed, strayAt, "%d erase blocks begin with no header of UBI", stray))
	}
	if foreign > 0 {
		f.Miss("", image.Errorf(image.Malformed, -1, "%d erase blocks are of another image", foreign))
	}
	return nil
}

// vidAt reads the second header of a block. A block without a proper first one may still have it.
func (f *flash) vidAt(at int64, counted bool) error {
	raw, err := bin.ReadAt(f.r, f.have, at+f.vid, headerSize, headerSize)
	if err != nil {
		return err
	}
	h, ok := parseVID(raw)
	switch {
	case ok:
		f.good++
		f.blocks = append(f.blocks, block{at, h})
	case counted && !erased(raw):
		f.Miss("", image.Errorf(image.Malformed, at+f.vid, "an erase block whose volume header has a wrong checksum"))
		f.spoil(at+f.vid, "volume header")
	}
	return nil
}

// maxBad is how many wrong headers Verify tells one by one.
const maxBad = 1000

func (f *flash) spoil(at int64, what string) {
	if len(f.bad) < maxBad {
		f.bad = append(f.bad, image.Check{What: "ubi header crc32", Outcome: image.Mismatched, Offset: at, Detail: what})
	}
}

// choose returns, of the blocks of one volume, those that count, by logical block: of several the one that was
// written last, unless it is a copy that did not get finished (drivers/mtd/ubi/attach.c, ubi_compare_lebs).
func (f *flash) choose(blocks []block) map[uint32]block {
	slices.SortStableFunc(blocks, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.lnum, b.lnum), cmp.Compare(b.sqnum, a.sqnum))
	})
	out := make(map[uint32]block, len(blocks))
	for k, b := range blocks {
		if _, met := out[b.lnum]; met {
			continue
		}
		older := k+1 < len(blocks) && blocks[k+1].lnum == b.lnum
		if older && b.copied && f.matches(b) != nil {
			continue
		}
		out[b.lnum] = b
	}
	return out
}

// matches compares the data of a block with its checksum.
func (f *flash) matches(b block) error {
	raw, err := bin.ReadAt(f.r, f.have, b.at+f.data, b.dataSize, f.block-f.data)
	if err != nil {
		return err
	}
	if found := crc(raw); found != b.dataCRC {
		return image.Errorf(image.Malformed, b.at+f.data, "crc32 %08x stated, %08x found", b.dataCRC, found)
	}
	return nil
}
