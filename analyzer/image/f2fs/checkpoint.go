package f2fs

import (
	"encoding/binary"
	"fmt"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Flags of a checkpoint.
const (
	packUnmounted      = 0x0001
	packCompactSums    = 0x0004
	packError          = 0x0008
	packLargeNATBitmap = 0x0400
)

const (
	packHead    = 192 // bytes of struct f2fs_checkpoint before the bitmaps
	minPackSize = 2   // blocks: the first and the last
)

// pack is one checkpoint: which of the two copies of each NAT block counts, and where the journal is.
type pack struct {
	start     int64 // block
	version   uint64
	flags     uint32
	blocks    int64
	sums      int64  // block of the summaries, from start on
	sitBytes  int64  // of the SIT's bitmap
	natBytes  int64  // of the NAT's bitmap
	sumOffset int64  // of the checksum
	bitmap    []byte // of the NAT: most significant bit first
	trust     int    // see readPack
	err       error  // why it is not trusted fully
	suspect   error  // to be told although this pack is used
}

// How far a checkpoint is trusted.
const (
	unusable = iota
	plausible
	headValid // the checksum of the first block matches
	allValid  // and that of the last block, which has the same version
)

// packs reads both checkpoints.
func (v *volume) packs() [2]pack {
	return [2]pack{v.readPack(v.checkpoint), v.readPack(v.checkpoint + 1<<v.segmentBits)}
}

// openPack chooses the newer of the two checkpoints that can be trusted most.
func (v *volume) openPack() error {
	p := v.packs()
	if p[0].trust == unusable && p[1].trust == unusable {
		return p[0].err
	}
	best, other := p[0], p[1]
	// Versions wrap around.
	if other.trust > best.trust || other.trust == best.trust && int64(other.version-best.version) > 0 {
		best, other = other, best
	}
	switch {
	case best.trust < allValid:
		best.suspect = best.err
	case best.flags&packError != 0:
		best.suspect = image.Errorf(image.Malformed, best.start<<v.blockBits, "the checkpoint says that the filesystem has errors")
	case best.flags&packUnmounted == 0:
		best.suspect = image.Errorf(image.Unsupported, best.start<<v.blockBits, "the filesystem was not unmounted: the last changes may be missing")
	}
	v.pack = best
	return v.readBitmap()
}

// readPack reads the first and the last block of a checkpoint.
func (v *volume) readPack(start int64) pack {
	p := pack{start: start}
	at := start << v.blockBits
	raw, err := bin.ReadAt(v.r, v.size, at, v.blockSize, v.blockSize)
	if err != nil {
		p.err = err
		return p
	}
	c := bin.Little(raw, at)
	p.version = c.U64()
	c.Seek(132)
	p.flags, p.blocks, p.sums = c.U32(), int64(c.U32()), int64(c.U32())
	c.Skip(12)
	p.sitBytes, p.natBytes = int64(c.U32()), int64(c.U32())
	p.sumOffset = int64(c.U32())
	if p.version == 0 || p.blocks < minPackSize || p.blocks > 1<<v.segmentBits || p.sums >= p.blocks ||
		p.natBytes > (1+v.payload)<<v.blockBits || p.sitBytes > (1+v.payload)<<v.blockBits {
		p.err = image.Errorf(image.Malformed, at, "no checkpoint: %d blocks with summaries at %d, NAT bitmap of %d bytes", p.blocks, p.sums, p.natBytes)
		return p
	}
	p.trust = plausible
	if p.err = v.checkPack(raw, at, p.sumOffset); p.err != nil {
		return p
	}
	p.trust = headValid
	last := (start + p.blocks - 1) << v.blockBits
	if raw, p.err = bin.ReadAt(v.r, v.size, last, v.blockSize, v.blockSize); p.err != nil {
		return p
	}
	if version := bin.Little(raw, last).U64(); version != p.version {
		p.err = image.Errorf(image.Malformed, last, "the checkpoint begins with version %x and ends with %x", p.version, version)
		return p
	}
	if p.err = v.checkPack(raw, last, p.sumOffset); p.err == nil {
		p.trust = allValid
	}
	return p
}

// checkPack compares the checksum of a checkpoint's block, of all bytes but itself (f2fs_checkpoint_chksum).
func (v *volume) checkPack(raw []byte, at, offset int64) error {
	if offset < packHead || offset > v.blockSize-4 {
		return image.Errorf(image.Malformed, at, "the checkpoint's checksum lies at %d", offset)
	}
	want := binary.LittleEndian.Uint32(raw[offset:])
	got := checksum(superMagic, raw[:offset])
	if offset < v.blockSize-4 {
		got = checksum(got, raw[offset+4:])
	}
	if got != want {
		return image.Errorf(image.Malformed, at+offset, "the checkpoint's checksum is %08x, not %08x", got, want)
	}
	return nil
}

// readBitmap reads the bitmap of the NAT; where it lies has changed twice (__bitmap_ptr).
func (v *volume) readBitmap() error {
	p := &v.pack
	at := p.start<<v.blockBits + packHead
	switch {
	case p.flags&packLargeNATBitmap != 0:
		if p.sumOffset == packHead {
			at += 4
		}
	case v.payload == 0:
		at += p.sitBytes
	}
	var err error
	p.bitmap, err = bin.ReadAt(v.r, v.size, at, p.natBytes, (1+v.payload)<<v.blockBits)
	if err != nil {
		return fmt.Errorf("the NAT's bitmap: %w", err)
	}
	return nil
}
