// Package image opens firmware: bytes become a tree of files, in place and lazily.
//
// In: an [io.ReaderAt] or a directory. Out: [File] values, found by descending through every container whose
// content (never its name) says what it is. Nothing is unpacked: stored, sparse and extent-mapped data are
// address translations; only serial streams are decoded, into a bounded cache or one unlinked temporary file.
//
//	o := &image.Opener{Formats: formats, Budget: image.NewBudget(image.DefaultLimits())}
//	image.Walk(ctx, o, root, jobs, func(f *image.File, c *image.Container) T { … })
//
// Limit: this package knows no format; a format is one folder below it and one line in analyzer.Formats.
package image

import (
	"io"
	"io/fs"
)

// Format is one packaging or filesystem.
//
// Open's result passes fstest.TestFS. Its regular files implement [io.ReaderAt], safely for concurrent use.
// If the FS implements [fs.ReadLinkFS], symbolic links are reported with their targets; if a FileInfo's
// Sys returns *[Attr], owner, label and data offset are kept; if the FS implements [Gapper], what could not
// be read inside is reported although Open succeeded.
type Format struct {
	Name   string   // short, lower case: "ext4"
	Doc    string   // one sentence: what it is and who ships it
	Refs   []string // where the format is written down
	Limits []string // what is not read

	// Single marks a layer that holds exactly one stream (gzip, sparse): its content takes the place of the
	// file, without a path segment of its own.
	Single bool

	// Filesystem marks a format whose files are those of a device: what lies inside is firmware, not packaging.
	Filesystem bool

	// Sniff reports whether the bytes are of this format. It reads little and trusts no name.
	Sniff func(r io.ReaderAt, size int64) bool

	// Open reads the format's index. It refuses with an *Error.
	Open func(r io.ReaderAt, size int64, b *Budget) (fs.FS, error)

	// Group picks, from the names of one directory, the sets of siblings that share one address space, each in
	// order; OpenSet opens one such set. Both nil for formats that live in one file.
	Group func(names []string) []Set
	// Fits decides by content and sizes whether a set that Group found is one; nil means always. Siblings that are no
	// set are opened each on its own.
	Fits    func(parts []Part) bool
	OpenSet func(parts []Part, b *Budget) (fs.FS, error)

	// Beside picks, for a file of this format that is not whole alone, the siblings that hold the rest: indexes, in the
	// order in which OpenSet takes them behind the file. None where the file is whole, or nothing fits. Nil for formats
	// that live in one file. Of siblings only names and sizes are known cheaply; OpenSet gets what single layers around
	// them hold (sparse).
	Beside func(lead Part, siblings []Part) []int
}

// Set is a group of sibling files that only together make sense.
type Set struct {
	Name  string   // what the whole is called: "super.img"
	Names []string // the siblings, in their order
}

// Part is one opened member of a Set.
type Part struct {
	Name string
	io.ReaderAt
	Size int64
}

// Attr is what a filesystem knows of a file beyond [fs.FileInfo]; FileInfo.Sys returns a pointer to it.
type Attr struct {
	UID, GID uint32
	Label    string // SELinux context, "" where none
	Offset   int64  // of the first data byte in the container, -1 where there is none
	Note     string // what the container says oddly of this file, "" normally
}

// Gapper is implemented by a file system that was opened although parts of it could not be read.
type Gapper interface{ Gaps() []*Error }
