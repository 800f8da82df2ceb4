package ubifs

import (
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// content reads one file: nodes of up to 4 KiB; what no node holds is a hole.
type content struct {
	v      *volume
	size   int64
	blocks []block // in their order, each number once
}

// content puts the blocks of an inode into their order. Of two for one place the later one counts.
func (v *volume) content(i *inode, s *stat) *content {
	i.cut()
	slices.SortStableFunc(i.blocks, byNumber)
	out := i.blocks[:0]
	for k, b := range i.blocks {
		if k+1 == len(i.blocks) || i.blocks[k+1].number != b.number {
			out = append(out, b)
		}
	}
	i.blocks = slices.Clip(out)
	return &content{v: v, size: s.size, blocks: i.blocks}
}

// piece is the head of a data node.
type piece struct {
	at      int64 // of the data
	encoded int64
	size    int64
	codec   uint16
}

// piece reads the head of a data node.
func (v *volume) piece(p place) (piece, error) {
	if p.length < dataSize || p.length > maxNode {
		return piece{}, image.Errorf(image.Malformed, -1, "a data node of %d bytes", p.length)
	}
	off, err := v.at(p)
	if err != nil {
		return piece{}, err
	}
	raw, err := bin.ReadAt(v.r, v.size, off, dataSize, dataSize)
	if err != nil {
		return piece{}, err
	}
	c := bin.Little(raw, off)
	magic := c.U32()
	c.Seek(20)
	kind := c.U8()
	c.Seek(keyAt + 16)
	e := piece{at: off + dataSize, encoded: int64(p.length) - dataSize, size: int64(c.U32()), codec: c.U16()}
	if magic != nodeMagic || kind != typeData || e.size > blockSize || e.codec == codecNone && e.size > e.encoded {
		return piece{}, image.Errorf(image.Malformed, off, "no data node of up to %d bytes", blockSize)
	}
	return e, nil
}

// offset returns where a file lies that is in one node and not compressed, else -1.
func (c *content) offset() int64 {
	if len(c.blocks) != 1 || c.blocks[0].number != 0 || c.size > blockSize {
		return -1
	}
	e, err := c.v.piece(c.blocks[0].place)
	if err != nil || e.codec != codecNone || e.size < c.size {
		return -1
	}
	return e.at
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		number, skip := at/blockSize, at%blockSize
		k, ok := slices.BinarySearchFunc(c.blocks, block{number: uint32(number)}, byNumber)
		if !ok {
			next := int64(len(p))
			if k < len(c.blocks) {
				next = min(next, int64(c.blocks[k].number)*blockSize-off)
			}
			clear(p[done:next])
			done = int(next)
			continue
		}
		part := p[done:min(int64(len(p)), int64(done)+blockSize-skip)]
		if err := c.v.read(part, c.blocks[k].place, skip); err != nil {
			return done, err
		}
		done += len(part)
	}
	return len(p), tail
}

// read fills p from byte skip on of a node; behind its data are zeros.
func (v *volume) read(p []byte, at place, skip int64) error {
	e, err := v.piece(at)
	if err != nil {
		return err
	}
	n := min(int64(len(p)), max(e.size-skip, 0))
	clear(p[n:])
	if n == 0 {
		return nil
	}
	if e.codec == codecNone {
		if got, err := v.r.ReadAt(p[:n], e.at+skip); int64(got) < n {
			return err
		}
		return nil
	}
	data, err := v.decoded(at, e)
	if err != nil {
		return err
	}
	copy(p[:n], data[skip:])
	return nil
}
