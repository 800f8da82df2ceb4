// Package nothing reads NTPI, the encrypted factory firmware of Nothing's and CMF's phones, with keys from the run's
// key file.
//
// In: an .ntpi file. Out: an [image.Parts] of its files, and the XML that says where they are flashed; blocks are
// decrypted and decompressed (AES-256-CBC, LZMA2) as they are read. Verify compares the SHA256 of each.
//
//	fsys, err := nothing.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.img")
//
// Limit: without keys nothing is listed, because the list is encrypted too.
package nothing

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Format describes NTPI.
func Format() image.Format {
	return image.Format{
		Name: "ntpi",
		Doc:  "NTPI: encrypted factory firmware of Nothing and CMF phones (AES-256-CBC, LZMA2); with --keys, `ntpi KEY1 IV1 KEY2 IV2 KEY3 IV3 KEY4 IV4 KEY5 IV5`.",
		Refs: []string{"https://github.com/YunWaiHe/ntpi_dumper (utils/structures.py, parser.py, crypto.py, extractor.py)"},
		Limits: []string{
			"no keys are shipped",
			"no file made by the vendor was met",
			"of the layouts only that of version 1.3 is known",
		},
		Sniff: func(r io.ReaderAt, size int64) bool { _, err := readHeader(r, size); return err == nil },
		Open:  open,
	}
}

// Regions, in the order in which they follow each other.
const (
	metadata   = 1
	patch      = 2
	rawProgram = 3
	keyMap     = 4
	fileIndex  = 5
	files      = 6
)

const (
	headerSize   = 48
	regionHeader = 40       // of a region that is decrypted
	maxRegion    = 64 << 20 // bytes, of those that are read whole
)

// region is one part of the file.
type region struct {
	kind     uint64
	at, size int64
}

// header is the start of the file.
type header struct {
	version string
	first   region
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	raw, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return header{}, err
	}
	c := bin.Little(raw, 0)
	magic, zero := string(c.Bytes(4)), c.U32()
	major, minor, fix := c.U64(), c.U64(), c.U64()
	if magic != "NTPI" || zero != 0 || major > 99 || minor > 99 || fix > 99 {
		return header{}, image.Errorf(image.Malformed, 0, "no header of NTPI")
	}
	h := header{version: fmt.Sprintf("%d.%d.%d", major, minor, fix)}
	h.first = region{kind: c.U64(), at: headerSize, size: int64(min(c.U64(), 1<<62))}
	return h, nil
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	if h.first.kind != metadata || h.first.size > maxRegion || h.first.size%aes.BlockSize != 0 {
		return nil, image.Errorf(image.Unsupported, 32, "NTPI %s: its layout is not known, and it is encrypted", h.version)
	}
	x := &container{Parts: image.NewParts(r, size), r: r, size: size, budget: b}
	what := fmt.Sprintf("NTPI %s (AES-256-CBC)", h.version)
	x.key, err = locked.Find(b.Keys, "ntpi", "KEY1 IV1 … KEY5 IV5", what, h.first.at, func(k image.Key) (bool, error) {
		for i := range 5 {
			if _, err := k.Hex(2*i, 32); err != nil {
				return false, err
			}
			if _, err := k.Hex(2*i+1, aes.BlockSize); err != nil {
				return false, err
			}
		}
		x.key = k
		_, _, err := x.region(h.first)
		return err == nil, nil
	})
	if err != nil {
		return nil, err
	}
	if err := x.regions(h.first); err != nil {
		x.Miss("", err)
	}
	return x, nil
}

// container is an opened file.
type container struct {
	*image.Parts
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	key    image.Key
	keys   []byte // the key map: 32 bytes for each block
	files  region
}

// region decrypts a region, and tells which one follows.
func (x *container) region(g region) (data []byte, next region, err error) {
	i := 2 * (int(g.kind) - 1)
	key, err := x.key.Hex(i, 32)
	if err != nil {
		return nil, next, err
	}
	iv, err := x.key.Hex(i+1, aes.BlockSize)
	if err != nil {
		return nil, next, err
	}
	if g.size > maxRegion {
		return nil, next, image.Errorf(image.OverBudget, g.at, "region %d of %d bytes", g.kind, g.size)
	}
	raw, err := bin.ReadAt(x.r, x.size, g.at, g.size&^(aes.BlockSize-1), maxRegion)
	if err != nil {
		return nil, next, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, next, err
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(raw, raw)
	c := bin.Little(raw, g.at)
	kind, size := c.U64(), c.U64()
	next = region{kind: c.U64(), size: int64(min(c.U64(), 1<<62)), at: g.at + g.size}
	n := c.U64()
	if c.Err() != nil || kind != g.kind || size != uint64(g.size) || n > uint64(len(raw)-regionHeader) {
		return nil, next, image.Errorf(image.Malformed, g.at, "header of region %d", g.kind)
	}
	return raw[regionHeader:][:n], next, nil
}

// regions reads all regions, and lists the files.
func (x *container) regions(g region) error {
	var index []byte
	names := map[uint64]string{metadata: "Metadata.xml", patch: "Patch.xml", rawProgram: "RawProgram.xml", fileIndex: "FileIndex.xml"}
	for want := uint64(metadata); g.size > 0; want++ {
		if g.kind != want || g.kind > files {
			return image.Errorf(image.Malformed, g.at, "region %d where %d is to be", g.kind, want)
		}
		if g.kind == files {
			x.files = g
			break
		}
		data, next, err := x.region(g)
		if err != nil {
			return err
		}
		switch g.kind {
		case keyMap:
			x.keys = data
		case fileIndex:
			index = data
		}
		if name := names[g.kind]; name != "" {
			x.AddFile(name, image.Entry{Mode: 0o444, Size: int64(len(data)), Attr: image.Attr{Offset: g.at, Note: locked.Note(x.key)},
				Open: func() (io.ReaderAt, error) { return bytes.NewReader(data), nil }})
		}
		g = next
	}
	if x.files.kind != files || len(x.keys) < 32 {
		return image.Errorf(image.Malformed, g.at, "without key map, or files")
	}
	return x.list(index)
}
