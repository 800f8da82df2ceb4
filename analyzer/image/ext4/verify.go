package ext4

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// mounted is an opened filesystem and its index.
type mounted struct {
	*image.Index
	v *volume
}

// Features that checksums come with (fs/ext4/ext4.h).
const (
	incompatCsumSeed = 0x2000
	roCompatGDTCsum  = 0x10
	roCompatMetaCsum = 0x400
)

// Offsets of what is computed over, and of the checksums themselves.
const (
	superUUID     = 0x68
	superSeed     = 0x270
	superChecksum = 0x3FC
	descChecksum  = 0x1E
	descFlags     = 0x12
	inodeUninit   = 0x1 // bg_flags: the inode table was never written
	inodeLinks    = 0x1A
	inodeGen      = 0x64
	inodeSumLow   = 0x7C
	inodeSumHigh  = 0x82
)

// maxMismatches bounds the mismatches told one by one.
const maxMismatches = 100

// Verify implements [image.Verifier]: the checksums of the superblock, of group descriptors, of inodes and of the blocks
// of directories, extents and attributes, where the filesystem has them; Android's own mostly do not. Content has none.
func (m *mounted) Verify(ctx context.Context, yield func(image.Check) bool) {
	if m.v.ro&(roCompatMetaCsum|roCompatGDTCsum) == 0 {
		return
	}
	c, err := m.v.newChecker()
	if err != nil {
		yield(image.Check{What: "metadata checksums", Outcome: image.Unverified, Offset: superOffset, Detail: err.Error()})
		return
	}
	if c.crc32 && !yield(c.super()) {
		return
	}
	for _, sum := range []func(context.Context) []image.Check{c.descriptors, c.inodes} {
		for _, k := range sum(ctx) {
			if !yield(k) || ctx.Err() != nil {
				return
			}
		}
	}
}

// checker computes the checksums of one filesystem.
type checker struct {
	*volume
	raw   []byte // the superblock
	crc32 bool   // metadata_csum; else crc16 over group descriptors only
	seed  uint32
	table *crc32.Table
}

func (v *volume) newChecker() (*checker, error) {
	raw, err := bin.ReadAt(v.r, v.size, superOffset, superSize, superSize)
	if err != nil {
		return nil, err
	}
	c := &checker{volume: v, raw: raw, crc32: v.ro&roCompatMetaCsum != 0, table: crc32.MakeTable(crc32.Castagnoli)}
	c.seed = c.update(^uint32(0), raw[superUUID:superUUID+16])
	if v.incompat&incompatCsumSeed != 0 {
		c.seed = binary.LittleEndian.Uint32(raw[superSeed:])
	}
	return c, nil
}

// update is crc32c as the kernel chains it: without the complements at both ends.
func (c *checker) update(crc uint32, b []byte) uint32 { return ^crc32.Update(^crc, c.table, b) }

func (c *checker) super() image.Check {
	k := image.Check{What: "superblock crc32c", Outcome: image.Matched, Bytes: superChecksum, Offset: superOffset + superChecksum}
	stated, found := binary.LittleEndian.Uint32(c.raw[superChecksum:]), c.update(^uint32(0), c.raw[:superChecksum])
	if stated != found {
		k.Outcome, k.Detail = image.Mismatched, fmt.Sprintf("%08x stated, %08x found", stated, found)
	}
	return k
}

// tally gathers checks of one kind: one match for all that are right, a mismatch for each that is not.
type tally struct {
	what       string
	n, size    int64
	bad        []image.Check
	unreadable error
}

func (t *tally) add(ok bool, size, at int64, detail string) {
	if ok {
		t.n++
		t.size += size
	} else if len(t.bad) < maxMismatches {
		t.bad = append(t.bad, image.Check{What: t.what, Outcome: image.Mismatched, Bytes: size, Offset: at, Detail: detail})
	}
}

func (t *tally) checks() []image.Check {
	out := t.bad
	if t.n > 0 {
		out = append(out, image.Check{What: t.what, Outcome: image.Matched, Bytes: t.size, Offset: -1, Detail: fmt.Sprintf("%d of them", t.n)})
	}
	if t.unreadable != nil {
		out = append(out, image.Check{What: t.what, Outcome: image.Unverified, Offset: -1, Detail: t.unreadable.Error()})
	}
	return out
}

func (c *checker) groups() int64 {
	return min((c.blocks-c.firstDataBlock+c.blocksPerGroup-1)/c.blocksPerGroup, (int64(c.volume.inodes)-1)/int64(c.inodesPerGroup)+1)
}

