package lzma

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
)

// alone is the header of a .lzma file.
type alone struct {
	properties byte
	dict       uint32
	size       int64 // -1: up to the end marker
}

const (
	aloneHeader = 13
	aloneStart  = aloneHeader + rangeInit // where the symbols are
)

// begin reads what comes before the symbols and readies the decoder for them.
func (d *decoder) begin(b []byte) (alone, error) {
	if len(b) < aloneStart {
		return alone{}, image.Errorf(image.Truncated, int64(len(b)), "the input ends inside of the LZMA header")
	}
	h := alone{properties: b[0], dict: binary.LittleEndian.Uint32(b[1:]), size: int64(binary.LittleEndian.Uint64(b[5:]))}
	switch {
	case h.size < -1:
		return h, image.Errorf(image.Malformed, 5, "LZMA of %d bytes", uint64(h.size))
	case !d.setProperties(h.properties, anyBits):
		return h, image.Errorf(image.Malformed, 0, "properties 0x%02x of LZMA", h.properties)
	case !d.start(b[aloneHeader], b[aloneHeader+1:]):
		return h, image.Errorf(image.Malformed, aloneHeader, "no start of LZMA")
	}
	d.resetState()
	return h, nil
}

// aloneReader decodes a .lzma stream.
type aloneReader struct {
	in    source
	win   window
	d     decoder
	left  int64 // bytes still to be decoded, -1: unknown
	begun bool
	err   error
}

// NewLZMAReader returns a reader of the .lzma stream ("LZMA alone") in r, which needs not state its size. Its
// dictionary takes as much memory as there is data for, and at most maxDict bytes; a stream that needs more gives
// an error that wraps image.ErrBudget. It reads ahead in r and ignores what follows the stream.
func NewLZMAReader(r io.Reader, maxDict int64) io.ReadCloser {
	return &aloneReader{in: newSource(r), win: window{max: maxDict}}
}

// Close frees the window.
func (a *aloneReader) Close() error {
	a.win, a.err = window{}, io.ErrClosedPipe
	return nil
}

func (a *aloneReader) Read(p []byte) (int, error) {
	for a.win.from == a.win.out {
		if a.err == nil && !a.begun {
			a.err = a.begin()
		}
		if a.err != nil {
			return 0, a.err
		}
		a.err = a.step()
	}
	n := copy(p, a.win.buf[a.win.from:a.win.out])
	a.win.from += n
	return n, nil
}

func (a *aloneReader) begin() error {
	a.begun = true
	b := a.in.peek(aloneStart)
	if len(b) < aloneStart && a.in.err != nil {
		return a.in.err
	}
	h, err := a.d.begin(b)
	if err != nil {
		return err
	}
	// As in liblzma, less than 4 KiB is taken for 4 KiB.
	a.d.dict, a.left = clampDict(int64(max(h.dict, 4<<10))), h.size
	a.in.skip(len(b))
	return nil
}

// step decodes some more.
func (a *aloneReader) step() error {
	if a.left == 0 {
		return io.EOF
	}
	n := 64 << 10
	if a.left > 0 {
		n = int(min(a.left, int64(n)))
	}
	limit, err := a.win.room(&a.d, n)
	if err != nil {
		return err
	}
	a.win.from = a.win.out
	src := a.in.peek(maxPeek)
	out, pos, st := a.d.run(a.win.buf, a.win.out, limit, src, 0)
	if st == running && out < limit && len(src) < maxPeek {
		a.win.out = out
		var more int
		out, more, st = a.d.decode(a.win.buf, out, limit, src[pos:])
		pos += more
	}
	a.in.skip(pos)
	a.win.out = out
	if a.left > 0 {
		a.left -= int64(out - a.win.from)
	}
	switch {
	case st == running:
		return nil
	case st == ended && a.left < 0:
		return io.EOF
	case st == cut && a.in.err != nil:
		return a.in.err
	}
	return st.error(a.in.off, out-a.win.from, limit-a.win.from)
}
