package treetest

import (
	"io"
	"io/fs"
	"testing"
)

// ReadTree reads every file through buf, start to end.
func ReadTree(b *testing.B, fsys fs.FS, buf []byte) {
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buf)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
