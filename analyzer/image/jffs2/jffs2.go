// Package jffs2 reads JFFS2 filesystems in place.
//
// In: the bytes of a flash partition, of either byte order. Out: an [image.Index] of what the newest nodes tell;
// the nodes a file is made of are decoded when they are read, each once, into the shared cache.
//
//	fsys, err := jffs2.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "etc/passwd")
//
// Limit: such a filesystem has no directory of itself, so that opening reads all of it once.
package jffs2

import (
	"encoding/binary"
	"io"
	"io/fs"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes JFFS2.
func Format() image.Format {
	return image.Format{
		Name: "jffs2",
		Doc:  "JFFS2: the journalling flash filesystem of routers, cameras and early phones and tablets.",
		Refs: []string{
			"linux: include/uapi/linux/jffs2.h, fs/jffs2/scan.c, fs/jffs2/readinode.c, fs/jffs2/xattr.c",
			"OpenWrt: target/linux/generic/pending, jffs2 lzma support (compressor 8)",
		},
		Limits: []string{
			"dumps of NAND with the spare bytes left in are read as far as nodes do not cross pages",
			"nodes compressed with rubinmips and dynrubin, which Linux does not write, are refused one by one",
			"nodes of deleted files are not listed",
			"no image made for a device was met: read from images of mkfs.jffs2 and of other projects' tests",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

const (
	magic        = 0x1985
	maxErased    = 1 << 20 // of an erased start looked over for the first node
	erasedStep   = 4 << 10 // smallest block that is erased as a whole
	nodeHeader   = 12
	nodeAccurate = 0x2000 // cleared in nodes that are obsolete, but not in their checksum
)

// byteOrder returns the order of the node that raw begins with. Its checksum makes that sure.
func byteOrder(raw []byte) (binary.ByteOrder, bool) {
	if len(raw) < nodeHeader {
		return nil, false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if _, ok := parseHeader(order, raw); ok {
			return order, true
		}
	}
	return nil, false
}

// first returns the byte order of the first node. Blocks in front of it may be erased.
func first(r io.ReaderAt, size int64) (binary.ByteOrder, bool) {
	head := bin.Head(r, size, nodeHeader)
	if order, ok := byteOrder(head); ok {
		return order, true
	}
	if len(head) < nodeHeader || !erased(head) {
		return nil, false
	}
	for at := int64(erasedStep); at < min(size-nodeHeader, maxErased); at += erasedStep {
		raw, err := bin.ReadAt(r, size, at, nodeHeader, nodeHeader)
		if err != nil {
			return nil, false
		}
		if order, ok := byteOrder(raw); ok {
			return order, true
		}
		if !erased(raw) {
			return nil, false
		}
	}
	return nil, false
}

func erased(b []byte) bool {
	for _, c := range b {
		if c != 0xFF {
			return false
		}
	}
	return true
}

func sniff(r io.ReaderAt, size int64) bool {
	_, ok := first(r, size)
	return ok
}

// volume is an opened filesystem; it is safe for concurrent use.
type volume struct {
	*image.Index
	r      io.ReaderAt
	size   int64
	order  binary.ByteOrder
	budget *image.Budget
	bad    []badNode
	files  []listed
	zlib   sync.Pool // of decoders
}

// listed is a regular file as Verify goes through them.
type listed struct {
	name  string
	inode *inode
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	order, ok := first(r, size)
	if !ok {
		return nil, image.Errorf(image.Malformed, 0, "no node of JFFS2")
	}
	v := &volume{Index: image.NewIndex(), r: r, size: size, order: order, budget: b}
	s := newScan(v)
	if err := s.run(); err != nil {
		v.Miss("", err)
	}
	v.list(s)
	return v, nil
}
