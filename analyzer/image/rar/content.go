package rar

import (
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// FS is an opened archive. It is safe for concurrent use.
type FS struct {
	*image.Index
	a      *archive
	serial bool // files can only be decoded one after the other
	files  []file
}

// file is one with content.
type file struct {
	name string
	size int64
	nth  int // of the archive's entries
}

// maxStated bounds the size that is believed of a file.
const maxStated = 1 << 40

// list adds the files.
func (a *archive) list(x *FS, entries []entry) {
	var solid *solid
	for i, e := range entries {
		if e.Solid && solid == nil {
			solid = a.newSolid(entries)
			x.serial = true
		}
		a.add(x, entries, i, solid)
	}
}

// add lists one file.
func (a *archive) add(x *FS, entries []entry, i int, solid *solid) {
	e := entries[i]
	name, note, ok := clean(e.Name)
	if !ok {
		x.Miss("", image.Errorf(image.Malformed, -1, "%.100q is no path", e.Name))
		return
	}
	if name == "" {
		return
	}
	out := image.Entry{Mode: e.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky), Attr: image.Attr{Offset: -1, Note: note}}
	switch {
	case e.IsDir:
		out.Mode |= fs.ModeDir
	case e.LinkType == rardecode.LinkTypeHardLink || e.LinkType == rardecode.LinkTypeFileCopy:
		target, _, ok := clean(e.LinkTarget)
		of, found := x.Get(target)
		if !ok || !found {
			x.Miss(name, image.Errorf(image.Unsupported, -1, "a copy of %.100q, which is not before it", e.LinkTarget))
			return
		}
		out = of
	case e.Mode()&fs.ModeSymlink != 0 && e.LinkTarget != "":
		out.Mode, out.Link = out.Mode|fs.ModeSymlink, e.LinkTarget
	case e.UnKnownSize:
		x.Miss(name, image.Errorf(image.Unsupported, -1, "a file of unknown size"))
		return
	case e.UnPackedSize < 0 || e.UnPackedSize > maxStated:
		x.Miss(name, image.Errorf(image.Malformed, -1, "a file of %d bytes", e.UnPackedSize))
		return
	default:
		name = x.Free(name)
		a.content(x, &out, name, entries, i, solid)
	}
	if err := x.Add(name, out); err != nil {
		x.Miss(name, err)
	}
}

// content gives a regular file its content.
func (a *archive) content(x *FS, out *image.Entry, name string, entries []entry, i int, solid *solid) {
	e := entries[i]
	out.Size = e.UnPackedSize
	if e.Encrypted {
		if a.lock != nil {
			x.Miss(name, a.lock)
			out.Open = func() (io.ReaderAt, error) { return nil, a.lock }
			return
		}
		out.Attr.Note = locked.Note(a.key)
		if err := a.sample(e); err != nil {
			x.Miss(name, err)
		}
	}
	if err := a.budget.CheckRatio(out.Size, a.size); err != nil {
		x.Miss(name, err)
		return
	}
	if solid != nil {
		at := solid.at[i]
		out.Open = func() (io.ReaderAt, error) { return solid.open(at, e.UnPackedSize), nil }
	} else {
		packed := e.PackedSize
		if len(a.parts) > 1 { // it is that of the first volume
			packed = a.size
		}
		stream := a.budget.NewStream(e.UnPackedSize, packed, func() (io.ReadCloser, error) { return begin(e.open) })
		out.Open = func() (io.ReaderAt, error) {
			if !e.Encrypted {
				if r := stored(e); r != nil {
					return r, nil
				}
			}
			return stream.Open(), nil
		}
	}
	x.files = append(x.files, file{name, e.UnPackedSize, i})
}

// sample reads the start of an encrypted file: others of the archive may have another password.
func (a *archive) sample(e entry) error {
	if a.sampled++; a.sampled > maxSampled || e.Solid || e.UnPackedSize == 0 {
		return nil
	}
	r, err := begin(e.open)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.ReadFull(r, make([]byte, 1))
	return reason(err)
}

// clean makes an archive's name one of io/fs; "" is the root.
func clean(raw string) (name, note string, ok bool) {
	var elems []string
	for elem := range strings.SplitSeq(strings.ReplaceAll(raw, `\`, "/"), "/") {
		if elem == "" || elem == "." {
			continue
		}
		base, odd, ok := image.ValidName(elem)
		if !ok {
			return "", "", false
		}
		if odd != "" {
			note = odd
		}
		elems = append(elems, base)
	}
	return path.Join(elems...), note, true
}

// stored reads a file where it lies, if it was not compressed: the library's reader can then seek.
func stored(e entry) io.ReaderAt {
	s := &seeking{open: e.open, n: e.UnPackedSize}
	if s.start(0) != nil {
		return nil
	}
	return s
}

// seeking is random access by one reader at a time.
type seeking struct {
	mu   sync.Mutex
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
	pos  int64 // of r
	n    int64
}

// start opens the file anew: its reader ends after as many bytes as the file has, whatever was sought in between.
func (s *seeking) start(off int64) error {
	if s.r != nil {
		s.r.Close()
		s.r = nil
	}
	r, err := s.open()
	if err != nil {
		return reason(err)
	}
	k, ok := r.(io.Seeker)
	if !ok {
		r.Close()
		return image.Errorf(image.Unsupported, -1, "not stored")
	}
	if _, err := contained(func() (int64, error) { return k.Seek(off, io.SeekStart) }); err != nil {
		r.Close()
		return reason(err)
	}
	s.r, s.pos = r, off
	return nil
}

// ReadAt implements [io.ReaderAt].
func (s *seeking) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r == nil || s.pos != off {
		if err := s.start(off); err != nil {
			return 0, err
		}
	}
	want := p[:min(int64(len(p)), s.n-off)]
	n, err := contained(func() (int, error) { return io.ReadFull(s.r, want) })
	s.pos += int64(n)
	if n < len(want) {
		s.pos = -1
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return n, reason(err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close implements [io.Closer].
func (s *seeking) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r == nil {
		return nil
	}
	err := s.r.Close()
	s.r = nil
	return err
}

// begin starts decoding.
func begin(open func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	r, err := open()
	if err != nil {
		return nil, reason(err)
	}
	return paced(r), nil
}

// paced ends decoding that gets nowhere: the filters of RAR 3 are programs, and an archive of a kilobyte can have
// some that run for minutes.
func paced(r io.ReadCloser) *pace { return &pace{ReadCloser: r, start: time.Now()} }

type pace struct {
	io.ReadCloser
	start time.Time
	done  int64
	cause error // of the end, in the library's words
}

const (
	patience = 8 * time.Second
	slowest  = 64 << 10 // bytes a second
)

func (p *pace) Read(b []byte) (int, error) {
	n, err := contained(func() (int, error) { return p.ReadCloser.Read(b) })
	p.done += int64(n)
	p.cause = err
	if spent := time.Since(p.start); err == nil && spent > patience && p.done < int64(spent.Seconds()*slowest) {
		return n, image.Errorf(image.OverBudget, -1, "%d bytes decoded in %d s", p.done, int(spent.Seconds()))
	}
	return n, reason(err)
}
