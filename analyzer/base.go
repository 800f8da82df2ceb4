package analyzer

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"romscan/analyzer/image"
)

// opener returns what a read of one tree opens containers with.
func (o Options) opener() (*image.Opener, error) {
	b := image.NewBudget(o.Limits)
	b.Keys = o.Keys
	if o.Base != nil {
		b.Base = &baseImage{root: o.Base, opt: o}
	}
	return &image.Opener{Formats: Formats(), Budget: b}, nil
}

// baseImage finds partitions in the firmware that an incremental update starts from. It is listed when the first
// partition is asked for, and stays open.
type baseImage struct {
	root *image.File
	opt  Options

	once  sync.Once
	files []baseFile
}

// baseFile is one file of the packaging and the raw content it holds.
type baseFile struct {
	partition string
	file      *image.File
}

// Partition implements [image.Base].
func (b *baseImage) Partition(name string, size int64) (io.ReaderAt, int64, error) {
	b.once.Do(b.list)
	var sizes []string
	for _, f := range b.files {
		if f.partition != strings.ToLower(name) {
			continue
		}
		if size <= 0 || f.file.Size == size {
			return f.file, f.file.Size, nil
		}
		sizes = append(sizes, fmt.Sprint(f.file.Size))
	}
	if len(sizes) > 0 {
		return nil, 0, image.Errorf(image.Unsupported, -1, "%s has %s with %s bytes, the update starts from %d", b.root.Path, name, strings.Join(slices.Compact(sizes), " and "), size)
	}
	return nil, 0, image.Errorf(image.Unsupported, -1, "%s has no partition %s", b.root.Path, name)
}

// list opens the packaging of the base, and nothing that lies on the device.
func (b *baseImage) list() {
	opt := b.opt
	opt.Base = nil
	o, err := opt.opener()
	if err != nil {
		return
	}
	o.Formats = slices.DeleteFunc(o.Formats, func(f image.Format) bool { return f.Filesystem })
	o.Enter = func(f *image.File) bool { return f.Realm == image.Packaging }
	b.walk(o, b.root)
}

// walk is not image.Walk: the streams must stay open.
func (b *baseImage) walk(o *image.Opener, f *image.File) {
	c := o.Expand(f)
	stream := f
	if c != nil && c.Stream != nil {
		stream = c.Stream
	}
	if stream.IsRegular() && f.PartOf == "" { // system.new.dat is no partition, the set it is in makes one
		b.files = append(b.files, baseFile{basePartition(f.Path.Name()), stream})
	}
	if c == nil {
		return
	}
	for _, inside := range c.Files {
		b.walk(o, inside)
	}
}

// basePartition is the partition that a file is named after: system.img, SYSTEM_a.img, system.img.ext4.
func basePartition(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(path.Base(name)), ".")
	for _, slot := range []string{"_a", "_b"} {
		name = strings.TrimSuffix(name, slot)
	}
	return name
}

// packagingOrPackage enters what is around the device's files, and the packages on it whose content Android mounts.
func packagingOrPackage(f *image.File) bool {
	if f.Realm == image.Packaging {
		return true
	}
	for _, s := range f.Path[1:] {
		switch path.Ext(s.Name) {
		case ".apex", ".capex":
			return true
		}
	}
	return false
}
