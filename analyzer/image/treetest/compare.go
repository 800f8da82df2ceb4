package treetest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// Digest is all that is compared of a file.
type Digest struct {
	Mode fs.FileMode
	Size int64
	Link string
	Sum  string
}

// Digests reads all files, each in pieces of a size that divides nothing.
func Digests(t testing.TB, fsys fs.FS) map[string]Digest {
	t.Helper()
	return DigestsBy(t, fsys, 77777)
}

// DigestsBy does so in pieces of a number of bytes: large ones for formats with large blocks.
func DigestsBy(t testing.TB, fsys fs.FS, piece int) map[string]Digest {
	t.Helper()
	out := map[string]Digest{}
	buf := make([]byte, piece)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return err
		}
		g := Digest{Mode: info.Mode()}
		switch {
		case g.Mode&fs.ModeSymlink != 0:
			g.Link, err = fs.ReadLink(fsys, name)
		case g.Mode.IsRegular():
			g.Size = info.Size()
			g.Sum, err = sum(fsys, name, buf)
		}
		out[name] = g
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

func sum(fsys fs.FS, name string, buf []byte) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	for off := int64(0); ; {
		n, err := f.(io.ReaderAt).ReadAt(buf, off)
		h.Write(buf[:n])
		if off += int64(n); err == io.EOF {
			return fmt.Sprintf("%x", h.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
	}
}

// Compare compares an image with the digests of the tree it was made of.
func Compare(t *testing.T, want map[string]Digest, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	if d := cmp.Diff(want, Digests(t, fsys)); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}

// CheckOffsets compares the bytes at Attr.Offset with the start of the file, and returns how many files have one.
func CheckOffsets(t *testing.T, raw []byte, fsys fs.FS, unit int) (n int) {
	t.Helper()
	for name, g := range Digests(t, fsys) {
		if !g.Mode.IsRegular() {
			continue
		}
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		at := info.Sys().(*image.Attr).Offset
		if at < 0 {
			continue
		}
		n++
		data, err := fs.ReadFile(fsys, name)
		if err != nil || !bytes.HasPrefix(raw[at:], data[:min(unit, len(data))]) {
			t.Errorf("%s does not lie at 0x%x: %v", name, at, err)
		}
	}
	return n
}
