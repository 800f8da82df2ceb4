package ext4

import (
	"io"
	"sort"

	"romscan/analyzer/image"
)

// run is a stretch of a file that lies in one piece in the image, or is a hole. All in bytes.
type run struct {
	pos, length int64 // in the file
	at          int64 // in the image; -1 for blocks that read as zeros
}

const runSize = 24 // bytes of memory a run takes

// layout is where a file's bytes are, in ascending order and without overlap; what no run covers is zeros.
type layout struct {
	runs []run
	// A map that breaks off is good up to limit; reading on gives err. Both zero for a whole map.
	limit int64
	err   error
}

// add appends a stretch, joining it with the last where both files' and image's bytes go on.
func (l *layout) add(n run, budget *image.Budget) error {
	if k := len(l.runs) - 1; k >= 0 {
		last := &l.runs[k]
		if n.pos < last.pos+last.length {
			return image.Errorf(image.Malformed, -1, "blocks of file offset 0x%x are mapped twice", n.pos)
		}
		if n.pos == last.pos+last.length && n.at == last.at+last.length {
			last.length += n.length
			return nil
		}
	}
	if err := budget.CheckMemory(16 * runSize * int64(len(l.runs))); err != nil {
		return err
	}
	l.runs = append(l.runs, n)
	return nil
}

// end is the first file offset behind all runs.
func (l *layout) end() int64 {
	if len(l.runs) == 0 {
		return 0
	}
	last := l.runs[len(l.runs)-1]
	return last.pos + last.length
}

// content reads a file through its layout.
type content struct {
	layout
	r     io.ReaderAt
	size  int64 // of the file
	image int64 // size of the image
}

// ReadAt implements [io.ReaderAt]: one read of the image for each run touched.
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.size)
	if err != nil {
		return 0, err
	}
	if c.err != nil && off+int64(len(p)) > c.limit {
		p, tail = p[:max(c.limit-off, 0)], c.err
	}
	k := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].pos+c.runs[i].length > off })
	done := 0
	for done < len(p) {
		here := off + int64(done)
		rest := p[done:]
		switch {
		case k == len(c.runs):
			clear(rest)
			done = len(p)
		case here < c.runs[k].pos: // a hole
			n := min(int64(len(rest)), c.runs[k].pos-here)
			clear(rest[:n])
			done += int(n)
		default:
			n, err := c.readRun(c.runs[k], rest, here)
			done += n
			if err != nil {
				return done, err
			}
			k++
		}
	}
	return done, tail
}

// readRun reads from file offset here to the end of the run or of p.
func (c *content) readRun(r run, p []byte, here int64) (int, error) {
	skip := here - r.pos
	n := min(int64(len(p)), r.length-skip)
	if r.at < 0 {
		clear(p[:n])
		return int(n), nil
	}
	at := r.at + skip
	have := min(n, max(c.image-at, 0))
	got, err := c.r.ReadAt(p[:have], at)
	if int64(got) == have {
		err = nil
	}
	if err == nil && have < n {
		err = image.Errorf(image.Truncated, at+have, "the block of file offset 0x%x lies behind the end of the image", here+have)
	}
	if err == io.EOF {
		err = image.Errorf(image.Truncated, at+int64(got), "the image ends inside of file offset 0x%x", here+int64(got))
	}
	return got, err
}

// visited refuses to read a block of a file's map twice, so that no map is larger than the image.
type visited map[int64]struct{}

func (s visited) enter(block int64) error {
	if _, found := s[block]; found {
		return image.Errorf(image.Malformed, -1, "block %d is twice in one map", block)
	}
	s[block] = struct{}{}
	return nil
}
