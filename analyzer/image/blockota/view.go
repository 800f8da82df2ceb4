package blockota

import (
	"io"
	"sort"

	"romscan/analyzer/image"
)

// view is the partition: an address translation over new.dat. It is safe for concurrent use.
type view struct {
	data     io.ReaderAt
	size     int64
	segments []segment
}

// ReadAt implements [io.ReaderAt]. What no command writes reads as zeros.
func (v *view) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	i := sort.Search(len(v.segments), func(i int) bool { return v.segments[i].at+v.segments[i].length > off })
	done := 0
	for done < len(p) && off+int64(done) < v.size {
		at := off + int64(done)
		for i < len(v.segments) && v.segments[i].at+v.segments[i].length <= at {
			i++
		}
		end := v.size
		if i < len(v.segments) {
			end = v.segments[i].at
		}
		if at < end { // between segments
			n := min(int64(len(p)-done), end-at)
			clear(p[done : done+int(n)])
			done += int(n)
			continue
		}
		n, err := v.segment(&v.segments[i], p[done:], at)
		done += n
		if err != nil {
			return done, err
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// segment reads as much of one segment as p takes.
func (v *view) segment(s *segment, p []byte, at int64) (int, error) {
	p = p[:min(int64(len(p)), s.at+s.length-at)]
	switch s.from {
	case zeros:
		clear(p)
		return len(p), nil
	case base:
		return 0, image.Errorf(image.Unsupported, at, "block %d comes from the image before the update", at/blockSize)
	}
	n, err := v.data.ReadAt(p, s.from+at-s.at)
	if n < len(p) && (err == nil || err == io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if n == len(p) {
		err = nil
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
