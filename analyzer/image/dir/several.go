package dir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"romscan/analyzer/image"
)

// Several are files and directories of the host, side by side in one directory.
type Several struct {
	info  *image.Info
	inner map[string]member // by the name it has here
	names []string
}

// member is one of them: a tree whose root is the directory, or the directory a file lies in.
type member struct {
	*tree
	root string // name in tree: "." for a directory
}

// OpenSeveral puts files and directories into one directory, under their base names. Of two with one base name, the
// later is refused. The result also is an [io.Closer], [fs.ReadDirFS] and [fs.ReadLinkFS].
func OpenSeveral(names []string) (*Several, error) {
	s := &Several{info: &image.Info{Base: ".", Bits: fs.ModeDir | 0o555, Attr: image.Attr{Offset: -1}}, inner: map[string]member{}}
	for _, name := range names {
		if err := s.add(name); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	slices.Sort(s.names)
	return s, nil
}

func (s *Several) add(name string) error {
	name, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	if name, err = filepath.EvalSymlinks(name); err != nil { // what the user names is meant, even if it is a link
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	base, _, ok := image.ValidName(filepath.Base(name))
	if !ok {
		return fmt.Errorf("%s: %w", name, fs.ErrInvalid)
	}
	if _, twice := s.inner[base]; twice {
		return fmt.Errorf("%s: two inputs are called %s", name, base)
	}
	m := member{root: "."}
	at := name
	if !info.IsDir() {
		m.root, at = base, filepath.Dir(name)
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return err
	}
	m.tree = &tree{root}
	s.inner[base] = m
	s.names = append(s.names, base)
	return nil
}

// Close implements [io.Closer].
func (s *Several) Close() error {
	var err error
	for _, m := range s.inner {
		err = errors.Join(err, m.tree.Close())
	}
	return err
}

// find returns the tree a name lies in and its name there.
func (s *Several) find(op, name string) (member, string, error) {
	first, rest, deeper := strings.Cut(name, "/")
	m, ok := s.inner[first]
	if !ok || !fs.ValidPath(name) || deeper && m.root != "." {
		return m, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	if deeper {
		return m, rest, nil
	}
	return m, m.root, nil
}

// Open implements [fs.FS].
func (s *Several) Open(name string) (fs.File, error) {
	if name == "." {
		entries, err := s.ReadDir(".")
		return image.NewDirHandle(s.info, entries, err), nil
	}
	m, inner, err := s.find("open", name)
	if err != nil {
		return nil, err
	}
	if inner == "." { // a directory knows itself as "."
		entries, err := m.ReadDir(".")
		info, lerr := s.Lstat(name)
		if lerr != nil {
			return nil, lerr
		}
		return image.NewDirHandle(info.(*image.Info), entries, err), nil
	}
	return m.Open(inner)
}

// ReadDir implements [fs.ReadDirFS].
func (s *Several) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		m, inner, err := s.find("readdir", name)
		if err != nil {
			return nil, err
		}
		return m.ReadDir(inner)
	}
	var out []fs.DirEntry
	for _, n := range s.names {
		info, err := s.Lstat(n)
		if err != nil {
			return out, err
		}
		out = append(out, fs.FileInfoToDirEntry(info))
	}
	return out, nil
}

// Stat implements [fs.StatFS]; it does not follow links.
func (s *Several) Stat(name string) (fs.FileInfo, error) { return s.Lstat(name) }

// Lstat implements [fs.ReadLinkFS].
func (s *Several) Lstat(name string) (fs.FileInfo, error) {
	if name == "." {
		return s.info, nil
	}
	m, inner, err := s.find("lstat", name)
	if err != nil {
		return nil, err
	}
	info, _, err := m.lstat("lstat", inner)
	if err != nil {
		return nil, err
	}
	if inner == "." {
		info.Base = name
	}
	return info, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (s *Several) ReadLink(name string) (string, error) {
	m, inner, err := s.find("readlink", name)
	if err != nil {
		return "", err
	}
	return m.ReadLink(inner)
}

var _ io.Closer = (*Several)(nil)
