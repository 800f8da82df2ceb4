package analyzer

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/dir"
)

// Options say how to scan.
type Options struct {
	Limits   image.Limits
	Jobs     int // files read at the same time; 0 means one per processor
	Tool     string
	Progress func(files int, path string) // called now and then, from any goroutine; may be nil
}

// OpenInput opens an image or a directory on the host as the root of a tree. The returned function closes it.
func OpenInput(name string) (*image.File, func() error, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil, err
	}
	base := filepath.Base(filepath.Clean(name))
	if info.IsDir() {
		fsys, err := dir.Open(name)
		if err != nil {
			return nil, nil, err
		}
		return image.NewTree(base, fsys), func() error { return nil }, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return image.NewFile(base, f, info.Size()), f.Close, nil
}

// Read sees everything in one tree: the part of a scan that needs the bytes. An interrupted read returns
// what it has with Complete false.
func Read(ctx context.Context, root *image.File, opt Options) (*fact.Record, error) {
	budget := image.NewBudget(opt.Limits)
	formats := Formats()
	list, err := Analyzers()
	if err != nil {
		return nil, err
	}
	if opt.Limits.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Limits.Duration)
		defer cancel()
	}
	rec := &fact.Record{Header: fact.Header{Version: fact.RecordVersion, Tool: opt.Tool, Input: root.Path.Name(), Size: root.Size}}
	for _, f := range formats {
		if f.Filesystem {
			rec.Filesystems = append(rec.Filesystems, f.Name)
		}
	}
	for _, a := range list {
		rec.Analyzers = append(rec.Analyzers, fmt.Sprintf("%s@%d", a.Name, a.Version))
	}
	if root.IsRegular() {
		sum, err := root.Digest()
		if err != nil {
			return nil, err
		}
		rec.SHA256 = hex.EncodeToString(sum[:])
	}
	r := &reader{list: list, budget: budget, opt: opt}
	opener := &image.Opener{Formats: formats, Budget: budget}
	units, err := image.Walk(ctx, opener, root, opt.jobs(), r.visit)
	units = slices.DeleteFunc(units, func(u *fact.Unit) bool { return u == nil })
	rec.Units = make([]fact.Unit, len(units))
	for i, u := range units {
		rec.Units[i] = *u
	}
	rec.Complete = err == nil
	if err != nil {
		rec.Gaps = append(rec.Gaps, image.Gap{At: root.Path, Offset: -1, Reason: image.OverBudget, By: "scan", Detail: "scan ended early: " + err.Error()})
	}
	return rec, nil
}
