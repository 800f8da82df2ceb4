package image

import (
	"fmt"
	"io/fs"
	"strings"
)

// Opener descends into containers with a list of formats, tried in order.
type Opener struct {
	Formats []Format
	Budget  *Budget
	// Enter decides which files are opened as containers; nil means all.
	Enter func(*File) bool
	// Again, where set, is called when Walk begins anew because a limit was reached by several workers: what its visits
	// left elsewhere than in their results is to be forgotten.
	Again func()
}

// Container is what a file turned out to hold.
type Container struct {
	Formats    []string // opened to get here, outermost first: sparse, ext4
	Filesystem bool     // its files are a device's
	FS         fs.FS
	Layers     []fs.FS // what each of Formats opened as; the last is FS. Shorter where a format could not be opened
	// Stream is what the last format was opened from, or, where nothing opens it, what the layers around it hold: the
	// raw bytes of a partition, whatever it is wrapped in. It is closed with the file.
	Stream *File
	Files  []*File // everything inside, directories and links too, in lexical order of their names; then the wholes of sets
	Gaps   []Gap
	tally  *tally
	missed int // files left out for their size
}

// Kind prints the formats: "sparse,ext4".
func (c *Container) Kind() string { return strings.Join(c.Formats, ",") }

type openSet struct {
	format *Format
	parts  []*File
}

func (s *openSet) open() []Part {
	parts := make([]Part, len(s.parts))
	for i, p := range s.parts {
		parts[i] = Part{Name: p.Path.Name(), ReaderAt: p, Size: p.Size}
	}
	return parts
}

// Expand opens f if its content is of a known format. It returns nil for a file that is no container, and a
// Container with Gaps and without FS for one that could not be opened.
func (o *Opener) Expand(f *File) *Container {
	if f.PartOf != "" || o.Enter != nil && !o.Enter(f) {
		return nil
	}
	if f.tree != nil {
		return o.list(f, &Container{Formats: []string{"dir"}, FS: f.tree, Layers: []fs.FS{f.tree}, tally: o.Budget.tallyOf(f)})
	}
	if !f.IsRegular() {
		return nil
	}
	if f.set != nil {
		return o.expandSet(f, f.set)
	}
	if c := o.expandStream(f, f, &Container{}); c != nil || len(f.Path) > 1 {
		return c
	}
	if s := o.lone(f); s != nil {
		return o.expandSet(f, s)
	}
	return nil
}

// expandStream opens inner, which is f or what the layers around, outer, make of f.
func (o *Opener) expandStream(f, inner *File, outer *Container) *Container {
	format, gaps := o.sniff(f.Path, inner)
	if format == nil {
		if len(gaps) == 0 {
			return nil
		}
		return &Container{Formats: append(outer.Formats, gaps[0].By), Gaps: gaps, Layers: outer.Layers, Stream: inner}
	}
	c := &Container{Formats: append(outer.Formats, format.Name), Filesystem: format.Filesystem, Gaps: gaps, Layers: outer.Layers, Stream: inner}
	if f.Path.Depth()+len(outer.Formats) >= o.Budget.Depth {
		err := fmt.Errorf("%w: %d containers deep", ErrBudget, f.Path.Depth()+len(outer.Formats))
		c.Gaps = append(c.Gaps, GapOf(f.Path, format.Name, err))
		return c
	}
	c.tally = o.Budget.tallyOf(inner)
	err := c.tally.open()
	if err == errRefused {
		return c // Budget.Refused tells
	}
	if err == nil {
		err = Contain(func() (err error) {
			if f.rest != nil && f.rest.format == format {
				c.FS, err = o.openWith(f, inner, c)
			} else {
				c.FS, err = format.Open(inner, inner.Size, o.Budget)
			}
			return err
		})
	}
	if err != nil {
		c.FS = nil
		c.Gaps = append(c.Gaps, GapOf(f.Path, format.Name, err))
		return c
	}
	return o.enter(f, c, format)
}

// enter lists a container, or goes on through a layer that holds a single stream.
func (o *Opener) enter(f *File, c *Container, format *Format) *Container {
	c.Layers = append(c.Layers, c.FS)
	c = o.list(f, c)
	if !format.Single || len(c.Files) != 1 {
		return c
	}
	only := c.Files[0]
	stream := &File{Path: f.Path, Size: only.Size, Mode: only.Mode, Attr: only.Attr, Realm: f.Realm, open: only.open, within: c.tally}
	f.nest(stream)
	if next := o.expandStream(f, stream, c); next != nil {
		next.Gaps = append(c.Gaps, next.Gaps...)
		return next
	}
	c.Stream = stream
	return c
}

// sniff finds the first format that the content is of. A format that panics is passed over with a Gap.
func (o *Opener) sniff(at Path, f *File) (*Format, []Gap) {
	if f.Size == 0 {
		return nil, nil
	}
	var gaps []Gap
	var r *headed
	if err := Contain(func() error { r = newHeaded(f, f.Size); return nil }); err != nil {
		return nil, []Gap{GapOf(at, "image", err)}
	}
	for i := range o.Formats {
		format := &o.Formats[i]
		if format.Sniff == nil {
			continue
		}
		var is bool
		err := Contain(func() error { is = format.Sniff(r, f.Size); return nil })
		if err != nil {
			gaps = append(gaps, GapOf(at, format.Name, err))
		} else if is {
			return format, gaps
		}
	}
	return nil, gaps
}
