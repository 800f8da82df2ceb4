package cpio

import (
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxLink is PATH_MAX of Linux: what a symbolic link can hold.
const maxLink = 4096

// linked is a file with several names.
type linked struct {
	content *header  // the entry that has the data, nil until it comes
	waiting []string // names that came before it
}

// add puts one entry into the index.
func (w *walker) add(h *header) {
	if h.nameSize > maxName {
		w.x.Miss("", image.Errorf(image.Malformed, h.data, "a name of %d bytes", h.nameSize))
		return
	}
	name, note, err := image.CleanName(h.name)
	if err != nil {
		w.x.Miss(h.name, err)
		return
	}
	mode, ok := image.UnixMode(h.mode)
	if !ok {
		w.x.Miss(name, image.Errorf(image.Malformed, h.data, "a file of mode %o", h.mode))
		return
	}
	if old, found := w.x.Get(name); found && !old.Mode.IsDir() {
		note = "replaces an entry of this name before it"
	}
	e := image.Entry{Mode: mode, Attr: image.Attr{UID: h.uid, GID: h.gid, Offset: -1, Note: note}}
	switch {
	case mode&fs.ModeSymlink != 0:
		e.Link, err = w.target(h)
		if err != nil {
			w.x.Miss(name, err)
		}
	case mode.IsRegular():
		w.fill(&e, h)
		if h.layout.name == "crc" && h.size > 0 {
			w.sums = append(w.sums, sum{name: name, stated: h.sum, at: h.pos + sumOffset, data: h.data, size: h.size})
		}
	}
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
		return
	}
	if mode.IsRegular() && h.layout.linked && h.links > 1 {
		w.link(name, h)
	}
}

// fill makes e the file whose data h has.
func (w *walker) fill(e *image.Entry, h *header) {
	e.Size = h.size
	if h.size > 0 {
		e.Attr.Offset = h.data
	}
	data := image.NewSection(w.r, h.data, h.size)
	e.Open = func() (io.ReaderAt, error) { return data, nil }
}

// link gives all names of one file its data, which comes with the last of them.
func (w *walker) link(name string, h *header) {
	l := w.links[h.inode]
	if l == nil {
		l = &linked{}
		w.links[h.inode] = l
	}
	switch {
	case h.size > 0:
		l.content = h
		for _, earlier := range l.waiting {
			w.share(earlier, h)
		}
		l.waiting = nil
	case l.content != nil:
		w.share(name, l.content)
	default:
		l.waiting = append(l.waiting, name)
	}
}

// share gives the empty file at name the data of h.
func (w *walker) share(name string, h *header) {
	e, ok := w.x.Get(name)
	if !ok || !e.Mode.IsRegular() || e.Size > 0 {
		return // replaced since
	}
	w.fill(&e, h)
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
	}
}

func (w *walker) target(h *header) (string, error) {
	raw, err := bin.ReadAt(w.r, w.size, h.data, h.size, maxLink)
	if err != nil {
		return "", err
	}
	return strings.ToValidUTF8(cString(raw), "\uFFFD"), nil
}
