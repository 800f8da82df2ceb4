package patch

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// PuffDiff applies a patch of AOSP's puffin to old: a bsdiff between old and new in which the deflate streams are puffs.
// The header, a protobuf message, says at which bits the streams lie, and where their puffs.
//
// Source: AOSP external/puffin: puffin.proto, puffpatch.cc, puffin_stream.cc.
func PuffDiff(old, patch []byte, l Limits) ([]byte, error) {
	if len(patch) < 8 || string(patch[:4]) != "PUF1" {
		return nil, image.Errorf(image.Malformed, 0, "puffdiff: magic %.16q", patch[:min(len(patch), 4)])
	}
	n := int64(binary.BigEndian.Uint32(patch[4:]))
	if n > int64(len(patch)-8) {
		return nil, image.Errorf(image.Truncated, 4, "puffdiff: a header of %d bytes in a patch of %d", n, len(patch))
	}
	var from, to puffInfo
	kind := uint64(0)
	ok := fields(patch[8:8+n], func(number int, v uint64, sub []byte) bool {
		switch {
		case number == 4 && sub == nil:
			kind = v
		case number == 2 && sub != nil:
			return from.read(sub)
		case number == 3 && sub != nil:
			return to.read(sub)
		}
		return true
	})
	if ok && kind != 0 {
		return nil, image.Errorf(image.Unsupported, 8, "puffdiff: the patch between the puffs is of type %d, not a bsdiff (type 1 is zucchini)", kind)
	}
	if !ok || !from.sound() || !to.sound() {
		return nil, image.Errorf(image.Malformed, 8, "puffdiff: the header")
	}
	for _, i := range []puffInfo{from, to} {
		if err := l.spend(int64(min(i.size, 1<<62)), 8); err != nil {
			return nil, err
		}
	}
	puffs, err := from.puff(old)
	if err != nil {
		return nil, err
	}
	fresh, err := BSDiff(puffs, patch[8+n:], Limits{Output: int64(to.size)})
	if err != nil {
		return nil, moved(err, 8+n)
	}
	if uint64(len(fresh)) != to.size {
		return nil, image.Errorf(image.Malformed, 8, "puffdiff: %d bytes, %d stated", len(fresh), to.size)
	}
	return to.huff(fresh, l.Output)
}

// puffInfo is a StreamInfo: where the deflate streams lie, in bits, and their puffs, in bytes.
type puffInfo struct {
	deflates, puffs []puffExtent
	size            uint64 // of the whole with puffs, in bytes
}

type puffExtent struct{ start, end uint64 }

// fields reads the varints and the bytes of a protobuf message; each returns false to refuse it.
func fields(raw []byte, each func(number int, v uint64, sub []byte) bool) bool {
	for len(raw) > 0 {
		key, n := binary.Uvarint(raw)
		if n <= 0 {
			return false
		}
		v, m := binary.Uvarint(raw[n:])
		if m <= 0 {
			return false
		}
		raw = raw[n+m:]
		var sub []byte
		switch key & 7 {
		case 0:
		case 2:
			if v > uint64(len(raw)) {
				return false
			}
			sub, raw = raw[:v:v], raw[v:]
			if sub == nil {
				sub = []byte{}
			}
		default:
			return false
		}
		if key>>3 > 1<<20 || !each(int(key>>3), v, sub) {
			return false
		}
	}
	return true
}

func (i *puffInfo) read(raw []byte) bool {
	return fields(raw, func(number int, v uint64, sub []byte) bool {
		switch {
		case number == 3 && sub == nil:
			i.size = v
			return true
		case sub == nil || number != 1 && number != 2:
			return true
		}
		var at, n uint64
		ok := fields(sub, func(number int, v uint64, _ []byte) bool {
			switch number {
			case 1:
				at = v
			case 2:
				n = v
			}
			return true
		})
		if at > 1<<60 || n > 1<<60 {
			return false
		}
		if number == 1 {
			i.deflates = append(i.deflates, puffExtent{at, at + n})
		} else {
			i.puffs = append(i.puffs, puffExtent{at / 8, at/8 + n/8})
		}
		return ok
	})
}

