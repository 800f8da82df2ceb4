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
	Base     *image.File                  // firmware that incremental updates start from; nil where there is none
	Keys     *image.Keys                  // for encrypted containers; may be nil
	Flows    bool                         // follow data through the code of apps
	Profile  string                       // of the vocabulary: which calls count as places where data leaves; "" is the network and messages
	Verify   bool                         // compare partitions with the checksums they come with
	Cache    *Cache                       // of what is known of apps from other images; may be nil
	Progress func(files int, path string) // called now and then, from any goroutine; may be nil
}

// OpenInput opens an image or a directory on the host as the root of a tree; of several, files of one device, a
// directory of all of them. The returned function closes it.
func OpenInput(names ...string) (*image.File, func() error, error) {
	if len(names) != 1 {
		fsys, err := dir.OpenSeveral(names)
		if err != nil {
			return nil, nil, err
		}
		return image.NewTree(filepath.Base(filepath.Clean(names[0]))+" …", fsys), fsys.Close, nil
	}
	name := names[0]
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
	opener, err := opt.opener()
	if err != nil {
		return nil, err
	}
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
	for _, f := range opener.Formats {
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
	r := &reader{list: list, budget: opener.Budget, opt: opt, boot: newVerifiedBoot()}
	opener.Again = func() { r.boot, r.twins = newVerifiedBoot(), twins{}; r.files.Store(0) }
	units, err := image.Walk(ctx, opener, root, opt.jobs(), func(f *image.File, c *image.Container) *fact.Unit { return r.visit(ctx, f, c) })
	rec.Gaps = append(rec.Gaps, opener.Budget.Refused()...)
	units = slices.DeleteFunc(units, func(u *fact.Unit) bool { return u == nil })
	rec.Units = make([]fact.Unit, len(units))
	for i, u := range units {
		rec.Units[i] = *u
	}
	if opt.Verify && err == nil {
		var late []Checked
		if late, err = r.boot.finish(ctx, opener, root, opt.jobs()); len(late) > 0 {
			addIntegrity(rec, late)
		}
	}
	if err == nil {
		err = r.recoverCalls(ctx, root, rec)
		settleUsed(rec)
	}
	if err == nil {
		err = r.addStated(rec)
	}
	if opt.Flows && err == nil {
		err = r.follow(ctx, rec, opt.jobs())
		rec.Flows = err == nil
	}
	rec.Complete = err == nil
	if err != nil {
		rec.Gaps = append(rec.Gaps, image.Gap{At: root.Path, Offset: -1, Reason: image.OverBudget, By: "scan", Detail: "scan ended early: " + err.Error()})
	}
	return rec, nil
}
