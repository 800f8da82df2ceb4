// Package htc reads the encrypted zips of HTC's ROM update utilities (RUU), with a key from the run's key file.
//
// In: a rom.zip as it lies in an RUU, with or without a signature before it, or several of them in one file; or a plain
// zip or boot image behind such a signature. Out: an [image.Parts] with one file for each, the plain zip; encrypted
// stretches are decrypted as they are read.
//
//	fsys, err := htc.Format().Open(r, size, budget)
//
// Limit: the utility around it, an InstallShield program, is opened by formats of its own (sfx, installshield).
package htc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Name is what the one file inside is called; of several, a number stands before.
const Name = "rom.zip"

// Format describes HTC's encrypted zips.
func Format() image.Format {
	return image.Format{
		Name: "htc-ruu",
		Doc:  "HTC's encrypted rom.zip (AES-128-CBC of the start of each stretch) from ROM update utilities of 2012 to 2015; with --keys, `htc KEY IV` (or `htc KEYDATA KEYMAP`); plain zips and boot images behind HTC's signature of 256 bytes too.",
		Refs: []string{"https://github.com/kmdm/ruuveal (htczip.h, htclargezip.h, htcaes.c, htckey.c)"},
		Limits: []string{
			"no keys are shipped",
			"no file made by the vendor was met",
			"signatures are not checked",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			head := string(bin.Head(r, size, signature+int64(len(magic))))
			return strings.HasPrefix(head, magic) || strings.HasPrefix(head, largeMagic) || len(head) > signature && head[signature:] == magic || signed(head)
		},
		Open: open,
	}
}

const (
	magic      = "Htc@egi$"
	largeMagic = "LaR@eZip"
	signature  = 0x100 // bytes before some headers
	headerSize = 128
	largeSize  = 0x100
	maxZips    = 8
)

// signed reports whether head is a signature and the start of what it is of: a zip or a boot image. Few values twice are
// what tells a signature from other bytes.
func signed(head string) bool {
	if len(head) < signature+8 || !strings.HasPrefix(head[signature:], "PK\x03\x04") && !strings.HasPrefix(head[signature:], "ANDROID!") {
		return false
	}
	var seen [256]bool
	values := 0
	for _, c := range []byte(head[:signature]) {
		if !seen[c] {
			seen[c] = true
			values++
		}
	}
	return values >= leastValues
}

// leastValues is how many different bytes a signature has at the least; as many random ones have 162, give or take 5.
const leastValues = 128

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	x := image.NewParts(r, size)
	if signed(string(bin.Head(r, size, signature+8))) {
		x.AddStretch(Name, signature, size-signature, image.Attr{Note: "behind a signature"})
		return x, nil
	}
	if string(bin.Head(r, size, 8)) != largeMagic {
		if err := add(x, Name, r, 0, size, 0, b); err != nil {
			return nil, err
		}
		return x, nil
	}
	raw, err := bin.ReadAt(r, size, 0, largeSize, largeSize)
	if err != nil {
		return nil, err
	}
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint32(raw[8+4*i:])) }
	count := at(2 * maxZips)
	if count > maxZips {
		return nil, image.Errorf(image.Malformed, 8, "%d zips, room for %d", count, maxZips)
	}
	for i := range int(count) {
		name := fmt.Sprintf("%02d_%s", i+1, Name)
		if err := add(x, name, r, largeSize+at(i), size, at(maxZips+i), b); err != nil {
			x.Miss(name, err)
		}
	}
	return x, nil
}

// header is what comes before a zip.
type header struct {
	data    int64 // where the zip starts
	index   int   // which row of the key map is used
	chunk   int64 // bytes, of which the first MiB is encrypted
	version string
}

func readHeader(r io.ReaderAt, size, at int64) (header, error) {
	for _, at := range []int64{at, at + signature} {
		raw, err := bin.ReadAt(r, size, at, headerSize, headerSize)
		if err != nil {
			return header{}, err
		}
		if string(raw[:8]) == magic {
			h := header{data: at + headerSize, index: int(binary.BigEndian.Uint16(raw[8:])), chunk: int64(raw[10]) << 20}
			h.version = string(bytes.TrimFunc(raw[11:31], func(r rune) bool { return r == 0 || r == utf8.RuneError })) // 0xFF fills it
			return h, nil
		}
	}
	return header{}, image.Errorf(image.Malformed, at, "no header of an encrypted zip")
}

