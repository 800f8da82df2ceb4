// Package dotnetso reads libraries that are a wrapper: since .NET 9, apps keep their assemblies in a section "payload" of
// otherwise empty ELF files, lib/ABI/libassemblies.ABI.blob.so or lib_NAME.dll.so.
//
// In: an ELF file with such a section. Out: an [image.Index] with one file, the section, read in place.
//
//	fsys, err := dotnetso.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "payload")
//
// Limit: a payload that is neither a store, an assembly nor a compressed one is left where it is.
package dotnetso

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "payload"

// Format describes wrapped assemblies.
func Format() image.Format {
	return image.Format{
		Name: "dotnetso",
		Doc:  "ELF library around a store of assemblies or a single one, in which .NET for Android 9 and later keeps the code of an app.",
		Refs: []string{"https://github.com/dotnet/android/blob/main/Documentation/project-docs/ApkSharedLibraries.md"},
		Limits: []string{
			"no library of a real app was met: those read were made by objcopy, as the build does",
			"what else .NET wraps (its runtime configuration) stays closed",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			_, _, err := find(r, size)
			return err == nil
		},
		Open: func(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
			off, n, err := find(r, size)
			if err != nil {
				return nil, err
			}
			x := image.NewIndex()
			e := image.Entry{Mode: 0o444, Size: n, Attr: image.Attr{Offset: off}, Open: func() (io.ReaderAt, error) { return image.NewSection(r, off, n), nil }}
			return x, x.Add(Name, e)
		},
	}
}

// maxSections bounds the sections of a wrapper: the empty library has ten.
const maxSections = 24

// magics are what payloads that hold code begin with.
var magics = []string{"XABA", "XALZ", "MZ"}

// find returns where the section named payload is.
func find(r io.ReaderAt, size int64) (off, n int64, err error) {
	none := image.Errorf(image.Malformed, 0, "no ELF file with a payload")
	h := bin.Head(r, size, 64)
	if len(h) < 52 || string(h[:4]) != "\x7fELF" || h[5] != 1 {
		return 0, 0, none
	}
	le := binary.LittleEndian
	wide := h[4] == 2
	var table uint64
	var entry, count, names int64
	if wide && len(h) == 64 {
		table, entry, count, names = le.Uint64(h[0x28:]), int64(le.Uint16(h[0x3a:])), int64(le.Uint16(h[0x3c:])), int64(le.Uint16(h[0x3e:]))
	} else {
		table, entry, count, names = uint64(le.Uint32(h[0x20:])), int64(le.Uint16(h[0x2e:])), int64(le.Uint16(h[0x30:])), int64(le.Uint16(h[0x32:]))
	}
	if count == 0 || count > maxSections || names >= count || table > uint64(size) || wide && entry != 64 || !wide && entry != 40 {
		return 0, 0, none
	}
	data, err := bin.ReadAt(r, size, int64(table), count*entry, maxSections*64)
	if err != nil {
		return 0, 0, err
	}
	section := func(i int64) (name uint32, off, n int64) {
		s := data[i*entry:]
		if wide {
			return le.Uint32(s), int64(le.Uint64(s[0x18:])), int64(le.Uint64(s[0x20:]))
		}
		return le.Uint32(s), int64(le.Uint32(s[0x10:])), int64(le.Uint32(s[0x14:]))
	}
	_, at, length := section(names)
	text, err := bin.ReadAt(r, size, at, length, 64<<10)
	if err != nil {
		return 0, 0, err
	}
	for i := range count {
		name, off, n := section(i)
		if int64(name) >= length || !bytes.HasPrefix(text[name:], []byte("payload\x00")) || off < 0 || n < 4 || off > size || n > size-off {
			continue
		}
		head, err := bin.ReadAt(r, size, off, 4, 4)
		if err != nil {
			return 0, 0, err
		}
		for _, m := range magics {
			if bytes.HasPrefix(head, []byte(m)) {
				return off, n, nil
			}
		}
	}
	return 0, 0, none
}
