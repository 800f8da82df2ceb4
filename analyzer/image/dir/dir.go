// Package dir reads an unpacked dump on the host: a directory tree.
//
// In: the name of a directory. Out: an [io/fs.FS] of what lies below it, and never of anything outside: no
// symbolic link is followed, devices and pipes are listed and not opened.
//
//	fsys, err := dir.Open("dump/")
//	root := image.NewTree("dump", fsys)
//
// Limit: owners and labels are lost: those of the host's files are whoever's unpacked the dump.
package dir

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"romscan/analyzer/image"
)

// Open returns the tree below a directory of the host. The result also is an [io.Closer], [fs.ReadDirFS] and
// [fs.ReadLinkFS]. Opening a symbolic link gives the link itself, without content.
func Open(name string) (fs.FS, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &tree{root}, nil
}

type tree struct{ root *os.Root }

// Close implements [io.Closer].
func (t *tree) Close() error { return t.root.Close() }

// Open implements [fs.FS].
func (t *tree) Open(name string) (fs.File, error) {
	info, host, err := t.lstat("open", name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		entries, err := t.ReadDir(name)
		if errors.Is(err, fs.ErrPermission) && len(entries) == 0 {
			return nil, err
		}
		return image.NewDirHandle(info, entries, err), nil
	case !info.Mode().IsRegular():
		return image.NewHandle(&image.Info{Base: info.Base, Bits: info.Bits, Attr: info.Attr}, nothing{}), nil
	}
	f, err := t.root.Open(host)
	if err != nil {
		return nil, err
	}
	// The file may have been exchanged since lstat: what was opened must be what was looked at.
	if now, err := f.Stat(); err != nil || !now.Mode().IsRegular() {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}, err, f.Close())
	}
	return image.NewHandle(info, f), nil
}

// nothing is the content of links, devices and pipes.
type nothing struct{}

func (nothing) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// ReadDir implements [fs.ReadDirFS]. What cannot be listed is left out and told by the error.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	info, host, err := t.lstat("readdir", name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	f, err := t.root.Open(host)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	bases, err := f.Readdirnames(-1)
	failed := []error{err}
	var out []fs.DirEntry
	for _, base := range bases {
		e, err := t.root.Lstat(path.Join(host, base))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		valid, note, ok := image.ValidName(base)
		if !ok {
			failed = append(failed, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid})
			continue
		}
		out = append(out, describe(valid, note, e))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, errors.Join(failed...)
}

// Lstat implements [fs.ReadLinkFS].
func (t *tree) Lstat(name string) (fs.FileInfo, error) {
	info, _, err := t.lstat("lstat", name)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (t *tree) ReadLink(name string) (string, error) {
	_, host, err := t.lstat("readlink", name)
	if err != nil {
		return "", err
	}
	target, err := t.root.Readlink(host)
	return strings.ToValidUTF8(target, "\uFFFD"), err
}

// lstat finds a file and its name on the host, which differs where that is not UTF-8.
func (t *tree) lstat(op, name string) (*image.Info, string, error) {
	if !fs.ValidPath(name) || strings.Contains(name, `\`) && os.PathSeparator == '\\' {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	host := name
	info, err := t.root.Lstat(host)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsRune(name, utf8.RuneError) {
		host = hostName(name)
		info, err = t.root.Lstat(host)
	}
	if err != nil {
		return nil, "", err
	}
	_, note, _ := image.ValidName(path.Base(host))
	return describe(path.Base(name), note, info), host, nil
}

// hostName undoes what [image.ValidName] did.
func hostName(name string) string {
	const mark = string(utf8.RuneError)
	var b strings.Builder
	for {
		before, after, found := strings.Cut(name, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		c, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8)
		if err != nil || len(after) < 2 {
			b.WriteString(mark)
			name = after
			continue
		}
		b.WriteByte(byte(c))
		name = after[2:]
	}
}

func describe(base, note string, info fs.FileInfo) *image.Info {
	out := &image.Info{Base: base, Bits: info.Mode(), Attr: image.Attr{Offset: -1, Note: note}}
	if info.Mode().IsRegular() {
		out.Bytes = info.Size()
	}
	return out
}
