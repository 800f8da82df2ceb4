package rar

import (
	"io"
	"io/fs"
	"path"
	"strings"

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