// sound reports whether the streams and their puffs are as many, in order and as far apart.
func (i *puffInfo) sound() bool {
	if len(i.deflates) != len(i.puffs) || i.size > 1<<60 {
		return false
	}
	var bit, at uint64
	for k, d := range i.deflates {
		p := i.puffs[k]
		if d.start < bit || p.start < at || p.start-at != between(bit, d.start) {
			return false
		}
		bit, at = d.end, p.end
	}
	// The rest of the last byte belongs to what follows.
	return at < i.size || at == i.size && bit&7 == 0
}

// between is how many bytes the bits from one stream to the next take: bytes shared with a stream count, too.
func between(from, to uint64) uint64 {
	if from == to {
		return 0
	}
	return (to+7)/8 - from/8
}

// end gives the length of the whole with deflate streams, in bits.
func (i *puffInfo) end() uint64 {
	var bit, at uint64
	if n := len(i.puffs); n > 0 {
		bit, at = i.deflates[n-1].end, i.puffs[n-1].end
	}
	return (bit/8 + i.size - at) * 8
}

// puff gives src with puffs for deflate streams.
func (i *puffInfo) puff(src []byte) ([]byte, error) {
	if i.end() > 8*uint64(len(src)) {
		return nil, image.Errorf(image.Malformed, 8, "puffdiff: a source of %d bits, there are %d bytes", i.end(), len(src))
	}
	p := &puffer{most: int(i.size)}
	bit := uint64(0)
	gap := func(to uint64) {
		first := len(p.out)
		n := between(bit, to)
		if n == 0 {
			return
		}
		p.out = append(p.out, src[bit/8:bit/8+n]...)
		if to&7 != 0 {
			p.out[len(p.out)-1] &= 1<<(to&7) - 1
		}
		p.out[first] >>= bit & 7
	}
	for k, d := range i.deflates {
		gap(d.start)
		if uint64(len(p.out)) != i.puffs[k].start {
			return nil, image.Errorf(image.Malformed, 8, "puffdiff: stream %d of the source is at %d, %d stated", k, len(p.out), i.puffs[k].start)
		}
		r := &bitReader{in: src[:(d.end+7)/8], pos: int(d.start)}
		if err := p.puff(r); err != nil {
			return nil, err
		}
		if uint64(len(p.out)) != i.puffs[k].end {
			return nil, image.Errorf(image.Malformed, 8, "puffdiff: stream %d of the source ends at %d, %d stated", k, len(p.out), i.puffs[k].end)
		}
		bit = d.end
	}
	gap(i.end())
	return p.out, nil
}

// huff makes the deflate streams of puffs again.
func (i *puffInfo) huff(puffs []byte, most int64) ([]byte, error) {
	if i.end() > 8*uint64(most) {
		return nil, image.Errorf(image.Malformed, 8, "puffdiff: the patch makes %d bits, %d bytes are wanted", i.end(), most)
	}
	w := &bitWriter{}
	bit := uint64(0)
	rest := puffs
	gap := func(to uint64) {
		for bit < to {
			n := min(8-bit&7, to-bit)
			w.put(uint64(rest[0])&(1<<n-1), uint(n))
			rest = rest[1:]
			bit += n
		}
	}
	for k, d := range i.deflates {
		gap(d.start)
		n := i.puffs[k].end - i.puffs[k].start
		h := &huffer{bits: w, in: rest[:n]}
		if err := h.huff(); err != nil {
			return nil, err
		}
		rest = rest[n:]
		got := 8*uint64(len(w.out)) + uint64(w.n)
		if got < d.end && (got+7)/8 == (d.end+7)/8 { // a stream taken with the rest of its last byte
			w.put(0, uint(d.end-got))
			got = d.end
		}
		if got != d.end {
			return nil, image.Errorf(image.Malformed, 8, "puffdiff: stream %d of the result ends at bit %d, %d stated", k, got, d.end)
		}
		bit = d.end
	}
	gap(i.end())
	return w.out, nil
}