// descriptors compares the 16 bits that each group descriptor ends its first half with.
func (c *checker) descriptors(ctx context.Context) []image.Check {
	t := &tally{what: "group descriptor crc16"}
	if c.crc32 {
		t.what = "group descriptor crc32c"
	}
	for g := range c.groups() {
		if ctx.Err() != nil {
			break
		}
		d, at, err := c.descriptor(g)
		if err != nil {
			t.unreadable = err
			break
		}
		stated, found := binary.LittleEndian.Uint16(d[descChecksum:]), c.descriptorSum(g, d)
		t.add(stated == found, int64(len(d)), at, fmt.Sprintf("group %d: %04x stated, %04x found", g, stated, found))
	}
	return t.checks()
}

func (c *checker) descriptorSum(group int64, d []byte) uint16 {
	number := binary.LittleEndian.AppendUint32(nil, uint32(group))
	if c.crc32 {
		crc := c.update(c.update(c.seed, number), d[:descChecksum])
		return uint16(c.update(c.update(crc, []byte{0, 0}), d[descChecksum+2:]))
	}
	crc := crc16(crc16(crc16(0xFFFF, c.raw[superUUID:superUUID+16]), number), d[:descChecksum])
	return crc16(crc, d[descChecksum+2:])
}

// crc16 is CRC-16/ARC, bit by bit: descriptors are few.
func crc16(crc uint16, b []byte) uint16 {
	for _, x := range b {
		crc ^= uint16(x)
		for range 8 {
			low := crc & 1
			if crc >>= 1; low != 0 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

// inodes compares the checksum of every inode in use, and those of the blocks that belong to it.
func (c *checker) inodes(ctx context.Context) []image.Check {
	t := &tally{what: "inode crc32c"}
	if !c.crc32 {
		return nil
	}
	blocks := c.newBlockSums()
	for g := int64(0); g < c.groups() && ctx.Err() == nil && t.unreadable == nil; g++ {
		d, _, err := c.descriptor(g)
		if err != nil {
			t.unreadable = err
			break
		}
		if binary.LittleEndian.Uint16(d[descFlags:])&inodeUninit == 0 {
			t.unreadable = c.oneTable(ctx, g, t, blocks)
		}
	}
	return append(t.checks(), blocks.checks()...)
}

// oneTable compares the inodes of one group.
func (c *checker) oneTable(ctx context.Context, g int64, t *tally, blocks *blockSums) error {
	start, err := c.inodeTable(g)
	if err != nil {
		return err
	}
	length := int64(c.inodesPerGroup) * c.inodeSize
	in := io.NewSectionReader(c.r, start<<c.blockBits, length)
	buf := make([]byte, min(length, 1<<20)/c.inodeSize*c.inodeSize)
	for done := int64(0); done < length; {
		part := buf[:min(int64(len(buf)), length-done)]
		if _, err := io.ReadFull(in, part); err != nil {
			return image.Errorf(image.Truncated, start<<c.blockBits+done, "inode table of group %d: %v", g, err)
		}
		for at := int64(0); at < int64(len(part)); at += c.inodeSize {
			num := uint32(g)*c.inodesPerGroup + uint32((done+at)/c.inodeSize) + 1
			raw, off := part[at:at+c.inodeSize], start<<c.blockBits+done+at
			if !inUse(raw) {
				continue
			}
			c.inodeSum(num, raw, off, t)
			if i, err := c.parseInode(num, off, raw); err == nil && ctx.Err() == nil {
				blocks.inode(i)
			}
		}
		done += int64(len(part))
	}
	return nil
}

// inUse reports whether an inode has a mode and links.
func inUse(raw []byte) bool {
	return binary.LittleEndian.Uint16(raw) != 0 && binary.LittleEndian.Uint16(raw[inodeLinks:]) != 0
}

func (c *checker) inodeSum(num uint32, raw []byte, at int64, t *tally) {
	le := binary.LittleEndian
	wide := len(raw) > inodeExtra && le.Uint16(raw[inodeExtra:]) >= inodeSumHigh+2-inodeExtra
	stated := uint32(le.Uint16(raw[inodeSumLow:]))
	b := bytes.Clone(raw)
	clear(b[inodeSumLow : inodeSumLow+2])
	if wide {
		stated |= uint32(le.Uint16(raw[inodeSumHigh:])) << 16
		clear(b[inodeSumHigh : inodeSumHigh+2])
	}
	crc := c.update(c.update(c.seed, le.AppendUint32(nil, num)), raw[inodeGen:inodeGen+4])
	found := c.update(crc, b)
	if !wide {
		found &= 0xFFFF
	}
	t.add(stated == found, int64(len(raw)), at, fmt.Sprintf("inode %d: %08x stated, %08x found", num, stated, found))
}
