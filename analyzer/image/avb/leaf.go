package avb

import (
	"bytes"
	"context"
	"errors"
	"hash"

	"romscan/analyzer/image"
)

// leafHasher is what one worker keeps.
type leafHasher struct {
	h   hash.Hash
	buf []byte // several blocks of data
}

// hashLeaf fills out, block number leaf of the lowest level, with the digests of the data it covers.
func (t *tree) hashLeaf(ctx context.Context, w leafHasher, leaf int64, out []byte) error {
	clear(out)
	size := int64(t.d.DataBlockSize)
	block, last := leaf*t.perHash, min((leaf+1)*t.perHash, t.blocks)
	for slot := 0; block < last; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(last-block, int64(len(w.buf))/size)
		buf := w.buf[:n*size]
		want := min(int64(len(buf)), t.d.ImageSize-block*size)
		got, err := t.r.ReadAt(buf[:want], block*size)
		if int64(got) < want {
			var known *image.Error
			if errors.As(err, &known) {
				return err
			}
			return image.Errorf(image.Truncated, block*size+int64(got), "%s", cut(t.d.ImageSize, block*size+int64(got), err))
		}
		clear(buf[want:]) // a last block that is not full counts with zeros behind it
		for ; len(buf) > 0; buf = buf[size:] {
			t.digest(w.h, buf[:size], out[slot*t.width:])
			slot++
		}
		block += n
	}
	return nil
}

// digest writes the digest of a block, salt first, to out.
func (t *tree) digest(h hash.Hash, block, out []byte) {
	h.Reset()
	h.Write(t.d.Salt)
	h.Write(block)
	h.Sum(out[:0])
}

// addLeaf takes the leaf blocks in order. An image of one block of data has no tree: its digest is the root.
func (t *tree) addLeaf(leaf int64, block []byte) {
	if len(t.levels) == 0 {
		t.root = bytes.Clone(block[:newHash(t.d.Algorithm).Size()])
		return
	}
	t.levels[0].index = leaf
	copy(t.levels[0].block, block)
	t.emit(0)
}

// emit compares the full block of level n with the stored one and adds its digest to the level above.
func (t *tree) emit(n int) {
	l := &t.levels[n]
	t.compare(n, l)
	h := newHash(t.d.Algorithm)
	if n+1 == len(t.levels) {
		t.root = make([]byte, h.Size())
		t.digest(h, l.block, t.root)
	} else {
		up := &t.levels[n+1]
		t.digest(h, l.block, up.block[up.used:])
		if up.used += t.width; up.used == len(up.block) {
			t.emit(n + 1)
		}
	}
	clear(l.block)
	l.used = 0
	l.index++
}

// finish emits the blocks that are not full, from below.
func (t *tree) finish() {
	for n := 1; n < len(t.levels); n++ {
		if t.levels[n].used > 0 {
			t.emit(n)
		}
	}
}

// compare looks at the first block only that differs: what lies above it differs as well.
func (t *tree) compare(n int, l *level) {
	if !t.stored || t.differs >= 0 {
		return
	}
	at := t.offsets[n] + l.index*int64(len(l.block))
	stored := make([]byte, len(l.block))
	if got, _ := t.r.ReadAt(stored, at); got == len(stored) && bytes.Equal(stored, l.block) {
		return
	}
	t.differs, t.treeDiffers = at, at
	if n > 0 {
		return
	}
	for slot := range int(t.perHash) {
		block := l.index*t.perHash + int64(slot)
		if from := slot * t.width; block < t.blocks && !bytes.Equal(stored[from:from+t.width], l.block[from:from+t.width]) {
			t.differs = block * int64(t.d.DataBlockSize)
			return
		}
	}
}
