package treetest

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"testing"

	"romscan/analyzer/image"
)

// Small is a budget that a fuzzer's input must not get beyond.
func Small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 2000, Ratio: 100, Depth: 4, Memory: 16 << 20, Spool: 1 << 20, MaxFile: 1 << 20})
}

// Fuzz changes words of made images: patches are a position and four bytes each. refit mends checksums that would keep
// every changed image from being read.
func Fuzz(f *testing.F, format image.Format, refit func([]byte), images [][]byte) {
	for k, raw := range images {
		f.Add(uint8(k), []byte{})
		for at := 0; at+4 <= len(raw); at += 4 {
			if w := binary.LittleEndian.Uint32(raw[at:]); w != 0 && w != 1<<32-1 && (at < 256 || at%588 == 0) {
				f.Add(uint8(k), binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(at/4)), w^1<<(at%32)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, patches []byte) {
		raw := bytes.Clone(images[int(which)%len(images)])
		for ; len(patches) >= 5; patches = patches[min(len(patches), 8):] {
			at := int64(binary.LittleEndian.Uint32(patches)) * 4 % int64(len(raw))
			copy(raw[at:], patches[4:min(len(patches), 8)])
		}
		refit(raw)
		r := bytes.NewReader(raw)
		format.Sniff(r, r.Size())
		fsys, err := format.Open(r, r.Size(), Small())
		if err == nil {
			ReadAll(t, fsys)
			if v, ok := fsys.(image.Verifier); ok {
				v.Verify(t.Context(), func(image.Check) bool { return true })
			}
		}
	})
}

// ReadAll reads the start, the middle and the end of every file.
func ReadAll(t *testing.T, fsys fs.FS) {
	buf := make([]byte, 8<<10)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		file, err := fsys.Open(name)
		if err != nil {
			return nil
		}
		defer file.Close()
		for _, off := range []int64{0, info.Size() / 2, info.Size() - 100} {
			n, err := file.(io.ReaderAt).ReadAt(buf, max(off, 0))
			if n < len(buf) && err == nil {
				t.Errorf("%s: %d bytes at %d of %d without an error", name, n, off, info.Size())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzOpen opens whatever it is given, recognised or not, reads a piece of every file and verifies what can be verified.
func FuzzOpen(f *testing.F, format image.Format) {
	limits := image.DefaultLimits()
	limits.Memory = 16 << 20
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		format.Sniff(r, r.Size())
		fsys, err := format.Open(r, r.Size(), image.NewBudget(limits))
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			file, err := fsys.Open(name)
			if err != nil {
				return err
			}
			_, _ = file.(io.ReaderAt).ReadAt(buf, 1) // a cut part fails; it must not do more
			return file.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := fsys.(image.Verifier); ok {
			v.Verify(t.Context(), func(image.Check) bool { return true })
		}
	})
}
