package lzma

import (
	"io"

	"romscan/analyzer/image"
)

// filterReader undoes one filter.
type filterReader struct {
	r    io.Reader
	f    filter
	buf  []byte
	from int // of what has passed the filter and is not handed on
	done int // its end
	end  int // of what is read
	err  error
}

// NewFilterReader returns a reader of what r gives, with one of the filters of xz (5.3) undone that are no
// compression, named by its ID there. Filters of processors that no Android runs on are an *image.Error.
func NewFilterReader(r io.Reader, id byte, properties []byte) (io.Reader, error) {
	var h block
	if err := h.addFilter(int64(id), properties, false, -1); err != nil {
		return nil, err
	}
	return &filterReader{r: r, f: h.filters[0], buf: make([]byte, 32<<10)}, nil
}

func (f *filterReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for f.from == f.done {
		if f.err != nil && f.done == f.end {
			return 0, f.err
		}
		f.fill()
	}
	n := copy(p, f.buf[f.from:f.done])
	f.from += n
	return n, nil
}

// fill reads more behind what the filter has not done yet. At the end what is left stays as it is.
func (f *filterReader) fill() {
	f.end = copy(f.buf, f.buf[f.done:f.end])
	f.from, f.done = 0, 0
	for range 100 {
		n, err := f.r.Read(f.buf[f.end:])
		f.end += n
		if f.err = err; err != nil || n > 0 {
			break
		}
	}
	if f.err == nil && f.end == 0 {
		f.err = image.Errorf(image.Unreadable, -1, "%v", io.ErrNoProgress)
	}
	f.done = f.f.undo(f.buf[:f.end])
	if f.err != nil {
		f.done = f.end
	}
}
