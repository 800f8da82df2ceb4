package sevenzip

import (
	"io"
	"io/fs"
	"path"
	"strings"

	"romscan/analyzer/image"
)

// entry is what the header says of one file.
type entry struct {
	name       string
	empty      bool // without content: a directory, or an empty file
	emptyFile  bool
	anti       bool // says that a file is to be deleted
	attributes uint32
	nameless   bool
}

// file is one with content.
type file struct {
	name string
	part part
	open func() (io.ReaderAt, error)
}

// Attributes are those of Windows; bit 15 says that the upper half is the mode of Unix (7-Zip: CPP/7zip/Archive).
const (
	attributeReadOnly  = 0x1
	attributeDirectory = 0x10
	attributeUnix      = 0x8000
)

// mode returns the mode and type of an entry.
func (e *entry) mode() fs.FileMode {
	if e.attributes&attributeUnix != 0 {
		m, _ := image.UnixMode(uint16(e.attributes >> 16))
		if e.empty && !e.emptyFile && m.IsRegular() {
			m |= fs.ModeDir
		}
		return m
	}
	m := fs.FileMode(0o644)
	if e.attributes&attributeReadOnly != 0 {
		m = 0o444
	}
	if e.empty && !e.emptyFile || e.attributes&attributeDirectory != 0 && e.empty {
		m = fs.ModeDir | 0o755
	}
	return m
}

// clean makes an archive's name one of io/fs; "" is the root.
func clean(raw string) (name, note string, ok bool) {
	var elems []string
	for elem := range strings.SplitSeq(strings.ReplaceAll(raw, `\`, "/"), "/") {
		if elem == "" || elem == "." {
			continue
		}
		base, odd, ok := image.ValidName(elem)
		if !ok {
			return "", "", false
		}
		if odd != "" {
			note = odd
		}
		elems = append(elems, base)
	}
	return path.Join(elems...), note, true
}
