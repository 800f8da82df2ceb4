package treetest

import (
	"bytes"
	"io/fs"
	"os"
	"testing"

	"romscan/analyzer/image"
)

// BytesOf reads a made image.
func BytesOf(t testing.TB, img string) []byte {
	t.Helper()
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Open opens an image under the limits of the command line.
func Open(format image.Format, raw []byte) (fs.FS, error) {
	return format.Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

// Load opens an image that has to be recognised.
func Load(t testing.TB, format image.Format, raw []byte) fs.FS {
	t.Helper()
	if !format.Sniff(bytes.NewReader(raw), int64(len(raw))) {
		t.Fatal("not recognised")
	}
	fsys, err := Open(format, raw)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// LoadFile opens an image file.
func LoadFile(t testing.TB, format image.Format, img string) fs.FS {
	t.Helper()
	f, err := os.Open(img)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if !format.Sniff(f, info.Size()) {
		t.Fatalf("%s is not recognised", img)
	}
	fsys, err := format.Open(f, info.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}
