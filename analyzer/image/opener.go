package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
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

func (o *Opener) expandSet(f *File, s *openSet) *Container {
	format := s.format
	c := &Container{Formats: []string{format.Name}, Filesystem: format.Filesystem, Stream: f, tally: o.Budget.tallyOf(f)}
	switch err := c.tally.open(); {
	case err == errRefused:
		return c
	case err != nil:
		c.Gaps = append(c.Gaps, GapOf(f.Path, format.Name, err))
		return c
	}
	err := Contain(func() (err error) {
		c.FS, err = format.OpenSet(s.open(), o.Budget)
		return err
	})
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

// list walks a container's file system once. What cannot be listed becomes a Gap of the container.
func (o *Opener) list(f *File, c *Container) *Container {
	err := Contain(func() error {
		return fs.WalkDir(c.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				c.miss(f, name, err)
				return nil // WalkDir goes on with the entries that came with the error
			}
			if name == "." {
				return nil
			}
			return o.add(f, c, name, d)
		})
	})
	if err != nil {
		c.Gaps = append(c.Gaps, GapOf(f.Path, c.Formats[len(c.Formats)-1], err))
	}
	if g, ok := c.FS.(Gapper); ok {
		for _, e := range g.Gaps() {
			c.Gaps = append(c.Gaps, GapOf(f.Path, c.Formats[len(c.Formats)-1], e))
		}
	}
	if c.missed > maxMissed {
		c.miss(f, ".", fmt.Errorf("%w: %d more files of too many bytes", ErrBudget, c.missed-maxMissed))
	}
	if f.tree != nil {
		var size int64
		for _, child := range c.Files {
			size += child.Size
		}
		o.Budget.work.most.Store(plus(o.Budget.Work, size))
	}
	o.group(f, c)
	c.settle(f)
	o.join(c)
	if len(c.Files) > 0 && c.Files[0].Realm != Member {
		fit, err := c.tally.keep(len(c.Files))
		c.Files = c.Files[:fit]
		if err != nil && err != errRefused {
			c.miss(f, ".", err)
		}
	}
	return c
}

// maxMissed bounds the files left out that one container tells one by one.
const maxMissed = 100

// miss adds a Gap at name inside the container f.
func (c *Container) miss(f *File, name string, err error) {
	at := f.Path
	if name != "." {
		at = at.Join(Segment{Container: c.Kind(), Name: name, Offset: -1})
	}
	c.Gaps = append(c.Gaps, GapOf(at, c.Formats[len(c.Formats)-1], err))
}

func (o *Opener) add(f *File, c *Container, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		c.miss(f, name, err)
		return nil
	}
	child := &File{Mode: info.Mode(), Attr: Attr{Offset: -1}}
	if info.Mode().IsRegular() {
		if child.Size = info.Size(); child.Size < 0 {
			c.miss(f, name, Errorf(Malformed, -1, "a file of %d bytes", child.Size))
			return nil
		}
	}
	if err := c.tally.list(); err == errRefused {
		return fs.SkipAll
	} else if err != nil {
		return err
	}
	if err := o.Budget.list(child.Size); err != nil {
		if c.missed++; c.missed <= maxMissed {
			c.miss(f, name, err)
		}
		return nil
	}
	child.within = c.tally
	if a, ok := info.Sys().(*Attr); ok && a != nil {
		child.Attr = *a
	}
	child.Path = f.Path.Join(Segment{Container: c.Kind(), Name: name, Offset: child.Attr.Offset})
	if info.Mode()&fs.ModeSymlink != 0 {
		if links, ok := c.FS.(fs.ReadLinkFS); ok {
			child.Link, err = links.ReadLink(name)
			if err != nil {
				c.Gaps = append(c.Gaps, GapOf(child.Path, c.Formats[len(c.Formats)-1], err))
			}
		}
	}
	fsys := c.FS
	child.open = func() (fs.File, error) { return fsys.Open(name) }
	c.Files = append(c.Files, child)
	return nil
}

// group replaces siblings that share one address space by the file they make up; the siblings stay listed.
func (o *Opener) group(f *File, c *Container) {
	dirs := map[string][]string{}
	byName := map[string]*File{}
	var order []string
	for _, child := range c.Files {
		if !child.IsRegular() {
			continue
		}
		name := child.Path.Name()
		dir := path.Dir(name)
		if dirs[dir] == nil {
			order = append(order, dir)
		}
		dirs[dir] = append(dirs[dir], path.Base(name))
		byName[name] = child
	}
	for _, dir := range order {
		for i := range o.Formats {
			format := &o.Formats[i]
			if format.Group == nil {
				continue
			}
			for _, set := range format.Group(dirs[dir]) {
				o.addSet(f, c, format, dir, set, byName)
			}
		}
	}
}

func (o *Opener) addSet(f *File, c *Container, format *Format, dir string, set Set, byName map[string]*File) {
	name := path.Join(dir, set.Name)
	if byName[name] != nil {
		return
	}
	s := &openSet{format: format}
	var size int64
	for _, n := range set.Names {
		part := byName[path.Join(dir, n)]
		if part == nil || part.PartOf != "" {
			return
		}
		s.parts = append(s.parts, part)
		size += part.Size
	}
	if format.Fits != nil {
		fits := false
		if err := Contain(func() error { fits = format.Fits(s.open()); return nil }); err != nil || !fits {
			return
		}
	}
	for _, part := range s.parts {
		part.PartOf = name
	}
	whole := &File{
		Path: f.Path.Join(Segment{Container: c.Kind(), Name: name, Offset: -1}),
		Size: size, Mode: s.parts[0].Mode, Attr: Attr{Offset: -1}, set: s, within: c.tally,
	}
	whole.at = concat(s.parts)
	c.Files = append(c.Files, whole)
}

// concat reads the parts one after the other: what `cat` of the set gives.
type concat []*File

func (c concat) ReadAt(p []byte, off int64) (int, error) {
	total := 0
	for _, f := range c {
		if off >= f.Size {
			off -= f.Size
			continue
		}
		n, err := f.ReadAt(p[total:min(len(p), total+int(min(f.Size-off, int64(len(p)))))], off)
		total += n
		if total == len(p) {
			return total, nil
		}
		if err != nil && err != io.EOF {
			return total, err
		}
		off = 0
	}
	return total, io.EOF
}

// Contain runs f and turns a panic into an *Error: the one place where panics of formats and analyzers end.
func Contain(f func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		where := ""
		pc := make([]uintptr, 16)
		frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
		for {
			fr, more := frames.Next()
			if strings.Contains(fr.Function, "romscan/") {
				where = fmt.Sprintf(" in %s:%d", fr.Function, fr.Line)
				break
			}
			if !more {
				break
			}
		}
		var re runtime.Error
		if e, ok := v.(error); ok && errors.As(e, &re) {
			v = re.Error()
		}
		err = Errorf(Panicked, -1, "%v%s", v, where)
	}()
	return f()
}
