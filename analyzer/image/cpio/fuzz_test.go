package cpio

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"testing"

	"romscan/analyzer/image"
)

func FuzzCpio(f *testing.F) {
	for _, magic := range magics {
		img := pack(magic, item{name: "d", mode: 0o40755}, item{name: "d/l", mode: 0o120777, data: "../a"}, item{name: "a", mode: 0o100644, ino: 3, links: 2},
			item{name: "b", mode: 0o100644, ino: 3, links: 2, data: "12345"})
		f.Add(append(append(img, 0, 0), pack(magic, file("c", "d"))...))
	}
	f.Fuzz(func(t *testing.T, img []byte) {
		limits := image.DefaultLimits()
		limits.Files = 1000
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(limits))
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil || !info.Mode().IsRegular() {
				return err
			}
			h, err := fsys.Open(name)
			if err != nil {
				return err
			}
			n, err := h.(io.ReaderAt).ReadAt(buf, 0)
			at := info.Sys().(*image.Attr).Offset
			if n > 0 && !bytes.Equal(buf[:n], img[at:at+int64(n)]) {
				t.Errorf("%q is not what lies at %d", name, at)
			}
			switch err {
			case nil, io.EOF:
				if int64(n) != min(info.Size(), int64(len(buf))) {
					t.Errorf("%q: %d bytes of %d", name, n, info.Size())
				}
			case io.ErrUnexpectedEOF:
				err = nil // cut
			}
			if err == io.EOF {
				err = nil
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		fsys.(*archive).Verify(context.Background(), func(image.Check) bool { return true })
	})
}
