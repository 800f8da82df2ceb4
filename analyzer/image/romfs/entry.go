package romfs

import (
	"bytes"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Types of files, the lower three bits of the offset of the next header.
const (
	typeHardLink = iota
	typeDir
	typeRegular
	typeLink
	typeBlock
	typeChar
	typeSocket
	typeFifo

	typeMask = 7
	execBit  = 8
)

// modes are those that Linux shows (romfs_modemap); the bit for execution adds 0111.
var modes = [...]uint16{
	typeDir: 0x4000 | 0o644, typeRegular: 0x8000 | 0o644, typeLink: 0xA000 | 0o777, typeBlock: 0x6000 | 0o600,
	typeChar: 0x2000 | 0o600, typeSocket: 0xC000 | 0o644, typeFifo: 0x1000 | 0o644,
}

const (
	maxLink  = 4096 // PATH_MAX
	maxPath  = 4096
	maxHops  = 8 // hard links to hard links
	allExec  = 0o111
	maxDepth = 256
)

// volume is the index, and the headers for their checksums.
type volume struct {
	*image.Index
	r       io.ReaderAt
	size    int64
	end     int64 // of the image as far as it is there
	budget  *image.Budget
	met     map[int64]struct{} // headers listed
	headers []header
	entries int64
}

// header is the place of a header that carries a checksum.
type header struct {
	at, length int64
	place      string
}

// file is a header.
type file struct {
	at, next   int64
	kind       int
	exec       bool
	spec       uint32 // what is linked, the first file of a directory, a device
	bytes      int64
	name       string
	data       int64 // where the content begins
	sumMatches bool
}

// name reads a name at a header; what ends it has to be near.
func (v *volume) name(at int64) (string, error) {
	raw, err := bin.ReadAt(v.r, v.size, at+headerSize, min(maxName, max(v.size-at-headerSize, 0)), maxName)
	if err != nil {
		return "", err
	}
	end := bytes.IndexByte(raw, 0)
	if end < 0 {
		return "", image.Errorf(image.Malformed, at+headerSize, "a name of more than %d bytes", maxName)
	}
	return string(raw[:end]), nil
}

// file reads the header at a place.
func (v *volume) file(at int64) (file, error) {
	if at < headerSize || at > v.end-headerSize {
		return file{}, image.Errorf(image.Truncated, at, "a header behind the end of the image")
	}
	raw, err := bin.ReadAt(v.r, v.size, at, headerSize, headerSize)
	if err != nil {
		return file{}, err
	}
	c := bin.Big(raw, at)
	word := c.U32()
	f := file{at: at, next: int64(word &^ (align - 1)), kind: int(word & typeMask), exec: word&execBit != 0, spec: c.U32(), bytes: int64(c.U32())}
	if f.name, err = v.name(at); err != nil {
		return f, err
	}
	f.data = at + headerSize + padded(f.name)
	found, err := v.sum(at, f.data-at)
	f.sumMatches = err == nil && found == 0
	return f, nil
}

// task is a directory that is to be listed.
type task struct {
	name  string
	first int64
	depth int
}

// list goes through all directories. What comes first in an image is the root, which genromfs names ".".
func (v *volume) list(first int64) {
	start := first
	if root, err := v.file(first); err == nil && root.kind == typeDir && root.name == "." {
		start = int64(root.spec) &^ (align - 1)
		v.add(".", root, "")
	}
	todo := []task{{name: ".", first: start}}
	for len(todo) > 0 {
		t := todo[0]
		todo = append(todo[1:], v.dir(t)...)
	}
}

// dir lists one directory: a chain of headers. It returns the directories in it.
func (v *volume) dir(t task) (dirs []task) {
	for at := t.first; at != 0; {
		f, err := v.file(at)
		if err != nil {
			v.Miss(t.name, err)
			return dirs
		}
		if _, twice := v.met[at]; twice {
			v.Miss(t.name, image.Errorf(image.Malformed, at, "this header is in two directories"))
			return dirs
		}
		v.met[at] = struct{}{}
		if v.entries++; v.entries > v.budget.Files {
			v.Miss(t.name, image.Errorf(image.OverBudget, at, "more than %d files", v.budget.Files))
			return nil
		}
		if sub, ok := v.entry(t, f); ok {
			dirs = append(dirs, sub)
		}
		at = f.next
	}
	return dirs
}

// entry lists one file and says whether it is a directory to go into.
func (v *volume) entry(t task, f file) (task, bool) {
	if f.name == "." || f.name == ".." {
		return task{}, false
	}
	base, note, ok := image.ValidName(f.name)
	name := base
	if t.name != "." {
		name = t.name + "/" + base
	}
	if !ok || len(name) > maxPath {
		v.Miss(t.name, image.Errorf(image.Malformed, f.at, "a file named %.100q", f.name))
		return task{}, false
	}
	if _, err := v.Lstat(name); err == nil {
		v.Miss(name, image.Errorf(image.Malformed, f.at, "this name is twice in its directory"))
		return task{}, false
	}
	v.headers = append(v.headers, header{f.at, f.data - f.at, name})
	if !f.sumMatches {
		v.Miss(name, image.Errorf(image.Malformed, f.at, "the checksum of the header is wrong"))
	}
	for hop := 0; f.kind == typeHardLink; hop++ {
		to, err := v.file(int64(f.spec) &^ (align - 1))
		if err == nil && (hop == maxHops || to.kind == typeDir) {
			err = image.Errorf(image.Malformed, f.at, "a hard link that leads to no file")
		}
		if err != nil {
			v.Miss(name, err)
			return task{}, false
		}
		f = to
	}
	v.add(name, f, note)
	if f.kind != typeDir || t.depth >= maxDepth {
		if f.kind == typeDir {
			v.Miss(name, image.Errorf(image.OverBudget, f.at, "directories %d deep", maxDepth))
		}
		return task{}, false
	}
	return task{name, int64(f.spec) &^ (align - 1), t.depth + 1}, true
}

// add puts a file into the index.
func (v *volume) add(name string, f file, note string) {
	mode, _ := image.UnixMode(modes[f.kind])
	if f.exec {
		mode |= allExec
	}
	e := image.Entry{Mode: mode, Size: f.bytes, Attr: image.Attr{Offset: -1, Note: note}}
	switch f.kind {
	case typeRegular:
		e.Attr.Offset = f.data
		e.Open = func() (io.ReaderAt, error) { return image.NewSection(v.r, f.data, f.bytes), nil }
		if f.data+f.bytes > v.size {
			v.Miss(name, image.Errorf(image.Truncated, v.size, "%d of %d bytes are there", max(v.size-f.data, 0), f.bytes))
		}
	case typeLink:
		target, err := bin.ReadAt(v.r, v.size, f.data, f.bytes, maxLink)
		if err != nil {
			v.Miss(name, err)
			return
		}
		e.Link = strings.ToValidUTF8(string(target), "\uFFFD")
	}
	if err := v.Add(name, e); err != nil {
		v.Miss(name, err)
	}
}

var _ fs.ReadLinkFS = (*volume)(nil)
