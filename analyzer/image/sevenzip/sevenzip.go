// Package sevenzip reads 7z archives.
//
// In: a .7z archive, encrypted ones with the password from the run's keys. Out: a *FS, an [image.Index] of its files.
// Each is decoded once when it is read, from the start of the block of files it was compressed with.
//
//	fsys, err := sevenzip.Format().Open(r, size, budget)
//
// Limit: the memory an archive's dictionary takes is what the archive says, up to the size of what it holds.
package sevenzip

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/bodgit/sevenzip"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes 7z archives.
func Format() image.Format {
	return image.Format{
		Name: "7z",
		Doc:  "7z archive: how collections and forums pack firmware; with --keys, `7z PASSWORD`.",
		Refs: []string{"https://www.7-zip.org/7z.html", "https://github.com/bodgit/sevenzip"},
		Limits: []string{
			"archives in several volumes are not put together",
			"the dictionary is allocated as the archive says, not as --mem says",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	magic = "7z\xBC\xAF\x27\x1C"
	// maxHeader bounds the header, which the library reads whole; that of 100,000 files takes 10 MB.
	maxHeader = 256 << 20
)

func sniff(r io.ReaderAt, size int64) bool {
	h := bin.Head(r, size, 32)
	return len(h) == 32 && string(h[:6]) == magic && h[6] == 0
}

// FS is an opened archive. It is immutable and safe for concurrent use.
type FS struct {
	*image.Index
	files map[string]*sevenzip.File
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	head, err := bin.ReadAt(r, size, 0, 32, 32)
	if err != nil {
		return nil, err
	}
	c := bin.Little(head[12:], 12)
	at, length := c.U64(), c.U64()
	switch {
	case at > uint64(size) || length > uint64(size) || 32+at+length > uint64(size):
		return nil, image.Errorf(image.Truncated, size, "the header of %d bytes is at 0x%x, behind the end", length, 32+at)
	case length > maxHeader:
		return nil, image.Errorf(image.OverBudget, 12, "a header of %d bytes, limit %d", length, maxHeader)
	}
	z, err := openAny(r, size, b)
	if err != nil {
		return nil, err
	}
	x := &FS{image.NewIndex(), map[string]*sevenzip.File{}}
	for _, f := range z.File {
		x.list(f, size, b)
	}
	return x, nil
}

// openAny opens an archive, with the passwords of the run where its header is encrypted.
func openAny(r io.ReaderAt, size int64, b *image.Budget) (*sevenzip.Reader, error) {
	z, err := sevenzip.NewReader(r, size)
	if err == nil && !locked(z) {
		return z, nil
	}
	for _, k := range b.Keys.Of("7z") {
		if with, kerr := sevenzip.NewReaderWithPassword(r, size, k.Fields[0]); kerr == nil && !locked(with) {
			return with, nil
		}
	}
	if err == nil {
		return z, nil // the names can be read; each file says that it is encrypted
	}
	return nil, reason(err)
}

// locked reports whether the first file with content cannot be decoded for want of a password.
func locked(z *sevenzip.Reader) bool {
	for _, f := range z.File {
		if f.UncompressedSize == 0 || f.FileInfo().IsDir() {
			continue
		}
		var re *sevenzip.ReadError
		h, err := f.Open()
		if err == nil {
			_, err = h.Read(make([]byte, 1))
			h.Close()
		}
		return errors.As(err, &re) && re.Encrypted
	}
	return false
}

func reason(err error) error {
	var re *sevenzip.ReadError
	switch {
	case errors.As(err, &re) && re.Encrypted:
		return image.Errorf(image.Encrypted, -1, "7z with a password (AES-256): %v", re.Err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return image.Errorf(image.Truncated, -1, "7z: %v", err)
	}
	return image.Errorf(image.Malformed, -1, "7z: %v", err)
}

// list adds one file. Names are slash-separated, whatever they look like in the archive.
func (x *FS) list(f *sevenzip.File, size int64, b *image.Budget) {
	info := f.FileInfo()
	var parts []string
	for p := range strings.SplitSeq(strings.ReplaceAll(f.Name, `\`, "/"), "/") {
		if p == "" || p == "." {
			continue
		}
		base, _, ok := image.ValidName(p)
		if !ok {
			x.Miss("", image.Errorf(image.Malformed, -1, "%.100q is no path", f.Name))
			return
		}
		parts = append(parts, base)
	}
	name := path.Join(parts...)
	e := image.Entry{Mode: info.Mode().Perm(), Attr: image.Attr{Offset: -1}}
	switch {
	case name == "":
		return
	case info.IsDir():
		e.Mode |= fs.ModeDir
	case info.Size() < 0:
		x.Miss(name, image.Errorf(image.Malformed, -1, "a file of %d bytes", info.Size()))
		return
	case info.Mode()&fs.ModeSymlink != 0:
		h, err := f.Open()
		if err == nil {
			var target []byte
			target, err = io.ReadAll(io.LimitReader(h, 4096))
			e.Link = string(target)
			h.Close()
		}
		if err != nil {
			x.Miss(name, reason(err))
			return
		}
		e.Mode |= fs.ModeSymlink
	default:
		name = x.Free(name)
		e.Size = info.Size()
		// What a file takes of the archive is known for its whole block only: the archive stands for it.
		stream := b.NewStream(e.Size, size, func() (io.ReadCloser, error) { return decode(f) })
		e.Open = func() (io.ReaderAt, error) { return stream.Open(), nil }
		x.files[name] = f
	}
	if err := x.Add(name, e); err != nil {
		x.Miss(name, err)
	}
}

// decode gives errors their reasons.
func decode(f *sevenzip.File) (io.ReadCloser, error) {
	h, err := f.Open()
	if err != nil {
		return nil, reason(err)
	}
	return reader{h}, nil
}

type reader struct{ io.ReadCloser }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = reason(err)
	}
	return n, err
}

// Verify implements [image.Verifier]: it decodes every file and compares it with the CRC-32 in the header.
func (x *FS) Verify(ctx context.Context, yield func(image.Check) bool) {
	_ = fs.WalkDir(x, ".", func(name string, d fs.DirEntry, err error) error {
		f := x.files[name]
		if err != nil || f == nil {
			return nil
		}
		c := image.Check{Name: name, What: "crc32", Outcome: image.Unverified, Whole: true, Bytes: int64(f.UncompressedSize), Offset: -1}
		if f.CRC32 == 0 && f.UncompressedSize > 0 {
			c.Detail = "the archive states none"
		} else if h, err := decode(f); err != nil {
			c.Detail = err.Error()
		} else {
			sum := crc32.NewIEEE()
			n, err := io.Copy(sum, image.ReaderContext(ctx, h))
			h.Close()
			switch {
			case err != nil:
				c.Detail = err.Error()
			case n == c.Bytes && sum.Sum32() == f.CRC32:
				c.Outcome = image.Matched
			default:
				c.Outcome = image.Mismatched
				c.Detail = image.Differ(be32(f.CRC32), be32(sum.Sum32()))
			}
		}
		if !yield(c) || ctx.Err() != nil {
			return fs.SkipAll
		}
		return nil
	})
}

func be32(v uint32) []byte { return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)} }
