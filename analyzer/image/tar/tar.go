// Package tar reads tape archives in place: v7, ustar, GNU and pax.
//
// In: an archive, also with Samsung's md5 line behind it (.tar.md5). Out: an [image.Index] whose files are
// stretches of the archive, with owner, SELinux label and offset.
//
//	fsys, err := tar.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "super.img")
//
// Limit: sparse files of GNU tar and the parts of multi-volume archives are reported, not read.
package tar

import (
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes tape archives.
func Format() image.Format {
	return image.Format{
		Name: "tar",
		Doc:  "Tape archive: Samsung's AP_*.tar.md5, Xiaomi's fastboot .tgz, Sony's sin v5.",
		Refs: []string{
			"POSIX.1-2017, pax: ustar and pax interchange formats",
			"https://www.gnu.org/software/tar/manual/html_node/Standard.html",
			"https://man.freebsd.org/cgi/man.cgi?query=tar&sektion=5",
		},
		Limits: []string{
			"sparse files of GNU tar and multi-volume archives are reported, not read",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	blockSize = 512
	maxName   = 64 << 10 // bytes of a long name
	maxPax    = 1 << 20  // bytes of a pax header
)

func sniff(r io.ReaderAt, size int64) bool {
	raw := bin.Head(r, size, blockSize)
	if len(raw) < blockSize {
		return false
	}
	h, err := parseHeader(raw, 0)
	return err == nil && h != nil && (h.magic || h.name != "")
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	w := &walker{r: r, size: size, budget: b, x: image.NewIndex()}
	if err := w.first(); err != nil {
		return nil, err
	}
	w.walk()
	digest, at := md5Line(r, size)
	return &archive{w.x, r, digest, at}, nil
}

type walker struct {
	r       io.ReaderAt
	size    int64
	budget  *image.Budget
	x       *image.Index
	global  records // pax records for all entries that follow
	entries int64
}

// first refuses what does not start with a header.
func (w *walker) first() error {
	raw, err := bin.ReadAt(w.r, w.size, 0, blockSize, blockSize)
	if err != nil {
		return err
	}
	h, err := parseHeader(raw, 0)
	if err == nil && h == nil {
		err = image.Errorf(image.Malformed, 0, "an empty archive")
	}
	return err
}

// walk goes from header to header. What follows the end mark, two blocks of zeros, is not looked at.
func (w *walker) walk() {
	zeros := 0
	var next records // pax records and long names for the next entry
	for pos := int64(0); zeros < 2; {
		if pos >= w.size && zeros == 0 {
			w.x.Miss("", image.Errorf(image.Truncated, w.size, "the archive ends without an end mark"))
		}
		if pos >= w.size {
			return
		}
		raw, err := bin.ReadAt(w.r, w.size, pos, blockSize, blockSize)
		var h *header
		if err == nil {
			h, err = parseHeader(raw, pos)
		}
		switch {
		case err != nil:
			if zeros == 0 {
				w.x.Miss("", err)
			}
			return
		case h == nil:
			zeros++
			pos += blockSize
			continue
		}
		zeros = 0
		if w.entries++; w.entries > w.budget.Files {
			w.x.Miss("", image.Errorf(image.OverBudget, pos, "more than %d files", w.budget.Files))
			return
		}
		data := pos + blockSize
		length, ok := w.entry(h, data, &next)
		if !ok {
			return
		}
		pos = data + (length+blockSize-1)&^(blockSize-1)
	}
}

// entry takes one header in and returns how much data follows it; ok is false where the archive is cut inside.
func (w *walker) entry(h *header, data int64, next *records) (length int64, ok bool) {
	switch h.kind {
	case 'x', 'g', 'L', 'K', 'X':
		length = h.size
	default:
		h.apply(w.global)
		h.apply(*next)
		*next = records{}
		length = h.dataSize()
	}
	switch h.kind {
	case 'x', 'X', 'g', 'L', 'K':
		err := w.extend(h, data, next)
		if err != nil {
			w.x.Miss(h.name, err)
		}
	case 'V': // a volume's label
	case 'S', 'M', 'D', 'N':
		w.x.Miss(h.name, image.Errorf(image.Unsupported, data-blockSize, "entry of type %q", h.kind))
	default:
		w.add(h, data, length)
	}
	if length > w.size-data {
		w.x.Miss(h.name, image.Errorf(image.Truncated, w.size, "%d bytes stated, %d there", length, w.size-data))
		return length, false
	}
	return length, true
}

// extend reads a header that says more of the next entry, or of all that follow.
func (w *walker) extend(h *header, data int64, next *records) error {
	limit := int64(maxName)
	if h.kind == 'x' || h.kind == 'X' || h.kind == 'g' {
		limit = maxPax
	}
	raw, err := bin.ReadAt(w.r, w.size, data, h.size, limit)
	if err != nil {
		return err
	}
	switch h.kind {
	case 'L':
		next.set("path", cString(raw))
	case 'K':
		next.set("linkpath", cString(raw))
	case 'g':
		return w.global.parse(raw, data)
	default:
		return next.parse(raw, data)
	}
	return nil
}

// add puts a file, directory or link into the index.
func (w *walker) add(h *header, data, length int64) {
	name, note, err := image.CleanName(h.name)
	if err != nil {
		w.x.Miss(h.name, err)
		return
	}
	if h.sparse {
		w.x.Miss(name, image.Errorf(image.Unsupported, data-blockSize, "a sparse file of GNU tar"))
		return
	}
	mode := h.fileMode()
	e := image.Entry{Mode: mode, Attr: image.Attr{UID: h.uid, GID: h.gid, Label: h.label, Offset: -1, Note: note}}
	switch {
	case h.kind == '1':
		if e, err = w.hardLink(h); err != nil {
			w.x.Miss(name, err)
			return
		}
	case mode&fs.ModeSymlink != 0:
		e.Link = strings.ToValidUTF8(h.link, "\uFFFD")
	case mode.IsRegular():
		e.Size = length
		if length > 0 {
			e.Attr.Offset = data
		}
		stretch := &section{r: w.r, base: data, size: length}
		e.Open = func() (io.ReaderAt, error) { return stretch, nil }
	}
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
	}
}

// hardLink is what lies at the target now.
func (w *walker) hardLink(h *header) (image.Entry, error) {
	target, _, err := image.CleanName(h.link)
	if err != nil {
		return image.Entry{}, err
	}
	e, ok := w.x.Get(target)
	if !ok || e.Mode.IsDir() {
		return image.Entry{}, image.Errorf(image.Malformed, -1, "hard link to %q, which is no file before it", h.link)
	}
	return e, nil
}

// section is a stretch of the archive that may be cut short.
type section struct {
	r          io.ReaderAt
	base, size int64
}

func (s *section) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	var tail error
	if int64(len(p)) > s.size-off {
		p, tail = p[:s.size-off], io.EOF
	}
	n, err := s.r.ReadAt(p, s.base+off)
	if n == len(p) {
		return n, tail
	}
	if err == nil || err == io.EOF {
		err = image.Errorf(image.Truncated, s.base+off+int64(n), "the archive ends inside of this file")
	}
	return n, err
}
