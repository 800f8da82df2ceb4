package image

import (
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// Info is what a format knows of one file. It is the [fs.FileInfo] and [fs.DirEntry] that formats hand out;
// its Sys is the *Attr. Times are not kept: firmware builds set them to anything.
type Info struct {
	Base  string // last path element; "." for the root
	Bytes int64  // 0 for directories
	Bits  fs.FileMode
	Attr  Attr
}

// Name implements [fs.FileInfo].
func (i *Info) Name() string { return i.Base }

// Size implements [fs.FileInfo].
func (i *Info) Size() int64 { return i.Bytes }

// Mode implements [fs.FileInfo].
func (i *Info) Mode() fs.FileMode { return i.Bits }

// ModTime implements [fs.FileInfo]; it is always zero.
func (i *Info) ModTime() time.Time { return time.Time{} }

// IsDir implements [fs.FileInfo].
func (i *Info) IsDir() bool { return i.Bits.IsDir() }

// Sys returns the *Attr.
func (i *Info) Sys() any { return &i.Attr }

// Type implements [fs.DirEntry].
func (i *Info) Type() fs.FileMode { return i.Bits.Type() }

// Info implements [fs.DirEntry].
func (i *Info) Info() (fs.FileInfo, error) { return i, nil }

// NewHandle returns an open regular file over r. ReadAt is as concurrent as r's; Read and Seek are not.
// Closing it closes r if r is an [io.Closer].
func NewHandle(info *Info, r io.ReaderAt) fs.File {
	return &handle{SectionReader: io.NewSectionReader(r, 0, info.Bytes), info: info, under: r}
}

type handle struct {
	*io.SectionReader
	info  *Info
	under io.ReaderAt
}

func (h *handle) Stat() (fs.FileInfo, error) { return h.info, nil }

func (h *handle) Close() error {
	if c, ok := h.under.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// NewDirHandle returns an open directory with these entries, in their order, of which err says why they are
// not all.
func NewDirHandle(info *Info, entries []fs.DirEntry, err error) fs.ReadDirFile {
	return &dirHandle{info: info, left: entries, err: err}
}

type dirHandle struct {
	info *Info
	left []fs.DirEntry
	err  error
}

func (d *dirHandle) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *dirHandle) Close() error               { return nil }

func (d *dirHandle) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.Base, Err: fs.ErrInvalid}
}

func (d *dirHandle) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		all, err := d.left, d.err
		d.left, d.err = nil, nil
		return all, err
	}
	if len(d.left) == 0 {
		if d.err != nil {
			return nil, d.err
		}
		return nil, io.EOF
	}
	n = min(n, len(d.left))
	some := d.left[:n:n]
	d.left = d.left[n:]
	return some, nil
}

// ValidName makes a raw path element fit for [fs.ValidPath]. A byte that is not UTF-8 becomes U+FFFD and its
// two hex digits, and note says what the name really is. ok is false for what can be no name at all: empty,
// ".", "..", or with a slash or a NUL in it.
func ValidName(raw string) (name, note string, ok bool) {
	if raw == "" || raw == "." || raw == ".." || strings.ContainsAny(raw, "/\x00") {
		return "", "", false
	}
	if utf8.ValidString(raw) {
		return raw, "", true
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRuneInString(raw[i:])
		if r == utf8.RuneError && n == 1 {
			const hex = "0123456789abcdef"
			b.WriteRune(utf8.RuneError)
			b.WriteByte(hex[raw[i]>>4])
			b.WriteByte(hex[raw[i]&15])
		} else {
			b.WriteString(raw[i : i+n])
		}
		i += n
	}
	return b.String(), "name is not UTF-8", true
}

// CleanName makes a path of an archive a valid io/fs path. Leading slashes and "." are dropped; ".." is refused, for
// nobody knows what it was meant to reach. note says what of the name could not be kept.
func CleanName(raw string) (name, note string, err error) {
	var elems []string
	for elem := range strings.SplitSeq(raw, "/") {
		if elem == "" || elem == "." {
			continue
		}
		valid, n, ok := ValidName(elem)
		if !ok {
			return "", "", Errorf(Malformed, -1, "a path with %q in it", elem)
		}
		if n != "" {
			note = n
		}
		elems = append(elems, valid)
	}
	if len(elems) == 0 {
		return ".", note, nil
	}
	return path.Join(elems...), note, nil
}
