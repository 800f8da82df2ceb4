package ext4

import (
	"encoding/binary"
	"fmt"

	"romscan/analyzer/image"
)

// Offsets and sizes of the checksums inside of blocks (fs/ext4/ext4.h, ext4_extents.h, xattr.h).
const (
	dirTailSize   = 12 // struct ext4_dir_entry_tail: as an entry without inode and name, of type 0xDE
	dirTailType   = 0xDE
	hashTailSize  = 8 // struct dx_tail
	hashEntry     = 8 // struct dx_entry
	xattrSum      = 16
	flagHashTree  = 0x1000 // EXT4_INDEX_FL
	maxBlockRatio = 2
)

// blockSums compares the checksums of blocks that belong to inodes: of directories, extent trees and attributes.
type blockSums struct {
	*checker
	dirs, extents, xattrs tally
	seen                  visited // blocks of attributes, which inodes share
	left                  int64   // bytes to be looked at: an honest image has each block once
}

func (c *checker) newBlockSums() *blockSums {
	return &blockSums{
		checker: c, seen: visited{}, left: maxBlockRatio * c.size,
		dirs: tally{what: "directory block crc32c"}, extents: tally{what: "extent block crc32c"}, xattrs: tally{what: "attribute block crc32c"},
	}
}

func (b *blockSums) checks() []image.Check {
	return append(append(b.dirs.checks(), b.extents.checks()...), b.xattrs.checks()...)
}

// read returns a block, nil where there is none, which t then tells.
func (b *blockSums) read(block int64, t *tally) []byte {
	if b.left -= b.blockSize; b.left < 0 {
		t.unreadable = image.Errorf(image.Malformed, -1, "more than %d times the image", maxBlockRatio)
		return nil
	}
	raw, err := b.block(block)
	if err != nil {
		t.unreadable = err
		return nil
	}
	return raw
}

// compare tells t of one checksum.
func (b *blockSums) compare(t *tally, i *inode, block int64, stated, found uint32) {
	t.add(stated == found, b.blockSize, block<<b.blockBits, fmt.Sprintf("inode %d, block %d: %08x stated, %08x found", i.num, block, stated, found))
}

// inode compares all blocks of one inode in use.
func (b *blockSums) inode(i *inode) {
	number := binary.LittleEndian.AppendUint32(nil, i.num)
	seed := b.update(b.update(b.seed, number), i.raw[inodeGen:inodeGen+4])
	if i.xattr != 0 && b.seen.enter(i.xattr) == nil {
		b.xattr(i)
	}
	if i.flags&flagInline != 0 {
		return
	}
	if i.flags&flagExtents != 0 {
		b.node(i, seed, i.body(), i.offset+inodeBlock, noDepth, visited{})
	}
	if i.isDir() {
		b.dir(i, seed)
	}
}

// xattr compares the block of attributes (ext4_xattr_block_csum): its number goes in, as 64 bits, and no inode.
func (b *blockSums) xattr(i *inode) {
	raw := b.read(i.xattr, &b.xattrs)
	if raw == nil {
		return
	}
	crc := b.update(b.seed, binary.LittleEndian.AppendUint64(nil, uint64(i.xattr)))
	crc = b.update(b.update(crc, raw[:xattrSum]), make([]byte, 4))
	b.compare(&b.xattrs, i, i.xattr, binary.LittleEndian.Uint32(raw[xattrSum:]), b.update(crc, raw[xattrSum+4:]))
}

// node goes down an extent tree (ext4_extent_block_csum). A node's checksum follows the room for its entries; the one
// in the inode has none. What is no tree the reader of the file tells.
func (b *blockSums) node(i *inode, seed uint32, raw []byte, at int64, depth int, seen visited) {
	h, err := extentHeader(raw, at)
	if err != nil || depth != noDepth && h.depth != depth || h.depth == 0 {
		return
	}
	for k := range h.entries {
		block := indexBlock(raw[extentLen*(k+1):])
		if seen.enter(block) != nil {
			return
		}
		child := b.read(block, &b.extents)
		if child == nil {
			continue
		}
		if tail := extentLen * (1 + int(binary.LittleEndian.Uint16(child[4:]))); tail+4 <= len(child) {
			b.compare(&b.extents, i, block, binary.LittleEndian.Uint32(child[tail:]), b.update(seed, child[:tail]))
		} else {
			b.extents.add(false, b.blockSize, block<<b.blockBits, fmt.Sprintf("inode %d, block %d: no room for a checksum", i.num, block))
		}
		b.node(i, seed, child, block<<b.blockBits, h.depth-1, seen)
	}
}

// dir compares the blocks of a directory.
func (b *blockSums) dir(i *inode, seed uint32) {
	l := b.layout(i)
	for _, r := range l.runs {
		for pos := r.pos; r.at >= 0 && pos < min(r.pos+r.length, i.size); pos += b.blockSize {
			block := (r.at + pos - r.pos) >> b.blockBits
			raw := b.read(block, &b.dirs)
			if raw == nil {
				if b.left < 0 {
					return
				}
				continue
			}
			stated, found, ok := b.hashNode(i, seed, raw)
			if !ok {
				stated, found, ok = b.entries(seed, raw)
			}
			if ok {
				b.compare(&b.dirs, i, block, stated, found)
			} else {
				b.dirs.add(false, b.blockSize, block<<b.blockBits, fmt.Sprintf("inode %d, block %d: no checksum where one is due", i.num, block))
			}
		}
	}
}

// entries is the checksum of a block of entries, which its last looks like an entry to hold (ext4_dirblock_csum).
func (b *blockSums) entries(seed uint32, raw []byte) (stated, found uint32, ok bool) {
	le, tail := binary.LittleEndian, raw[len(raw)-dirTailSize:]
	if le.Uint32(tail) != 0 || le.Uint16(tail[4:]) != dirTailSize || tail[6] != 0 || tail[7] != dirTailType {
		return 0, 0, false
	}
	return le.Uint32(tail[8:]), b.update(seed, raw[:len(raw)-dirTailSize]), true
}

// hashNode is the checksum of a node of a hash tree (ext4_dx_csum): over what precedes the entries, those in use, and
// the tail behind the room for all. ok is false for blocks that are no node.
func (b *blockSums) hashNode(i *inode, seed uint32, raw []byte) (stated, found uint32, ok bool) {
	if i.flags&flagHashTree == 0 {
		return 0, 0, false
	}
	le, first := binary.LittleEndian, 0
	length := func(at int) int { return int(le.Uint16(raw[at+4:])) }
	whole := func(n, of int) bool { return n == of || of == 1<<16 && (n == 0 || n == 1<<16-1) }
	switch {
	case le.Uint32(raw) == 0 && whole(length(0), len(raw)): // an inner node: one entry without a name, then the hashes
		first = 8
	case length(0) == 12 && length(12)+12 == len(raw) && le.Uint32(raw[24:]) == 0 && raw[29] == 8: // the root: . and .., then its own header
		first = 32
	default:
		return 0, 0, false
	}
	limit, count := int(le.Uint16(raw[first:])), int(le.Uint16(raw[first+2:]))
	tail := first + limit*hashEntry
	if count > limit || tail > len(raw)-hashTailSize {
		return 0, 0, false
	}
	crc := b.update(b.update(seed, raw[:first+count*hashEntry]), raw[tail:tail+4])
	return le.Uint32(raw[tail+4:]), b.update(crc, make([]byte, 4)), true
}
