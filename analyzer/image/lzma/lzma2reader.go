package lzma

import (
	"io"

	"romscan/analyzer/image"
)

// lzma2Reader decodes raw LZMA2.
type lzma2Reader struct {
	in  source
	win window
	l   lzma2
	err error
}

// NewLZMA2Reader returns a reader of the raw LZMA2 in r, up to its end marker, whose dictionary has the size that
// property states (5.3.1), the one byte of LZMA2's properties. It takes as much memory as there is data for, and at
// most maxDict bytes; a stream that needs more gives an error that wraps image.ErrBudget. It reads ahead in r.
func NewLZMA2Reader(r io.Reader, property byte, maxDict int64) (io.ReadCloser, error) {
	if property > 40 {
		return nil, image.Errorf(image.Malformed, -1, "property 0x%02x of LZMA2", property)
	}
	z := &lzma2Reader{in: newSource(r), win: window{max: maxDict}}
	z.l.dict = clampDict(dictSize(property))
	z.l.reset()
	return z, nil
}

// Close frees the window.
func (z *lzma2Reader) Close() error {
	z.win, z.err = window{}, io.ErrClosedPipe
	return nil
}

func (z *lzma2Reader) Read(p []byte) (int, error) {
	for z.win.from == z.win.out {
		if z.err != nil {
			return 0, z.err
		}
		done, err := z.l.chunk(&z.in, &z.win)
		if z.err = err; done {
			z.err = io.EOF
		}
	}
	n := copy(p, z.win.buf[z.win.from:z.win.out])
	z.win.from += n
	return n, nil
}
