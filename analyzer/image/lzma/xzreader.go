package lzma

import "io"

// xzReader gives the data of .xz streams as it is decoded.
type xzReader struct {
	x xz
	// Data on its way through the filters of the block: what is before marks[0] has passed them all, what is
	// before marks[k] has passed those from k on.
	data  []byte
	marks []int
	ready []byte // what Read gives next
	size  int64  // of the block so far
	err   error
}

// NewXZReader returns a reader of the .xz streams in r. Its dictionary takes as much memory as there is data for,
// and at most maxDict bytes; a stream that needs more gives an error that wraps image.ErrBudget. An integrity
// check that differs is an error at the end of its block, after the data.
func NewXZReader(r io.Reader, maxDict int64) io.ReadCloser {
	return &xzReader{x: xz{in: newSource(r), win: window{max: maxDict}}}
}

// Close frees the window.
func (r *xzReader) Close() error {
	r.x.win, r.data, r.ready = window{}, nil, nil
	r.err = io.ErrClosedPipe
	return nil
}

func (r *xzReader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// fill takes one step and makes what it decoded ready. What a broken block still gives comes before its error.
func (r *xzReader) fill() {
	was := r.x.place
	r.x.win.from = r.x.win.out
	r.err = r.x.step()
	if was != atChunk {
		if r.x.place == atChunk {
			r.data, r.size = r.data[:0], 0
			r.marks = make([]int, len(r.x.block.filters))
		}
		return
	}
	end := r.x.place == atBlock || r.err != nil
	r.ready = r.filtered(end)
	r.x.stream.check.Write(r.ready)
	r.size += int64(len(r.ready))
	if end && r.err == nil {
		r.err = r.x.endBlock(r.size)
	}
}

// filtered passes what was just decoded, after what earlier calls left over, through the filters and returns what
// comes out; at the end of a block, everything does.
func (r *xzReader) filtered(end bool) []byte {
	fresh := r.x.win.buf[r.x.win.from:r.x.win.out]
	if len(r.marks) == 0 {
		return fresh
	}
	done := r.marks[len(r.marks)-1]
	r.data = append(r.data[:copy(r.data, r.data[done:])], fresh...)
	limit := len(r.data)
	for k, f := range r.x.block.filters {
		from := r.marks[k] - done
		r.marks[k] = from + f.undo(r.data[from:limit])
		if end {
			r.marks[k] = limit
		}
		limit = r.marks[k]
	}
	return r.data[:limit]
}
