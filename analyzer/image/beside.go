package image

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Files that may lie in several are few: what is called like the image of a partition. Directories with more of them
// than maxBeside, or with more files than maxSiblings, are no firmware's.
const (
	maxBeside   = 512
	maxSiblings = 4096
)

// looksLikeImage tells by its name what is worth being asked whether it lies in several files.
func looksLikeImage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".img", ".bin", ".raw", ".ext4", ".erofs", ".simg", ".blob":
		return true
	case "":
		return strings.HasPrefix(name, "super") || strings.HasPrefix(name, "system")
	}
	return false
}

// join finds the files that are not whole alone and gives them the siblings that hold the rest. The siblings stay
// listed and are not opened on their own; several files may share one.
func (o *Opener) join(c *Container) {
	if !slices.ContainsFunc(o.Formats, func(f Format) bool { return f.Beside != nil }) {
		return
	}
	dirs := map[string][]*File{}
	var order []string
	for _, child := range c.Files {
		if !child.IsRegular() || child.Size == 0 || child.PartOf != "" || child.set != nil || child.Realm != Packaging {
			continue
		}
		dir := path.Dir(child.Path.Name())
		if dirs[dir] == nil {
			order = append(order, dir)
		}
		dirs[dir] = append(dirs[dir], child)
	}
	for _, dir := range order {
		leads := slices.DeleteFunc(slices.Clone(dirs[dir]), func(f *File) bool { return !looksLikeImage(path.Base(f.Path.Name())) })
		if len(dirs[dir]) < 2 || len(dirs[dir]) > maxSiblings || len(leads) > maxBeside {
			continue
		}
		for _, lead := range leads {
			if lead.PartOf == "" {
				o.lead(lead, dirs[dir])
			}
		}
	}
}

// lead asks the format of one file for its siblings.
func (o *Opener) lead(f *File, all []*File) {
	defer f.Close()
	inner, _ := o.through(f)
	format, _ := o.sniff(f.Path, inner)
	if format == nil || format.Beside == nil {
		return
	}
	var files []*File
	var siblings []Part
	for _, s := range all {
		if s != f && s.rest == nil {
			files = append(files, s)
			siblings = append(siblings, Part{Name: path.Base(s.Path.Name()), ReaderAt: s, Size: s.Size})
		}
	}
	var picked []int
	// One that panics here does so again when the file is opened, and is told then.
	_ = Contain(func() error {
		picked = format.Beside(Part{Name: path.Base(f.Path.Name()), ReaderAt: inner, Size: inner.Size}, siblings)
		return nil
	})
	if len(picked) == 0 {
		return
	}
	s := &openSet{format: format}
	for _, i := range picked {
		if !slices.Contains(s.parts, files[i]) {
			s.parts = append(s.parts, files[i])
		}
		if files[i].PartOf == "" {
			files[i].PartOf = f.Path.Name()
		}
	}
	f.rest = s
}

// lone returns the set that an input makes that came alone: of the layers that nothing but their names tell, as they do
// among siblings. Its content was tried before.
func (o *Opener) lone(f *File) *openSet {
	if f.Size == 0 {
		return nil
	}
	for i := range o.Formats {
		format := &o.Formats[i]
		if format.Group == nil || !format.Single {
			continue
		}
		if sets := format.Group([]string{path.Base(f.Path.Name())}); len(sets) == 1 && len(sets[0].Names) == 1 {
			return &openSet{format: format, parts: []*File{f}}
		}
	}
	return nil
}

// through returns what lies in the layers around a file that hold a single stream: of a sparse image, the raw one. It
// is closed with the file.
func (o *Opener) through(f *File) (*File, []Gap) {
	inner := f
	var gaps []Gap
	for range o.Budget.Depth {
		format, _ := o.sniff(f.Path, inner)
		if format == nil || !format.Single {
			break
		}
		var only *File
		err := Contain(func() (err error) { only, err = single(format, inner, o.Budget, &gaps); return err })
		if err != nil {
			return inner, append(gaps, GapOf(f.Path, format.Name, err))
		}
		f.nest(only)
		inner = only
	}
	return inner, gaps
}

// single opens a layer and returns the one file in it.
func single(format *Format, f *File, b *Budget, gaps *[]Gap) (*File, error) {
	fsys, err := format.Open(f, f.Size, b)
	if err != nil {
		return nil, err
	}
	if g, ok := fsys.(Gapper); ok {
		for _, e := range g.Gaps() {
			*gaps = append(*gaps, GapOf(f.Path, format.Name, e))
		}
	}
	list, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	if len(list) != 1 || !list[0].Type().IsRegular() {
		return nil, Errorf(Malformed, -1, "%d files where one is due", len(list))
	}
	info, err := list[0].Info()
	if err != nil {
		return nil, err
	}
	name := list[0].Name()
	open := func() (fs.File, error) { return fsys.Open(name) }
	return &File{Path: f.Path, Size: max(info.Size(), 0), Mode: info.Mode(), Attr: Attr{Offset: -1}, Realm: f.Realm, open: open, within: f.within}, nil
}

// openWith opens a file together with the siblings that hold the rest of it.
func (o *Opener) openWith(f, inner *File, c *Container) (fs.FS, error) {
	parts := []Part{{Name: f.Path.Name(), ReaderAt: inner, Size: inner.Size}}
	for _, p := range f.rest.parts {
		raw, gaps := o.through(p)
		c.Gaps = append(c.Gaps, gaps...)
		parts = append(parts, Part{Name: p.Path.Name(), ReaderAt: raw, Size: raw.Size})
	}
	return f.rest.format.OpenSet(parts, o.Budget)
}
