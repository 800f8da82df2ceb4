package payload

import "romscan/analyzer/image"

// wire reads the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding/).
type wire struct {
	raw []byte // the manifest
	pos int
	end int
	err error
}

// Wire types. Groups (3, 4) occur in no message of the manifest.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// field is one field of a message.
type field struct {
	number     int
	value      uint64 // of a varint
	start, end int    // of the bytes, for wireBytes
	kind       int
}

// message reads the bytes of f as a message.
func (w *wire) message(f field) *wire {
	return &wire{raw: w.raw, pos: f.start, end: f.end}
}

// next returns the next field; false at the end and after an error.
func (w *wire) next() (field, bool) {
	if w.err != nil || w.pos >= w.end {
		return field{}, false
	}
	at := w.pos
	key := w.varint()
	f := field{number: int(key >> 3 & (1<<29 - 1)), kind: int(key & 7)}
	switch f.kind {
	case wireVarint:
		f.value = w.varint()
	case wireFixed8:
		w.skip(8)
	case wireFixed4:
		w.skip(4)
	case wireBytes:
		n := w.varint()
		f.start = w.pos
		w.skip(n)
		f.end = w.pos
	default:
		w.fail(at, "wire type %d", f.kind)
	}
	if w.err == nil && (f.number == 0 || key>>3 > 1<<29-1) {
		w.fail(at, "field number %d", key>>3)
	}
	return f, w.err == nil
}

func (w *wire) varint() uint64 {
	var v uint64
	for k := range 10 {
		if w.pos >= w.end {
			w.fail(w.pos, "a number past the end of its message")
			return 0
		}
		b := w.raw[w.pos]
		w.pos++
		v |= uint64(b&0x7F) << (7 * k)
		if b < 0x80 {
			return v
		}
	}
	w.fail(w.pos, "a number of more than ten bytes")
	return 0
}

func (w *wire) skip(n uint64) {
	if w.err == nil && n > uint64(w.end-w.pos) {
		w.fail(w.pos, "a field of %d bytes in a message with %d left", n, w.end-w.pos)
	}
	if w.err == nil {
		w.pos += int(n)
	}
}

func (w *wire) fail(at int, format string, args ...any) {
	if w.err == nil {
		w.err = image.Errorf(image.Malformed, headerSize+int64(at), "manifest: "+format, args...)
	}
}
