package lzma

import (
	"fmt"
	"math"

	"romscan/analyzer/image"
)

// window is where symbols are decoded to: a caller's buffer for a whole stream, or one that keeps what the
// dictionary needs and slides over the rest. The latter grows with what is decoded, whatever the header states.
type window struct {
	buf   []byte
	from  int // start of what has not been handed on, of a window that slides
	out   int // end of what is decoded
	fixed bool
	max   int64 // bytes the dictionary may take, of a window that slides
}

// spare is how much a sliding window holds beside the dictionary, so that it slides rarely: at least a chunk of
// LZMA2, 2 MiB.
const spare = 4 << 20

// room returns how far n more bytes may be decoded to. d's positions follow when the window slides.
func (w *window) room(d *decoder, n int) (int, error) {
	if w.fixed {
		return min(w.out+n, len(w.buf)), nil
	}
	if n <= len(w.buf)-w.out {
		return w.out + n, nil
	}
	keep := min(w.out-d.base, d.dict)
	if int64(keep) > w.max {
		return w.out, fmt.Errorf("%w: a dictionary of %d bytes, limit %d", image.ErrBudget, d.dict, w.max)
	}
	from := (w.out - keep) &^ (maxPosStates - 1)
	most := int(min(int64(d.dict), w.max)) + spare
	next := w.buf
	if need := w.out - from + n; need > len(next) || keep > len(next)/2 && len(next) < most {
		next = make([]byte, max(need, min(2*len(next), most)))
	}
	copy(next, w.buf[from:w.out])
	w.buf, w.from, w.out = next, w.out-from, w.out-from
	d.base = max(d.base-from, 0)
	return w.out + n, nil
}

// clampDict makes a dictionary size of up to 4 GiB an int that can be added to.
func clampDict(n int64) int { return int(min(n, math.MaxInt/4)) }
