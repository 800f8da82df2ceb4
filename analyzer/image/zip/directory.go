package zip

import (
	"bytes"
	"io"

	"romscan/analyzer/image"
)

// directory is where a central directory lies and what its end record says of it.
type directory struct {
	start, end int64 // of the headers; end is where the end records begin
	delta      int64 // to add to every stated offset: the length of what was put before the archive
	entries    uint64
	size       int64
	eocd       int64
	comment    int64 // stated length
	disks      bool  // claims several volumes
	decoys     int   // end records after this one that lead nowhere
}

func (d *directory) empty() bool { return d.entries == 0 && d.size == 0 }

// maxCandidates bounds the end records tried: each costs a few reads.
const maxCandidates = 4096

// findDirectory tries the end records in the last tail bytes, the last one first as Android does, until one leads
// to a directory whose first header leads to a local header.
func findDirectory(r io.ReaderAt, size, tail int64) (directory, bool) {
	tail = min(tail, size)
	if tail < endSize {
		return directory{}, false
	}
	buf := make([]byte, tail)
	if n, _ := r.ReadAt(buf, size-tail); int64(n) < tail {
		return directory{}, false
	}
	w := &window{r: r, size: size, step: 512}
	var weak []directory
	tried := 0
	for end := len(buf); tried < maxCandidates; tried++ {
		i := bytes.LastIndex(buf[:end], []byte(sigEnd))
		if i < 0 {
			break
		}
		end = i + len(sigEnd) - 1
		if len(buf)-i < endSize {
			continue
		}
		d := endRecord(w, buf[i:i+endSize], size-tail+int64(i))
		d.decoys = tried
		switch d.locate(w) {
		case located:
			return d, true
		case unsure:
			weak = append(weak, d)
		}
	}
	if len(weak) > 0 {
		return weak[0], true
	}
	return directory{}, false
}

// endRecord reads an end record and, where there is one, its 64-bit companion.
func endRecord(w *window, b []byte, at int64) directory {
	d := directory{
		eocd: at, end: at, entries: uint64(le.Uint16(b[10:])), size: int64(le.Uint32(b[12:])),
		start: int64(le.Uint32(b[16:])), comment: int64(le.Uint16(b[20:])),
		disks: le.Uint16(b[4:]) != 0 || le.Uint16(b[6:]) != 0 || le.Uint16(b[8:]) != le.Uint16(b[10:]),
	}
	l := w.at(at-locatorSize, locatorSize)
	if l == nil || string(l[:4]) != sigLocator {
		return d
	}
	stated := int64(le.Uint64(l[8:]) & (1<<62 - 1))
	for _, off := range []int64{stated, at - locatorSize - end64Size} {
		e := w.at(off, end64Size)
		if e == nil || string(e[:4]) != sigEnd64 {
			continue
		}
		if n, size, start := le.Uint64(e[32:]), le.Uint64(e[40:]), le.Uint64(e[48:]); size < 1<<62 && start < 1<<62 {
			d.entries, d.size, d.start, d.end = n, int64(size), int64(start), off
			d.disks = le.Uint32(e[16:]) != 0 || le.Uint32(e[20:]) != 0
		}
		break
	}
	return d
}

type verdict int

const (
	nowhere verdict = iota
	unsure          // headers, but the first points at no local header
	located
)

// locate finds the directory's real place: where the record says, or right before the record if bytes were put
// before the archive and its offsets were not adjusted.
func (d *directory) locate(w *window) verdict {
	stated, best := d.start, nowhere
	if d.empty() {
		if d.end == stated || d.end == 0 {
			d.start = d.end
			return located
		}
		return nowhere
	}
	found := *d
	for _, start := range []int64{stated, d.end - d.size} {
		if start < 0 || start >= d.eocd {
			continue
		}
		e, _ := w.central(start)
		if e == nil {
			continue
		}
		for _, delta := range []int64{0, start - stated} {
			if w.signature(e.Header+delta) == sigLocal {
				d.start, d.delta = start, delta
				return located
			}
		}
		if best == nowhere {
			best, found.start = unsure, start
		}
	}
	if best == unsure {
		*d = found
	}
	return best
}

// readDirectory reads the headers of d until they end, whatever their stated number.
func (f *FS) readDirectory(d directory) {
	f.dir = d.start
	end := f.walkDirectory(d.start, d.eocd, d.delta)
	n := uint64(len(f.entries))
	switch {
	case n < f.most() && n != d.entries && n&0xffff != d.entries:
		f.trick(EOCDLie, d.eocd, "%d entries stated, %d there", d.entries, n)
	case d.disks:
		f.trick(EOCDLie, d.eocd, "claims to be one of several volumes")
	case d.size != end-d.start && n < f.most():
		f.trick(EOCDLie, d.eocd, "directory of %d bytes stated, %d there", d.size, end-d.start)
	}
	if d.decoys > 0 {
		f.trick(EOCDLie, d.eocd, "%d more end records behind the one in use", d.decoys)
	}
	if d.delta > 0 { // below 0 something was taken off: the program of a self-extracting archive
		f.trick(Prefix, 0, "%d bytes before the archive", d.delta)
	}
	if rest := f.size - d.eocd - endSize - d.comment; rest > 0 && d.decoys == 0 {
		f.trick(Trailing, f.size-rest, "%d bytes after the archive", rest)
	}
}

// walkDirectory appends the entries of the directory headers from off on and returns where they end. A header whose
// lengths lead nowhere is followed by the next one there is before limit.
func (f *FS) walkDirectory(off, limit, delta int64) int64 {
	w := &window{r: f.r, size: limit, step: 64 << 10}
	var last *Entry
	after := off // the first place behind the last header where another may begin
	for uint64(len(f.entries)) < f.most() {
		e, next := w.central(off)
		if e == nil {
			again := w.nextCentral(after)
			if last == nil || again < 0 || w.ends(off) {
				return off
			}
			last.mark(SizeMismatch)
			off, after = again, again+int64(len(sigCentral))
			continue
		}
		e.Header += delta
		f.entries = append(f.entries, e)
		last, after = e, off+centralSize+int64(len(e.Raw))
		off = next
	}
	f.gap(image.OverBudget, off, "more than %d entries", f.most())
	return off
}

// ends reports whether what is at off follows a directory: its end, an end record or a signature (4.3.13).
func (w *window) ends(off int64) bool {
	s := w.signature(off)
	return off == w.size || s == sigEnd || s == sigEnd64 || s == "PK\x05\x05"
}

// nextCentral returns the offset of the first directory header at or after off, or -1.
func (w *window) nextCentral(off int64) int64 {
	for n := int64(0); off < w.size; off += n {
		b := w.at(off, int(min(int64(w.step), w.size-off)))
		if i := bytes.Index(b, []byte(sigCentral)); i >= 0 {
			return off + int64(i)
		}
		n = int64(len(b)) - 3
		if n <= 0 {
			break
		}
	}
	return -1
}

// Names yields the names of the central directory as they are written, without looking at anything else: what a
// sniffer needs. It yields nothing for an archive without a directory.
func Names(r io.ReaderAt, size int64, yield func(name string) bool) {
	d, ok := findDirectory(r, size, maxComment+endSize)
	if !ok {
		return
	}
	w := &window{r: r, size: d.eocd, step: 64 << 10}
	for off, n := d.start, 0; n < maxEntries; n++ {
		e, next := w.central(off)
		if e == nil || !yield(e.Raw) {
			return
		}
		off = next
	}
}
