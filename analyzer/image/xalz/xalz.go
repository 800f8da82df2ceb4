// Package xalz reads compressed assemblies: what Xamarin and .NET for Android make of a DLL in a release build.
//
// In: a header with the decoded size and one LZ4 block. Out: an [image.Index] with one file, decoded when it is first
// read.
//
//	fsys, err := xalz.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "assembly.dll")
//
// Limit: the block carries no checksum; damage is seen only where it breaks the block.
package xalz

import (
	"io"
	"io/fs"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "assembly.dll"

// Format describes compressed assemblies.
func Format() image.Format {
	return image.Format{
		Name: "xalz",
		Doc:  "XALZ: a .NET assembly as one LZ4 block, as release builds of Xamarin and .NET for Android apps hold them, alone or in a store.",
		Refs: []string{"https://github.com/dotnet/android/blob/main/src/native/mono/xamarin-app-stub/xamarin-app.hh (CompressedAssemblyHeader)"},
		Limits: []string{
			"read were blocks made by LZ4 itself around real assemblies; no app was met that has some",
			"there is no checksum to compare",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			_, err := header(r, size)
			return err == nil
		},
		Open: open,
	}
}

const headerSize = 12

// maxRatio is the most an LZ4 block can grow: 255 bytes for each byte of a length.
const maxRatio = 255

// header returns the decoded size.
func header(r io.ReaderAt, size int64) (int64, error) {
	c := bin.Little(bin.Head(r, size, headerSize), 0)
	magic := c.Bytes(4)
	c.Skip(4) // index of a descriptor in the app's own library
	n := int64(c.U32())
	switch {
	case c.Err() != nil:
		return 0, c.Err()
	case string(magic) != "XALZ":
		return 0, image.Errorf(image.Malformed, 0, "no XALZ header")
	case n == 0 || n > (size-headerSize+1)*maxRatio:
		return 0, image.Errorf(image.Malformed, 8, "%d bytes in a block of %d", n, size-headerSize)
	}
	return n, nil
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	n, err := header(r, size)
	if err != nil {
		return nil, err
	}
	if err := b.CheckRatio(n, size); err != nil {
		return nil, err
	}
	if err := b.CheckMemory(n); err != nil {
		return nil, err
	}
	v := &view{r: r, encoded: size, size: n, budget: b}
	x := image.NewIndex()
	e := image.Entry{Mode: 0o444, Size: n, Attr: image.Attr{Offset: -1}, Open: func() (io.ReaderAt, error) { return v, nil }}
	return x, x.Add(Name, e)
}

// view is the decoded block. It is safe for concurrent use.
type view struct {
	r             io.ReaderAt
	encoded, size int64
	budget        *image.Budget
}

// ReadAt implements [io.ReaderAt]. Of a block that breaks off, what came before can be read.
func (v *view) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	data, err := v.budget.Cached(v, v.decode)
	if err != nil {
		return 0, err
	}
	if off >= int64(len(data)) {
		return 0, image.Errorf(image.Malformed, headerSize, "LZ4 block ends after %d of %d bytes", len(data), v.size)
	}
	n := copy(p, data[off:])
	switch {
	case n == len(p):
		return n, nil
	case int64(len(data)) < v.size:
		return n, image.Errorf(image.Malformed, headerSize, "LZ4 block ends after %d of %d bytes", len(data), v.size)
	}
	return n, io.EOF
}

func (v *view) decode() ([]byte, error) {
	src, err := bin.ReadAt(v.r, v.encoded, headerSize, v.encoded-headerSize, v.encoded)
	if err != nil {
		return nil, err
	}
	dst := make([]byte, v.size)
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil {
		return nil, image.Errorf(image.Malformed, headerSize, "LZ4 block: %v", err)
	}
	return dst[:n], nil
}
