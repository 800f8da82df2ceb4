package ubifs

import (
	"cmp"
	"maps"
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// change is a node of the journal.
type change struct {
	header
	place place
}

// journal replays what was written after the index was (fs/ubifs/replay.c). The log says which blocks that is in.
func (t *tree) journal(m master) error {
	buds := map[uint32]uint32{} // block -> where the journal begins in it
	var start uint64            // sequence number of the commit
	begun, stale := false, false
	if int64(m.log) < logLEB || int64(m.log) >= logLEB+t.logLEBs {
		return image.Errorf(image.Malformed, masterLEB*t.leb, "the log begins in block %d", m.log)
	}
	for k := int64(0); k < t.logLEBs && !stale; k++ {
		lnum := logLEB + (int64(m.log)-logLEB+k)%t.logLEBs
		nodes := 0
		err := t.scan(uint32(lnum), 0, func(n found) error {
			nodes++
			c := bin.Little(n.raw, 0)
			c.Skip(nodeHeader)
			switch {
			case n.kind == typePadding: // mkfs.ubifs gives it no number
			case stale || n.sqnum < start:
				stale = true // what is left of an older log
			case n.kind == typeCommitStart && c.U64() == m.commit && !begun:
				begun, start = true, n.sqnum
			case n.kind == typeReference && begun:
				bud, offs := c.U32(), c.U32()
				if old, met := buds[bud]; !met || offs < old {
					buds[bud] = offs
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if nodes == 0 {
			break
		}
	}
	if !begun {
		t.Miss("", image.Errorf(image.Malformed, int64(m.log)*t.leb, "the log does not begin with commit %d: what was written last is not known", m.commit))
		return nil
	}
	return t.replay(buds)
}

// rebuild takes all nodes there are for a journal.
func (t *tree) rebuild() error {
	t.reset()
	all := map[uint32]uint32{}
	for lnum := int64(logLEB); lnum < min(t.lebs, (t.size+t.leb-1)/t.leb); lnum++ {
		all[uint32(lnum)] = 0
	}
	return t.replay(all)
}

// replay applies the nodes of these blocks in the order they were written in.
func (t *tree) replay(buds map[uint32]uint32) error {
	var changes []change
	for _, lnum := range slices.Sorted(maps.Keys(buds)) {
		err := t.scan(lnum, buds[lnum], func(n found) error {
			if n.kind > typeTruncation {
				return nil
			}
			if t.entries++; n.kind != typeTruncation && n.length > maxNode {
				return nil
			}
			changes = append(changes, change{n.header, n.place})
			return t.budget.CheckMemory(t.entries * entryBytes)
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.sqnum, b.sqnum) })
	for k, c := range changes {
		if err := t.apply(c, k+1); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) apply(n change, order int) error {
	head := n.place
	if n.kind == typeData {
		head.length = min(head.length, dataSize) // its checksum was compared when the block was gone through
	}
	off, err := t.at(head)
	if err != nil {
		return err
	}
	raw, err := bin.ReadAt(t.r, t.size, off, int64(head.length), t.leb)
	if err != nil {
		return err
	}
	t.good += n.length
	c := bin.Little(raw, 0)
	c.Skip(keyAt)
	switch n.kind {
	case typeTruncation:
		ino := c.U32()
		c.Skip(12 + 8)
		t.truncate(ino, c.U64(), order)
	case typeDent, typeXent:
		if k := readKey(c); k.kind == uint32(n.kind) {
			t.name(k, n.place, raw)
		}
	case typeData:
		k := readKey(c)
		i := t.inode(k.ino)
		i.blocks = append(i.blocks, block{k.block, order, n.place})
	case typeInode:
		k := readKey(c)
		c.Seek(nlinkAt)
		if i := t.inode(k.ino); c.U32() == 0 { // it was deleted
			i.place = place{}
			t.truncate(k.ino, 0, order)
		} else {
			i.place = n.place
		}
	}
	return nil
}

// truncate takes away the blocks that lie behind a size.
func (t *tree) truncate(ino uint32, size uint64, order int) {
	if i := t.inodes[ino]; i != nil {
		i.cuts = append(i.cuts, cut{order, (min(size, maxSize) + blockSize - 1) / blockSize})
	}
}

// cut drops the blocks that were cut off after they had been written.
func (i *inode) cut() {
	for k := len(i.cuts) - 2; k >= 0; k-- { // the lowest of those that follow counts
		i.cuts[k].first = min(i.cuts[k].first, i.cuts[k+1].first)
	}
	i.blocks = slices.DeleteFunc(i.blocks, func(b block) bool {
		k, _ := slices.BinarySearchFunc(i.cuts, b.order, func(c cut, order int) int { return cmp.Compare(c.order, order) })
		return k < len(i.cuts) && uint64(b.number) >= i.cuts[k].first
	})
}
