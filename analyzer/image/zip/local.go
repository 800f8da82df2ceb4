package zip

import (
	"bytes"
	"io"
	"slices"

	"romscan/analyzer/image"
)

// readLocal reads an archive without a usable end record: local headers one after the other, and the central
// directory where it turns up behind them.
func (f *FS) readLocal() {
	f.trick(NoDirectory, f.size, "entries taken from local headers")
	start := f.search(0, f.size)
	found := f.walkLocal(start, f.size)
	f.entries = found
	if len(found) == 0 {
		return
	}
	last := found[len(found)-1]
	off := f.search(last.Data+last.Compressed, f.size)
	w := &window{r: f.r, size: f.size, step: 64 << 10}
	if w.signature(off) != sigCentral {
		return
	}
	// A directory without an end record still knows more than the local headers: it comes first.
	f.dir, f.entries = off, nil
	f.walkDirectory(off, f.size, 0)
	known := map[int64]bool{}
	for _, e := range f.entries {
		known[e.Header] = true
	}
	for _, e := range found {
		if !known[e.Header] && uint64(len(f.entries)) < f.most() {
			f.entries = append(f.entries, e)
		}
	}
}

// walkLocal returns the entries whose local headers follow each other from off on, before limit.
func (f *FS) walkLocal(off, limit int64) []*Entry {
	w := &window{r: f.r, size: limit, step: 512}
	var out []*Entry
	for uint64(len(out)) < f.most() && off < limit {
		switch w.signature(off) {
		case sigLocal:
		case sigCentral, sigEnd:
			return out
		default:
			next := f.search(off+1, limit)
			if next <= off || next >= limit || w.signature(next) != sigLocal {
				return out
			}
			off = next
			continue
		}
		e := &Entry{Header: off, Mode: 0o644}
		if !w.readLocalHeader(e, off) {
			return out
		}
		e.Raw = e.localName
		if n := len(e.Raw); n > 0 && e.Raw[n-1] == '/' {
			e.Mode = 0o755 | 1<<31
		}
		e.Method, e.Flags, e.CRC = e.LocalMethod, e.LocalFlags, e.LocalCRC
		e.Compressed, e.Uncompressed = e.LocalCompressed, e.LocalUncompressed
		off = f.measure(w, e, limit)
		out = append(out, e)
	}
	return out
}

// measure settles the sizes of an entry known by its local header only and returns the offset behind it.
func (f *FS) measure(w *window, e *Entry, limit int64) int64 {
	stated := e.LocalFlags&flagDescriptor == 0 || e.LocalCompressed != 0
	end := e.Data + e.Compressed
	if stated && end <= limit {
		if s := w.signature(end); s == sigLocal || s == sigCentral || s == sigEnd || s == sigDescriptor || end == limit {
			return w.skipDescriptor(end)
		}
	}
	if e.Method == deflated && f.left > 0 {
		t := f.try(e, reading{method: deflated, stored: limit - e.Data, size: -1})
		if t.clean {
			e.Compressed, e.Uncompressed, e.CRC = t.used, t.n, t.crc
			return w.skipDescriptor(e.Data + t.used)
		}
	}
	next := f.search(e.Data, limit)
	if n := w.descriptor(e.Data, next); !stated && n >= 0 {
		e.Compressed, e.Uncompressed, e.CRC = n, n, le.Uint32(w.at(e.Data+n+4, 4))
		return w.skipDescriptor(e.Data + n)
	}
	switch {
	case stated && (next >= limit || end < next): // cut off, or a size that lies: decide tells
	default:
		e.Compressed = max(min(next, limit)-e.Data, 0)
		if e.Method == stored {
			e.Uncompressed = e.Compressed
		}
	}
	return min(max(next, e.Data), limit) // always behind this header: Data is at least localSize further
}

// descriptor returns the distance from off to a data descriptor before end that states just that distance as the
// compressed size, or -1.
func (w *window) descriptor(off, end int64) int64 {
	for at := off; at+16 <= end; at++ {
		b := w.at(at, 1)
		if b == nil {
			break
		}
		if b[0] == 'P' && w.signature(at) == sigDescriptor && int64(le.Uint32(w.at(at+8, 4))) == at-off {
			return at - off
		}
	}
	return -1
}

// skipDescriptor returns the offset behind a data descriptor at off, if one is there (4.3.9: 32- or 64-bit sizes).
func (w *window) skipDescriptor(off int64) int64 {
	if w.signature(off) != sigDescriptor {
		return off
	}
	for _, n := range []int64{16, 24} {
		if s := w.signature(off + n); len(s) == 4 && s[:2] == "PK" {
			return off + n
		}
	}
	return off + 16
}

// search returns the offset of the next local or central header at or after off, or limit. It reads little at first:
// headers that follow each other closely must not cost a large read each.
func (f *FS) search(off, limit int64) int64 {
	var buf []byte
	for step := int64(1 << 10); off < limit; step = min(2*step, 256<<10) {
		buf = slices.Grow(buf[:0], int(step))[:min(step, limit-off)]
		n, err := f.r.ReadAt(buf, off)
		b := buf[:n]
		for i := 0; ; i++ {
			j := bytes.Index(b[i:], []byte("PK"))
			if j < 0 {
				break
			}
			i += j
			if len(b)-i >= 4 && (string(b[i:i+4]) == sigLocal || string(b[i:i+4]) == sigCentral) {
				return off + int64(i)
			}
		}
		if n < 4 || (err != nil && err != io.EOF) {
			break
		}
		off += int64(n - 3)
	}
	return limit
}

// maxHidden bounds the entries taken from local headers the directory does not know.
const maxHidden = 4096

// findHidden looks for local headers between the entries the directory knows, and for entries that share bytes.
func (f *FS) findHidden() {
	if f.dir < 0 || len(f.entries) == 0 {
		return
	}
	sorted := slices.Clone(f.entries)
	slices.SortStableFunc(sorted, func(a, b *Entry) int { return int(min(max(a.Header-b.Header, -1), 1)) })
	w := &window{r: f.r, size: f.size, step: 64}
	hidden, end := 0, int64(0)
	for i := 0; i <= len(sorted); i++ {
		next := f.dir
		if i < len(sorted) {
			next = sorted[i].Header
		}
		if i > 0 && i < len(sorted) && next < end && sorted[i].local && !sorted[i].Mode.IsDir() {
			sorted[i].mark(Overlapping)
		}
		if gap := w.skipDescriptor(end); gap < next && hidden < maxHidden && w.signature(gap) == sigLocal {
			for _, e := range f.walkLocal(gap, next) {
				if e.Raw == "" {
					continue // padding: Android's build tools fill holes with nameless headers (zipflinger)
				}
				e.mark(HiddenEntry)
				f.entries = append(f.entries, e)
				hidden++
			}
		}
		if i < len(sorted) && sorted[i].local {
			end = max(end, sorted[i].Data+sorted[i].extent())
		}
	}
	if hidden >= maxHidden {
		f.gap(image.OverBudget, -1, "more than %d hidden entries", maxHidden)
	}
}

// extent is the number of bytes an entry takes behind its header; where the sizes lie, the smaller statement.
func (e *Entry) extent() int64 {
	n := e.Compressed
	if e.Method == stored && e.Uncompressed < n {
		n = e.Uncompressed
	}
	if e.LocalFlags&flagDescriptor == 0 && e.local {
		n = min(n, e.LocalCompressed)
	}
	return n
}
