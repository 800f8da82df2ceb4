package image

import (
	"fmt"
	"io/fs"
)

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
