package payload

import (
	"crypto/sha256"
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Verify reads a whole partition and compares it with the sha256 that the manifest states for it. fsys is what
// Open returned, name one of its files. It returns nil where they are equal; an *image.Error that is Malformed
// where they differ and Unsupported where there is none to compare with; else why the partition cannot be read.
func Verify(fsys fs.FS, name string) error {
	p, ok := fsys.(*Payload)
	if !ok {
		return &fs.PathError{Op: "verify", Path: name, Err: fs.ErrInvalid}
	}
	part := p.partitions[name]
	if part == nil {
		return &fs.PathError{Op: "verify", Path: name, Err: fs.ErrNotExist}
	}
	if !part.hasHash {
		return image.Errorf(image.Unsupported, headerSize+part.at, "the manifest states no sha256 of %s", part.name)
	}
	f, err := p.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		return err
	}
	if got := [sha256.Size]byte(h.Sum(nil)); got != part.hash {
		return image.Errorf(image.Malformed, headerSize+part.at, "sha256 of %s is %x, the manifest states %x", part.name, got, part.hash)
	}
	return nil
}
