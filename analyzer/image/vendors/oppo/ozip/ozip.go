// Package ozip reads OZIP, the encrypted updates of Oppo and Realme phones until about 2020, with a key from the
// run's key file.
//
// In: an .ozip file, or a file in an update zip that is encrypted in the same way. Out: an [image.Index] with one file,
// what was encrypted, mostly a zip; its blocks are decrypted as they are read.
//
//	fsys, err := ozip.Format().Open(r, size, budget)
//	f, err := fsys.Open("image")
//
// Limit: nothing in the container says whether a key is right. A file of an update zip is taken for decrypted only
// where its start, a block of zeros or its padding shows that it is.
package ozip

import (
	"bytes"
	"crypto/aes"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes OZIP.
func Format() image.Format {
	return image.Format{
		Name: "ozip",
		Doc:  "OZIP: encrypted update of Oppo and Realme phones until about 2020 (AES-128-ECB); with --keys, `ozip KEY`, 32 hex digits.",
		Refs: []string{"https://github.com/bkerler/oppo_ozip_decrypt (ozipdecrypt.py)"},
		Limits: []string{
			"no keys are shipped",
			"no image made by the vendor was met",
			"of a file in an update zip that is encrypted block by block, the key is recognised by the file's start, a block of zeros or its padding; where it has none of these it stays closed",
			"the header's own checksums are not compared: what they cover is not documented",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			return string(bin.Head(r, size, int64(len(magic)))) == magic
		},
		Open: open,
	}
}

const magic = "OPPOENCRYPT!"

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size, 0)
	if err != nil {
		return nil, err
	}
	v := variantOf(r, size, h)
	var plain io.ReaderAt
	var length int64
	var gap error
	key, err := locked.Find(b.Keys, "ozip", "KEY", v.what, v.start, func(k image.Key) (bool, error) {
		raw, err := k.Hex(0, 16)
		if err != nil {
			return false, err
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return false, err
		}
		var fits bool
		plain, length, gap, fits = v.open(source{r: r, size: size, block: block}, h)
		return fits, nil
	})
	if err != nil {
		return nil, err
	}
	x := image.NewIndex()
	if gap != nil {
		x.Miss("", gap)
	}
	e := image.Entry{Mode: 0o444, Size: length, Attr: image.Attr{Offset: v.start, Note: locked.Note(key)}}
	e.Open = func() (io.ReaderAt, error) { return plain, nil }
	return x, x.Add(Name, e)
}

// header is what begins a file, and in mode 2 every block.
type header struct {
	length int64 // bytes that were encrypted, -1 where that is not readable
}

const headerSize = 0x20 // of what is known of it

func readHeader(r io.ReaderAt, size, at int64) (header, error) {
	raw, err := bin.ReadAt(r, size, at, headerSize, headerSize)
	if err != nil {
		return header{}, err
	}
	if string(raw[:len(magic)]) != magic {
		return header{}, image.Errorf(image.Malformed, at, "no magic of OZIP")
	}
	text := strings.TrimSpace(string(bytes.TrimRight(raw[0x10:], "\x00")))
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		n = -1
	}
	return header{n}, nil
}

// variant is one of the layouts.
type variant struct {
	what  string
	start int64 // of the ciphertext
	// open returns the plaintext under a key, whether that fits, and what is missing.
	open func(s source, h header) (plain io.ReaderAt, n int64, gap error, fits bool)
}

// variantOf tells mode 2, whose blocks have short headers, from mode 1.
func variantOf(r io.ReaderAt, size int64, h header) variant {
	_, err := readHeader(r, size, blockStride)
	if err == nil || h.length >= 0 && h.length <= blockData && size-blockHeader-h.length <= 15 {
		return variant{"OZIP, mode 2 (AES-128-ECB of 16 bytes in each 16 KiB, headers in each 256 KiB)", blockHeader, openBlocks}
	}
	return variant{"OZIP, mode 1 (AES-128-ECB)", dataStart, openStriped}
}