// encrypted is how much of each chunk is: 32 pieces of 32 KiB.
const encrypted = 1 << 20

// add lists the zip whose header is at off, and that has at most length bytes, 0 meaning all.
func add(x *image.Parts, name string, r io.ReaderAt, off, size, length int64, b *image.Budget) error {
	h, err := readHeader(r, size, off)
	if err != nil {
		return err
	}
	n := size - h.data
	if length > 0 {
		if length > n {
			x.Miss(name, image.Errorf(image.Truncated, size, "%d bytes stated, %d there", length, n))
		}
		n = min(n, length)
	}
	if h.chunk == 0 || n < h.chunk {
		x.AddStretch(name, h.data, n, image.Attr{Note: "too short to be encrypted"})
		return nil
	}
	var block cipher.Block
	var iv []byte
	data := image.NewSection(r, h.data, n)
	what := fmt.Sprintf("HTC RUU (AES-128-CBC, key index 0x%x, version %.20q)", h.index, h.version)
	key, err := locked.Find(b.Keys, "htc", "KEY IV", what, h.data, func(k image.Key) (bool, error) {
		var err error
		if block, iv, err = readKey(k, h.index); err != nil {
			return false, err
		}
		return string(bin.Head(locked.CBC(block, iv, data, encrypted), encrypted, 4)) == "PK\x03\x04", nil
	})
	if err != nil {
		return err
	}
	space := image.NewSpace(n)
	var pos int64
	for ; n-pos >= h.chunk; pos += h.chunk {
		part := locked.CBC(block, iv, image.NewSection(r, h.data+pos, encrypted), encrypted)
		if err := space.Place(pos, encrypted, part); err != nil {
			return err
		}
		if err := space.Place(pos+encrypted, h.chunk-encrypted, image.NewSection(r, h.data+pos+encrypted, h.chunk-encrypted)); err != nil {
			return err
		}
	}
	if err := space.Place(pos, n-pos, image.NewSection(r, h.data+pos, n-pos)); err != nil {
		return err
	}
	x.AddFile(name, image.Entry{Mode: 0o444, Size: n, Attr: image.Attr{Offset: h.data, Note: locked.Note(key)}, Open: func() (io.ReaderAt, error) { return space, nil }})
	return nil
}

const (
	dataSize = 96 // bytes a device has of key data
	rowSize  = 32 // of the key map: which bytes make the key, and which the first value
)

// readKey reads a key: key and first value; or, as ruuveal's tables have them, the device's key data, and of the key
// map all, or the row of that index.
func readKey(k image.Key, index int) (cipher.Block, []byte, error) {
	key, err := k.Hex(0, 0)
	if err != nil {
		return nil, nil, err
	}
	iv, err := k.Hex(1, 0)
	if err != nil {
		return nil, nil, err
	}
	if len(key) == dataSize {
		row := iv
		if len(row) > rowSize {
			if index < 1 || index*rowSize > len(row) {
				return nil, nil, fmt.Errorf("keys, line %d: a key map without row 0x%x", k.Line, index)
			}
			row = row[(index-1)*rowSize:][:rowSize]
		}
		if len(row) != rowSize {
			return nil, nil, fmt.Errorf("keys, line %d: a key map of %d bytes", k.Line, len(row))
		}
		made := make([]byte, rowSize)
		for i, at := range row {
			if int(at) >= dataSize {
				return nil, nil, fmt.Errorf("keys, line %d: byte %d of the key map is %d", k.Line, i, at)
			}
			made[i] = key[at]
		}
		key, iv = made[:aes.BlockSize], made[aes.BlockSize:]
	}
	if len(key) != 16 || len(iv) != aes.BlockSize {
		return nil, nil, fmt.Errorf("keys, line %d: htc takes KEY IV of 16 bytes each, or KEYDATA KEYMAP", k.Line)
	}
	block, err := aes.NewCipher(key)
	return block, iv, err
}
