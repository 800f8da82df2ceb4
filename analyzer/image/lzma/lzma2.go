package lzma

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// lzma2 decodes the chunks of LZMA2 ("The .xz File Format" 5.3.1; the chunk layout is that of liblzma's
// lzma2_decoder.c): each with a control byte, its sizes, perhaps new properties, and its data.
type lzma2 struct {
	decoder
	needDict, needProperties bool
}

// reset readies the decoder for a first chunk.
func (l *lzma2) reset() { l.needDict, l.needProperties = true, true }

// Control bytes.
const (
	chunkEnd       = 0x00
	chunkDictReset = 0x01 // stored, after a reset of the dictionary
	chunkStored    = 0x02
	chunkLZMA      = 0x80 // and what is to be reset, in bits 5 and 6
)

// What an LZMA chunk resets, from what value of its control byte on.
const (
	resetsState      = 0xA0
	resetsProperties = 0xC0
	resetsDict       = 0xE0
)

// chunk decodes one chunk into w. done means that it was the end marker.
func (l *lzma2) chunk(in *source, w *window) (done bool, err error) {
	head := in.peek(6)
	if len(head) == 0 {
		return false, in.truncated(0, "LZMA2")
	}
	control := head[0]
	if control == chunkEnd {
		in.skip(1)
		return true, nil
	}
	if control > chunkStored && control < chunkLZMA {
		return false, image.Errorf(image.Malformed, in.off, "control byte 0x%02x of LZMA2", control)
	}
	if control == chunkDictReset || control >= resetsDict {
		l.resetDict(w.out)
		l.needDict = false
	}
	if l.needDict {
		return false, image.Errorf(image.Malformed, in.off, "LZMA2 starts without a dictionary")
	}
	if control < chunkLZMA {
		return false, l.stored(in, w)
	}
	size := 5
	if control >= resetsProperties {
		size = 6
	}
	at := in.off
	if head, err = in.next(size, "LZMA2"); err != nil {
		return false, err
	}
	switch {
	case control >= resetsProperties:
		if !l.setProperties(head[5], xzBits) {
			return false, image.Errorf(image.Malformed, at+5, "properties 0x%02x of LZMA2", head[5])
		}
		l.needProperties = false
		l.resetState()
	case l.needProperties:
		return false, image.Errorf(image.Malformed, at, "LZMA2 chunk without properties")
	case control >= resetsState:
		l.resetState()
	}
	decoded := int(control&0x1F)<<16 + int(binary.BigEndian.Uint16(head[1:])) + 1
	encoded := int(binary.BigEndian.Uint16(head[3:])) + 1
	return false, l.compressed(in, w, decoded, encoded)
}

// stored copies a chunk that is not compressed.
func (l *lzma2) stored(in *source, w *window) error {
	head, err := in.next(3, "LZMA2")
	if err != nil {
		return err
	}
	if head[0] == chunkDictReset {
		l.needProperties = true
	}
	n := int(binary.BigEndian.Uint16(head[1:])) + 1
	limit, err := w.room(&l.decoder, n)
	if err != nil {
		return err
	}
	data := in.peek(n)
	c := copy(w.buf[w.out:limit], data)
	w.out += c
	switch {
	case len(data) < n:
		return in.truncated(int64(len(data)), "LZMA2")
	case c < n:
		return w.full(in.off)
	}
	in.skip(n)
	return nil
}

// compressed decodes an LZMA chunk.
func (l *lzma2) compressed(in *source, w *window, decoded, encoded int) error {
	limit, err := w.room(&l.decoder, decoded)
	if err != nil {
		return err
	}
	data := in.peek(encoded + slack) // what follows saves a copy of the end
	if len(data) < rangeInit {
		return in.truncated(int64(len(data)), "LZMA2")
	}
	if encoded < rangeInit || !l.start(data[0], data[1:]) {
		return image.Errorf(image.Malformed, in.off, "no start of LZMA")
	}
	from := w.out
	out, pos, st := l.decode(w.buf, from, limit, data[rangeInit:])
	pos += rangeInit
	w.out = out
	switch {
	case len(data) < encoded && (st == cut || st == running):
		return in.truncated(int64(len(data)), "LZMA2")
	case st == running && limit-from < decoded:
		return w.full(in.off + int64(pos))
	case st == cut, st == running && (pos != encoded || l.code != 0 || l.pending > 0):
		return image.Errorf(image.Malformed, in.off+int64(encoded), "LZMA2 chunk of %d bytes takes %d", encoded, pos)
	case st != running:
		return st.error(in.off+int64(pos), out-from, decoded)
	}
	in.skip(encoded)
	return nil
}

// full says that the caller's buffer has no room for what follows.
func (w *window) full(off int64) error {
	return image.Errorf(image.OverBudget, off, "more than the %d bytes expected", len(w.buf))
}

// DecodeLZMA2 decodes raw LZMA2, up to its end marker, into dst and returns the part of dst it filled. What
// follows in src is ignored. With an error the result is what was decoded before.
func DecodeLZMA2(dst, src []byte) ([]byte, error) {
	l := &lzma2{decoder: decoder{dict: anyDistance}}
	l.reset()
	in := source{mem: src}
	w := window{buf: dst, fixed: true}
	for {
		done, err := l.chunk(&in, &w)
		if done || err != nil {
			return dst[:w.out], err
		}
	}
}
