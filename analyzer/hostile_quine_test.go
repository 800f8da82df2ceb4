package analyzer

import (
	"bytes"
	"hash/crc32"
	"testing"
)

// A quine in deflate is a program of two instructions, "put these n bytes" (a stored block) and "repeat the last n"
// (a match), that writes itself with what stands around it: https://research.swtch.com/zip. Every instruction but the last is
// encoded in five bytes.

// lit is the instruction that puts n bytes; they follow it.
func lit(n int) []byte { return []byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)} }

// bits writes deflate's codes, RFC 1951, 3.2.6.
type bits struct {
	b []byte
	n int
}

func (w *bits) put(v, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// code puts a Huffman code, most significant bit first.
func (w *bits) code(v, n int) {
	for i := n - 1; i >= 0; i-- {
		w.put(v>>i, 1)
	}
}

// match puts a match of length bytes at distance.
func (w *bits) match(length, distance int) {
	base, code := 3, 257
	for extra := 0; ; extra++ { // four codes to a number of extra bits, eight without any
		codes := 4
		if extra == 0 {
			codes = 8
		}
		if length < base+codes<<extra {
			code += (length - base) >> extra
			if code < 280 {
				w.code(code-256, 7)
			} else {
				w.code(code-280+0xC0, 8)
			}
			w.put((length-base)&(1<<extra-1), extra)
			break
		}
		base, code = base+codes<<extra, code+codes
	}
	base, code = 1, 0
	for extra := 0; ; extra++ {
		codes := 2
		if extra == 0 {
			codes = 4
		}
		if distance < base+codes<<extra {
			w.code(code+(distance-base)>>extra, 5)
			w.put((distance-base)&(1<<extra-1), extra)
			return
		}
		base, code = base+codes<<extra, code+codes
	}
}

// again is the instruction that repeats the last n bytes; the last one of all may have any length.
func again(t testing.TB, n int, last bool) []byte {
	for _, split := range [][]int{{n}, {n / 2, n - n/2}} {
		for empty := range 2 {
			var w bits
			for range empty {
				w.put(2, 3)
				w.code(0, 7)
			}
			w.put(2, 3)
			if last {
				w.b[0] |= 1
			}
			for _, part := range split {
				w.match(part, n)
			}
			w.code(0, 7)
			if w.n == 40 || last {
				return w.b
			}
		}
	}
	t.Fatalf("no five bytes repeat the last %d", n)
	return nil
}

// quine returns a stream of deflate that, with head before it and tail behind it, decodes to just that.
func quine(t testing.TB, head, tail []byte) []byte {
	p := len(head) + 5
	rp, r4 := again(t, p, false), again(t, 20, false)
	end := again(t, len(tail)+4, true)
	if len(end) != 4 {
		t.Fatalf("the last instruction has %d bytes", len(end))
	}
	l1, l4 := lit(5), lit(20)
	return bytes.Join([][]byte{
		lit(p), head, lit(p), rp, l1, rp, l1, l1, l4, rp, l1, l1, l4, r4, l4, r4, l4, r4, l4, r4,
		l4, r4, lit(0), lit(0), lit(4 + len(tail)), r4, lit(0), lit(0), lit(4 + len(tail)), end, tail, end,
	}, nil)
}

// settleCRC returns what make gives for the checksum that it has then. A CRC is affine: so is that of bytes in which
// the checksum itself stands.
func settleCRC(t testing.TB, make func(crc uint32) []byte) []byte {
	sum := func(x uint32) uint32 { return crc32.ChecksumIEEE(make(x)) }
	zero := sum(0)
	var rows [32]uint64 // of (A+1)x = zero, the right side in bit 32
	for i := range rows {
		rows[i] = uint64(zero>>i&1) << 32
		for j := range 32 {
			a := (sum(1<<j)^zero)>>i&1 ^ map[bool]uint32{true: 1}[i == j]
			rows[i] |= uint64(a) << j
		}
	}
	var x uint32
	var pivot [32]int
	next := 0
	for j := range 32 {
		pivot[j] = -1
		for i := next; i < 32; i++ {
			if rows[i]>>j&1 == 1 {
				rows[next], rows[i] = rows[i], rows[next]
				pivot[j] = next
				next++
				break
			}
		}
		if pivot[j] < 0 {
			continue
		}
		for i := range rows {
			if i != pivot[j] && rows[i]>>j&1 == 1 {
				rows[i] ^= rows[pivot[j]]
			}
		}
	}
	for j := range 32 {
		if pivot[j] >= 0 {
			x |= uint32(rows[pivot[j]]>>32&1) << j
		}
	}
	out := make(x)
	if crc32.ChecksumIEEE(out) != x {
		return nil
	}
	return out
}

// quineGzip makes a gzip stream that decodes to itself.
func quineGzip(t testing.TB) []byte {
	for stamp := range byte(255) {
		head := []byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03r.gz\x00")
		head[4] = stamp
		size := 0
		if out := settleCRC(t, func(crc uint32) []byte {
			for {
				tail := le.AppendUint32(le.AppendUint32(nil, crc), uint32(size))
				out := bytes.Join([][]byte{head, quine(t, head, tail), tail}, nil)
				if len(out) == size {
					return out
				}
				size = len(out)
			}
		}); out != nil {
			return out
		}
	}
	t.Fatal("no gzip stream is its own content")
	return nil
}

// quineZip makes an archive of one entry that is the archive.
func quineZip(t testing.TB) []byte {
	for k := range byte(26) {
		name := "again/" + string('a'+k) + "/and/again/and/agai.zip"
		e := entry{name: name, local: name, method: 8}
		packed, total := 0, 0
		if out := settleCRC(t, func(crc uint32) []byte {
			for {
				e.crc, e.size, e.stored = crc, total, packed
				head := e.localHeader()
				tail := withDirectory(nil, []entry{e})
				le.PutUint32(tail[len(tail)-6:], uint32(len(head)+packed))
				body := quine(t, head, tail)
				if len(body) == packed && len(head)+len(body)+len(tail) == total {
					return bytes.Join([][]byte{head, body, tail}, nil)
				}
				packed, total = len(body), len(head)+len(body)+len(tail)
			}
		}); out != nil {
			return out
		}
	}
	t.Fatal("no archive is its own entry")
	return nil
}
