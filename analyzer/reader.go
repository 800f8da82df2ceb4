package analyzer

import (
	"context"
	"io/fs"
	"runtime"
	"sync/atomic"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func (o Options) jobs() int {
	if o.Jobs > 0 {
		return o.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// reader turns files of the tree into units of the record. Its visit runs concurrently.
type reader struct {
	list   []*fact.Analyzer
	budget *image.Budget
	opt    Options
	files  atomic.Int64
	boot   *verifiedBoot
	code   optimisers
	kept   codeFiles
	twins  twins
	named  map[string][]named // by the path of the file, once the walk is done
	// callers are those of classes that no file of theirs defines, once flows are followed.
	callers callers
	offered map[string][]string // content addresses that meta-data names; see [offeredBy]
	nowhere absentFiles
	libs    *libraries // that apps are linked to, once flows are followed
}

// visit reads one file. It returns nil for files that only fill archives and say nothing themselves.
func (r *reader) visit(ctx context.Context, f *image.File, c *image.Container) *fact.Unit {
	n := r.files.Add(1)
	if r.opt.Progress != nil && n%64 == 0 {
		r.opt.Progress(int(n), f.Path.String())
	}
	u := &fact.Unit{File: fact.FileInfo{
		Path: f.Path, Size: f.Size, Mode: f.Mode, Link: f.Link, PartOf: f.PartOf,
		UID: f.Attr.UID, GID: f.Attr.GID, Label: f.Attr.Label,
	}}
	if c != nil {
		u.File.Kind = c.Kind()
		u.Gaps = append(u.Gaps, c.Gaps...)
		r.code.note(f, c)
	}
	if r.opt.Verify && packagingOrPackage(f) {
		var list []Checked
		if c != nil {
			list = checks(ctx, f, c)
		}
		u.Facts = append(u.Facts, integrity(append(list, r.boot.check(ctx, f, c)...))...)
	}
	if f.IsRegular() && f.PartOf == "" {
		if err := image.Contain(func() error { r.read(f, c, u); return nil }); err != nil {
			u.Gaps = append(u.Gaps, image.GapOf(f.Path, "scan", err))
		}
	}
	if f.Realm == image.Member && len(u.Facts)+len(u.Tables)+len(u.Gaps) == 0 && c == nil {
		return nil
	}
	return u
}

// read runs the analyzers and takes the digest. Packaging has neither: what counts is what lies inside.
func (r *reader) read(f *image.File, c *image.Container, u *fact.Unit) {
	if c != nil && c.Filesystem {
		return
	}
	s := &fact.Subject{File: f, Head: image.Head(f, fact.HeadSize), Kind: u.File.Kind}
	if c != nil {
		s.FS = c.FS
	}
	if n := int64(len(s.Head)); n < min(f.Size, fact.HeadSize) {
		// Nothing recognises a file whose first bytes cannot be had: without this it would go unnoticed.
		if _, err := f.ReadAt(make([]byte, 1), n); err != nil {
			u.Gaps = append(u.Gaps, image.GapOf(f.Path, "head", err))
		}
	}
	out := fact.Run(r.list, s, r.budget)
	u.Facts, u.Tables, u.File.Ran = append(u.Facts, out.Facts...), out.Tables, out.Ran
	r.kept.keep(f, u)
	u.Gaps = append(u.Gaps, out.Gaps...)
	if f.Realm == image.Member && len(u.Facts)+len(u.Tables) == 0 || r.packaging(f, c) {
		return
	}
	sum, err := f.Digest()
	if err != nil {
		u.Gaps = append(u.Gaps, image.GapOf(f.Path, "digest", err))
		return
	}
	u.File.SHA256 = sum
	r.twins.share(u)
}

// packaging reports whether f is a container around the device's files rather than one of them.
func (r *reader) packaging(f *image.File, c *image.Container) bool {
	if c == nil || f.Realm != image.Packaging || len(f.Path) == 1 {
		return false
	}
	_, err := fs.Stat(noNil{c.FS}, "AndroidManifest.xml")
	return err != nil
}

// noNil is a file system that may be missing.
type noNil struct{ fs.FS }

func (n noNil) Open(name string) (fs.File, error) {
	if n.FS == nil {
		return nil, fs.ErrNotExist
	}
	return n.FS.Open(name)
}
