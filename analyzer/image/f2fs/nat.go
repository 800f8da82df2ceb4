package f2fs

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Addresses of blocks that are none.
const (
	nullAddress     = 0
	newAddress      = 0xFFFFFFFF // room was set aside, nothing written
	compressAddress = 0xFFFFFFFE // a compressed cluster begins
)

const (
	natEntry     = 9  // bytes of struct f2fs_nat_entry: version, inode, address
	journalEntry = 13 // and the number of the node before it
	summaryEntry = 7
	footerSize   = 24 // of a node
	sumFooter    = 5
)

// stored reports whether an address is that of a block.
func stored(at uint32) bool { return at != nullAddress && at < compressAddress }

// readJournal reads the changes of the NAT that lie in the checkpoint: in the first block of compact summaries, or
// behind the entries of the first data summary. An error means that they could not be read.
func (v *volume) readJournal() error {
	p := &v.pack
	entries := v.blockSize / 8 // ENTRIES_IN_SUM
	size := v.blockSize - sumFooter - summaryEntry*entries
	at := (p.start + p.sums) << v.blockBits
	if p.flags&packCompactSums == 0 {
		// Summaries of data, and after unmounting those of nodes, three each, lie before the last block.
		back := int64(3)
		if p.flags&packUnmounted != 0 {
			back = 6
		}
		if p.blocks < back+1 {
			return image.Errorf(image.Malformed, p.start<<v.blockBits, "a checkpoint of %d blocks has no room for summaries", p.blocks)
		}
		at = (p.start+p.blocks-back-1)<<v.blockBits + summaryEntry*entries
	}
	raw, err := bin.ReadAt(v.r, v.size, at, size, v.blockSize)
	if err != nil {
		return err
	}
	c := bin.Little(raw, at)
	n := int(c.U16())
	if n*journalEntry > c.Len() {
		return image.Errorf(image.Malformed, at, "%d changes of the NAT in %d bytes", n, size)
	}
	v.journal = map[uint32]uint32{}
	for range n {
		nid := c.U32()
		c.Skip(5)
		if to := c.U32(); nid != 0 {
			// As in the kernel the first entry of a node counts.
			if _, twice := v.journal[nid]; !twice {
				v.journal[nid] = to
			}
		}
	}
	return nil
}

// lookup returns the block of a node. Each block of the NAT has two places, a segment apart; the checkpoint's
// bitmap says which one counts (current_nat_addr).
func (v *volume) lookup(nid uint32) (uint32, error) {
	if at, ok := v.journal[nid]; ok {
		return v.nodeBlock(nid, at)
	}
	perBlock := v.blockSize / natEntry
	n := int64(nid) / perBlock
	segment := n >> v.segmentBits
	if nid == 0 || segment >= v.natSegments/2 {
		return 0, image.Errorf(image.Malformed, v.address(uint32(v.nat)), "node %d of %d", nid, v.natSegments/2<<v.segmentBits*perBlock)
	}
	at := v.nat + segment<<v.segmentBits<<1 + n&(1<<v.segmentBits-1)
	if n>>3 < int64(len(v.pack.bitmap)) && v.pack.bitmap[n>>3]>>(7-n&7)&1 != 0 {
		at += 1 << v.segmentBits
	}
	raw, err := v.block(uint32(at))
	if err != nil {
		return 0, err
	}
	entry := raw[int64(nid)%perBlock*natEntry:]
	return v.nodeBlock(nid, binary.LittleEndian.Uint32(entry[5:]))
}

// nodeBlock checks that a node's address lies where nodes are.
func (v *volume) nodeBlock(nid, at uint32) (uint32, error) {
	if !stored(at) || int64(at) < v.main || int64(at) >= v.blocks {
		return 0, image.Errorf(image.Malformed, -1, "node %d lies in block %#x of %d", nid, at, v.blocks)
	}
	return at, nil
}

// node returns the block of a node and its number; it must not be changed. The footer has to name node and inode.
func (v *volume) node(nid, ino uint32) (raw []byte, at uint32, err error) {
	if at, err = v.lookup(nid); err != nil {
		return nil, 0, err
	}
	if raw, err = v.block(at); err != nil {
		return nil, 0, err
	}
	c := bin.Little(raw[v.blockSize-footerSize:], 0)
	if n, i := c.U32(), c.U32(); n != nid || i != ino {
		return nil, 0, image.Errorf(image.Malformed, v.address(at), "node %d of inode %d, and node %d of %d is wanted", n, i, nid, ino)
	}
	return raw, at, nil
}
