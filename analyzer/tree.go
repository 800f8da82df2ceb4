package analyzer

import (
	"context"
	"fmt"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// Entry is one file of a tree with what it turned out to be.
type Entry struct {
	File *image.File
	Kind string      // formats it opened as
	Gaps []image.Gap // of the container
	// Opened says that the files inside are listed too.
	Opened bool
}

// List walks a tree without reading more than containers. deep also enters the archives among the device's
// files: APKs, JARs.
func List(ctx context.Context, root *image.File, opt Options, deep bool) ([]Entry, error) {
	o, err := opt.opener()
	if err != nil {
		return nil, err
	}
	if !deep {
		o.Enter = func(f *image.File) bool { return f.Realm == image.Packaging }
	}
	list, err := image.Walk(ctx, o, root, opt.jobs(), func(f *image.File, c *image.Container) Entry {
		e := Entry{File: f}
		if c != nil {
			e.Kind, e.Gaps, e.Opened = c.Kind(), c.Gaps, c.FS != nil
		}
		return e
	})
	if len(list) > 0 {
		list[0].Gaps = append(list[0].Gaps, o.Budget.Refused()...)
	}
	return list, err
}

// Find opens the file that name means: the path `romscan ls` prints, "system.img//app/X.apk//classes.dex",
// or a device path with members, "/system/app/X.apk//classes.dex".
func Find(ctx context.Context, root *image.File, opt Options, name string) (*image.File, *image.Container, error) {
	o, err := opt.opener()
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(name, "/") && !strings.HasPrefix(name, image.Separator) {
		device, members, _ := strings.Cut(name, image.Separator)
		inner, err := devicePath(ctx, root, opt, device)
		if err != nil {
			return nil, nil, err
		}
		if name = inner; members != "" {
			name += image.Separator + members
		}
	}
	f, c := root, o.Expand(root)
	for seg := range strings.SplitSeq(name, image.Separator) {
		if name == "" {
			break
		}
		next := child(c, seg)
		if next == nil {
			return nil, nil, fmt.Errorf("%s: no %q inside; `romscan ls` lists what is there", f.Path, seg)
		}
		f, c = next, o.Expand(next)
	}
	return f, c, nil
}

func child(c *image.Container, name string) *image.File {
	if c == nil {
		return nil
	}
	for _, f := range c.Files {
		if f.Path.Name() == name {
			return f
		}
	}
	return nil
}

// devicePath finds the image path of a device path.
func devicePath(ctx context.Context, root *image.File, opt Options, device string) (string, error) {
	entries, err := List(ctx, root, opt, false)
	if err != nil {
		return "", err
	}
	layout := LayoutOf(entries)
	for _, e := range entries {
		if s := layout.Spot(e.File.Path); s.Device == device && s.Member == "" {
			return e.File.Path.Inner(), nil
		}
	}
	return "", fmt.Errorf("%s: no file %s on the device", root.Path, device)
}

// LayoutOf maps the files of a listing to device paths.
func LayoutOf(entries []Entry) *firmware.Layout {
	rec := &fact.Record{}
	for _, f := range Formats() {
		if f.Filesystem {
			rec.Filesystems = append(rec.Filesystems, f.Name)
		}
	}
	for _, e := range entries {
		rec.Units = append(rec.Units, fact.Unit{File: fact.FileInfo{Path: e.File.Path}})
	}
	return firmware.NewLayout(rec)
}
