package ubifs

import (
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	inodeSize  = 160 // struct ubifs_ino_node
	dataSize   = 48  // struct ubifs_data_node
	dentSize   = 56  // struct ubifs_dent_node
	indexSize  = 28  // struct ubifs_idx_node
	branchSize = 20
	blockSize  = 4096
	maxName    = 255
	maxNode    = inodeSize + blockSize // of those that tell of files

	keyAt    = nodeHeader
	hashBits = 29
)

// place is where a node lies.
type place struct {
	lnum, offs, length uint32
}

// key is a simple key: an inode, the type of what it finds, and a block number or the hash of a name.
type key struct {
	ino   uint32
	kind  uint32
	block uint32
}

func readKey(c *bin.Cursor) key {
	ino, word := c.U32(), c.U32()
	return key{ino, word >> hashBits, word & (1<<hashBits - 1)}
}

// at returns the byte position of a place, and an error where it is none or not there.
func (v *volume) at(p place) (int64, error) {
	off := int64(p.lnum)*v.leb + int64(p.offs)
	switch {
	case int64(p.lnum) >= v.lebs || p.length < nodeHeader || int64(p.offs)+int64(p.length) > v.leb:
		return 0, image.Errorf(image.Malformed, -1, "a node of %d bytes at %d in block %d", p.length, p.offs, p.lnum)
	case off+int64(p.length) > v.size:
		return 0, image.Errorf(image.Truncated, off, "a node of %d bytes", p.length)
	}
	return off, nil
}

// node reads a node that has to be of a type, and compares its checksum.
func (v *volume) node(p place, kind uint8) ([]byte, error) {
	off, err := v.at(p)
	if err != nil {
		return nil, err
	}
	raw, err := bin.ReadAt(v.r, v.size, off, int64(p.length), v.leb)
	if err != nil {
		return nil, err
	}
	n, ok := parseNode(raw)
	switch {
	case !ok || n.length != int64(p.length):
		return nil, image.Errorf(image.Malformed, off, "a node with a wrong checksum")
	case n.kind != kind:
		return nil, image.Errorf(image.Malformed, off, "a node of type %d, not %d", n.kind, kind)
	}
	return raw, nil
}

// header is struct ubifs_ch.
type header struct {
	sqnum  uint64
	length int64
	kind   uint8
}

// parseNode reads the node that raw begins with; ok is false where the checksum is wrong.
func parseNode(raw []byte) (h header, ok bool) {
	c := bin.Little(raw, 0)
	if c.U32() != nodeMagic {
		return h, false
	}
	stated := c.U32()
	h.sqnum, h.length, h.kind = c.U64(), int64(c.U32()), c.U8()
	if c.Err() != nil || h.length < nodeHeader || h.length > int64(len(raw)) {
		return h, false
	}
	return h, crc(raw[:h.length]) == stated
}

// found is a node met when a block is gone through.
type found struct {
	header
	place place
	raw   []byte // valid until the next
}

// scan goes through the nodes of a block from an offset on. What is no node is passed over.
func (v *volume) scan(lnum, from uint32, each func(found) error) error {
	if int64(lnum) >= v.lebs || int64(from) > v.leb {
		return image.Errorf(image.Malformed, -1, "no block %d has an offset %d", lnum, from)
	}
	start := int64(lnum) * v.leb
	have := min(v.leb, v.size-start)
	if have <= int64(from) {
		return nil
	}
	raw, err := bin.ReadAt(v.r, v.size, start, have, maxLEB)
	if err != nil {
		return err
	}
	for at := (int64(from) + 7) &^ 7; at+nodeHeader <= have; {
		h, ok := parseNode(raw[at:])
		if !ok {
			at += 8
			continue
		}
		n := found{h, place{lnum, uint32(at), uint32(h.length)}, raw[at : at+h.length]}
		if err := each(n); err != nil {
			return err
		}
		at += (h.length + 7) &^ 7
	}
	return nil
}
