package image

import (
	"io"
	"path"
)

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
