// Package xaba reads stores of assemblies: the one file in which Xamarin and .NET for Android keep all DLLs of an app.
//
// In: assemblies.blob, or what lies in libassemblies.ABI.blob.so. Out: an [image.Index] of the assemblies with their
// symbols and configuration, read in place; most are compressed again, one by one.
//
//	fsys, err := xaba.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "System.Net.Http.dll")
//
// Limit: stores of the first version have no names, those are in a manifest beside them.
package xaba

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes stores of assemblies.
func Format() image.Format {
	return image.Format{
		Name: "xaba",
		Doc:  "Assembly store: the DLLs of a Xamarin or .NET MAUI app in one file, assemblies.blob or inside libassemblies.ABI.blob.so.",
		Refs: []string{
			"https://github.com/dotnet/android/blob/main/Documentation/project-docs/AssemblyStores.md",
			"https://github.com/xamarin/xamarin-android/blob/release/8.0.1xx/Documentation/project-docs/AssemblyStores.md (version 1)",
		},
		Limits: []string{
			"no store of a real app was met: versions 1 to 3 were read as their documents have them",
			"assemblies of version 1 are numbered: their names are in assemblies.manifest, and in the assemblies themselves",
			"hashes of names are not compared",
		},
		Sniff: func(r io.ReaderAt, size int64) bool {
			_, err := header(r, size)
			return err == nil
		},
		Open: open,
	}
}

// Sizes of the parts of a store.
const (
	headerSize  = 20
	entrySize1  = 24 // of version 1: offset and size of assembly, symbols, configuration
	entrySize   = 28 // the same behind an index for the running program
	maxEntries  = 1 << 16
	maxNameSize = 1024
)

// store is a header: where the table of assemblies is and how many there are.
type store struct {
	version      uint32
	count, table int64
	entry        int64
}

func header(r io.ReaderAt, size int64) (store, error) {
	c := bin.Little(bin.Head(r, size, headerSize), 0)
	magic := string(c.Bytes(4))
	version, count, _, index := c.U32(), c.U32(), c.U32(), c.U32()
	if err := c.Err(); err != nil {
		return store{}, err
	}
	// the upper half says for which processor
	s := store{version: version & 0xffff, count: int64(count), table: headerSize, entry: entrySize}
	switch {
	case magic != "XABA":
		return s, image.Errorf(image.Malformed, 0, "no XABA header")
	case s.version == 1:
		s.entry = entrySize1
	case s.version == 2 || s.version == 3:
		s.table += int64(index)
	default:
		return s, image.Errorf(image.Unsupported, 4, "assembly store version %d", s.version)
	}
	if s.count > maxEntries || s.table > size || s.count*s.entry > size-s.table {
		return s, image.Errorf(image.Malformed, 8, "%d assemblies in a table at %#x of %d bytes", s.count, s.table, size)
	}
	return s, nil
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	s, err := header(r, size)
	if err != nil {
		return nil, err
	}
	data, err := bin.ReadAt(r, size, s.table, s.count*s.entry, maxEntries*entrySize)
	if err != nil {
		return nil, err
	}
	x := image.NewIndex()
	n := names{r: r, size: size, at: s.table + int64(len(data)), none: s.version == 1}
	c := bin.Little(data, s.table)
	for i := range s.count {
		if s.version > 1 {
			c.Skip(4)
		}
		name, err := n.next(i)
		if err != nil {
			x.Miss("", err)
			n.none = true
		}
		for _, ext := range []string{"", ".pdb", ".config"} {
			off, length := int64(c.U32()), int64(c.U32())
			if length == 0 {
				continue // none, or one that is there for another processor
			}
			add(x, r, size, x.Free(name+ext), off, length)
		}
	}
	return x, nil
}

// add lists a file; one that is cut short is listed with what is there.
func add(x *image.Index, r io.ReaderAt, size int64, name string, off, length int64) {
	if off > size || length > size-off {
		x.Miss(name, image.Errorf(image.Truncated, off, "%d bytes of %d", max(size-off, 0), length))
		if length = size - off; length <= 0 {
			return
		}
	}
	e := image.Entry{Mode: 0o444, Size: length, Attr: image.Attr{Offset: off}, Open: func() (io.ReaderAt, error) { return image.NewSection(r, off, length), nil }}
	if err := x.Add(name, e); err != nil {
		x.Miss(name, err)
	}
}

// names reads the names that follow the table from version 2 on: a length and as many bytes each.
type names struct {
	r        io.ReaderAt
	size, at int64
	none     bool
}

// next returns the name of assembly i, a number where the store has none.
func (n *names) next(i int64) (string, error) {
	number := fmt.Sprintf("assembly-%04d.dll", i)
	if n.none {
		return number, nil
	}
	b, err := bin.ReadAt(n.r, n.size, n.at, 4, 4)
	if err != nil {
		return number, err
	}
	length := int64(bin.Little(b, n.at).U32())
	if length > maxNameSize {
		return number, image.Errorf(image.Malformed, n.at, "name of %d bytes", length)
	}
	b, err = bin.ReadAt(n.r, n.size, n.at+4, length, maxNameSize)
	if err != nil {
		return number, err
	}
	n.at += 4 + length
	name := strings.ToValidUTF8(strings.ReplaceAll(string(b), "\\", "/"), "\ufffd")
	name = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, "\x00", "")), "/") // cultures are folders: fr/X.resources.dll
	if name == "" {
		return number, nil
	}
	return name, nil
}
