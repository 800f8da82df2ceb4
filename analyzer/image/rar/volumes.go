package rar

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// volumes is the file system the library finds volumes in.
type volumes []image.Part

// Open implements [fs.FS].
func (v volumes) Open(name string) (fs.File, error) {
	for _, p := range v {
		if p.Name == name {
			return &volume{SectionReader: io.NewSectionReader(p, 0, p.Size), info: image.Info{Base: p.Name, Bytes: p.Size, Bits: 0o444}}, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// volume is one of them, opened. It can seek, so that stored files are read where they lie.
type volume struct {
	*io.SectionReader
	info image.Info
}

// Stat implements [fs.File].
func (v *volume) Stat() (fs.FileInfo, error) { return &v.info, nil }

// Close implements [fs.File].
func (v *volume) Close() error { return nil }
