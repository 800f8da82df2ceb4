package blockota

import (
	"io"
	"sort"

	"romscan/analyzer/image"
)

// view is the partition: an address translation over new.dat and the base, and what commands make. It is safe for
// concurrent use.
type view struct {
	data     section // new.dat
	old      section // the base
	patches  section // patch.dat
	size     int64
	pieces   []piece
	rest     origin // of blocks in no piece
	commands []*command
	budget   *image.Budget
}

// section is bytes of a known number; r is nil where they cannot be read.
type section struct {
	r    io.ReaderAt
	size int64
}

// ReadAt implements [io.ReaderAt]. At a block that cannot be had it stops, with an error that says why.
func (v *view) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	var tail error
	if int64(len(p)) > v.size-off {
		p, tail = p[:v.size-off], io.EOF
	}
	if n, err := v.read(v.pieces, v.rest, p, off); err != nil {
		return n, err
	}
	return len(p), tail
}

// read reads what pieces say lies at off; blocks in none of them come from rest.
func (v *view) read(pieces []piece, rest origin, p []byte, off int64) (int, error) {
	k := sort.Search(len(pieces), func(i int) bool { return int64(pieces[i].end())*blockSize > off })
	for done := 0; done < len(p); {
		at := off + int64(done)
		from, end, where := rest, off+int64(len(p)), at
		if k < len(pieces) {
			s := pieces[k]
			if start := int64(s.at) * blockSize; at < start {
				end = min(end, start)
			} else {
				from, where = s.origin, int64(s.from)*blockSize+at-start
				end = min(end, int64(s.end())*blockSize)
				k++
			}
		}
		n, err := v.origin(from, p[done:done+int(end-at)], where)
		done += n
		if err != nil {
			return done, err
		}
	}
	return len(p), nil
}

// origin fills p with what lies at off of an origin.
func (v *view) origin(from origin, p []byte, off int64) (int, error) {
	block := off / blockSize
	switch from {
	case zeros:
		clear(p)
		return len(p), nil
	case lost:
		return 0, image.Errorf(image.Malformed, -1, "a command that is not understood makes this block")
	case fresh:
		if v.data.r == nil {
			return 0, image.Errorf(image.Unreadable, -1, "block %d of new.dat", block)
		}
		return full(v.data.r, p, off)
	case base:
		if v.old.r == nil {
			return 0, image.Errorf(image.Unsupported, -1, "block %d comes from the image before the update", block)
		}
		if off+int64(len(p)) > v.old.size {
			return 0, image.Errorf(image.Truncated, -1, "block %d of the base, which has %d bytes", block, v.old.size)
		}
		return full(v.old.r, p, off)
	}
	c := v.commands[from]
	if c.name == "move" {
		if err := v.compare(c); err != nil {
			return 0, err
		}
		return v.read(c.source.pieces, lost, p, off)
	}
	data, err := v.made(from)
	if err != nil {
		return 0, err
	}
	return copy(p, data[off:]), nil
}

// full reads all of p, or says why not.
func full(r io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// concat reads the parts of new.dat one after the other.
type concat struct {
	parts []image.Part
	size  int64
}

// ReadAt implements [io.ReaderAt].
func (c concat) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for _, part := range c.parts {
		if off >= part.Size {
			off -= part.Size
			continue
		}
		n, err := part.ReadAt(p[done:done+int(min(part.Size-off, int64(len(p)-done)))], off)
		done += n
		if done == len(p) {
			return done, nil
		}
		if err != nil && err != io.EOF {
			return done, err
		}
		off = 0
	}
	return done, io.EOF
}
