package oat

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Dex is an entry of the table of DEX files.
type Dex struct {
	Location string // "/system/framework/framework.jar:classes2.dex", as it was on the machine that compiled
	Checksum uint32 // crc32 of the DEX in its app or jar
	Offset   int64  // in the file
	Size     int64  // as the DEX's header states it
	Classes  int64  // where the offsets of its compiled classes lie in the file; 0 before version 075
}

// File is what an OAT file says of itself.
type File struct {
	Version int   // 39 for "039"
	Data    int64 // offset of the header in the file
	Dex     []Dex // empty from version 89 on
}

// HasDex tells whether files of this version hold the DEX files.
func (f *File) HasDex() bool { return f.Version < firstWithoutDex }

// Versions between which the layout changed, from the history of oat.h and oat_file.cc.
const (
	firstKnown      = 38 // the header of 21 words
	firstShort      = 52 // the portable trampolines are gone: 18 words
	firstLookup     = 73 // a table that names the classes
	firstOffsets    = 75 // the table of class offsets lies elsewhere
	firstWithoutDex = 89
)

const (
	longHeader  = 21 * 4
	shortHeader = 18 * 4
	dexCount    = 20 // where the number of DEX files stands in the header
	maxStore    = 1 << 20
	maxDex      = 1 << 12
	maxLocation = 4096
	dexHeader   = 0x70
)

// Parse reads the header and the table of DEX files of an OAT file. What was read before an error is returned beside it;
// nil, where there is no OAT header.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	data, end, err := locate(r, size)
	if err != nil {
		return nil, err
	}
	head, err := bin.ReadAt(r, size, data, shortHeader, shortHeader)
	if err != nil {
		return nil, err
	}
	f := &File{Data: data}
	for _, c := range head[4:7] {
		f.Version = f.Version*10 + int(c-'0')
	}
	if !f.HasDex() {
		return f, nil
	}
	headerSize := int64(shortHeader)
	switch {
	case f.Version < firstKnown || f.Version >= firstLookup && f.Version < firstOffsets:
		return nil, image.Errorf(image.Unsupported, data, "OAT version %03d", f.Version)
	case f.Version < firstShort:
		headerSize = longHeader
	}
	count := bin.Little(head[dexCount:], data+dexCount).U32()
	word, err := bin.ReadAt(r, size, data+headerSize-4, 4, 4)
	if err != nil {
		return f, err
	}
	store := bin.Little(word, 0).U32()
	if store > maxStore || count > maxDex {
		return f, image.Errorf(image.Malformed, data, "%d DEX files, behind %d bytes of keys and values", count, store)
	}
	at := data + headerSize + int64(store)
	for range count {
		if at, err = f.readDex(r, size, end, at); err != nil {
			return f, err
		}
	}
	return f, nil
}

// readDex reads the entry of the table at a place and returns where the next one begins.
func (f *File) readDex(r io.ReaderAt, size, end, at int64) (int64, error) {
	word, err := bin.ReadAt(r, size, at, 4, 4)
	if err != nil {
		return 0, err
	}
	n := int64(bin.Little(word, at).U32())
	if n == 0 || n > maxLocation {
		return 0, image.Errorf(image.Malformed, at, "a location of %d bytes", n)
	}
	entry, err := bin.ReadAt(r, size, at+4, n+8, maxLocation+8)
	if err != nil {
		return 0, err
	}
	c := bin.Little(entry, at+4)
	d := Dex{Location: string(c.Bytes(int(n))), Checksum: c.U32()}
	d.Offset = f.Data + int64(c.U32())
	head, err := bin.ReadAt(r, size, d.Offset, dexHeader, dexHeader)
	if err != nil {
		return 0, err
	}
	if string(head[:4]) != "dex\n" || d.Offset == f.Data {
		return 0, image.Errorf(image.Malformed, d.Offset, "no DEX where the table says: %.100q", d.Location)
	}
	h := bin.Little(head, d.Offset)
	h.Seek(32)
	d.Size = int64(h.U32())
	h.Seek(96)
	classes := int64(h.U32())
	if d.Size < dexHeader || d.Size > end-d.Offset {
		// what follows the DEX is other code: not to be shown as the DEX's
		f.Dex = append(f.Dex, Dex{Location: d.Location, Checksum: d.Checksum, Offset: d.Offset, Size: max(end-d.Offset, dexHeader)})
		return 0, image.Errorf(image.Truncated, d.Offset, "a DEX of %d bytes in %d", d.Size, end-d.Offset)
	}
	if at += 4 + n + 8; f.Version < firstOffsets {
		f.Dex = append(f.Dex, d)
		return at + 4*classes, nil // of each class, where its compiled methods are
	}
	if word, err = bin.ReadAt(r, size, at, 4, 4); err == nil {
		d.Classes = f.Data + int64(bin.Little(word, at).U32())
	}
	f.Dex = append(f.Dex, d)
	return at + 8, nil // offsets of the class offsets and of the lookup table
}
