// Package motorola reads partition images that begin with a signature header of Motorola or ASUS.
//
// In: an image that starts with "MOTO" or "ASUS", as a sparse image or its pieces hold it. Out: an [image.Index]
// with one file, the file system behind the header, in place.
//
//	fsys, err := motorola.Format().Open(r, size, budget)
//	f, err := fsys.Open("image")
//
// Limit: signatures are not checked; what follows the file system, Motorola's second header, stays with it.
package motorola

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes these images.
func Format() image.Format {
	return image.Format{
		Name: "motopiv",
		Doc:  "Partition image behind a header of signatures: Motorola's MOT_PIV_FULL256 since 2013, ASUS'.",
		Refs: []string{
			"https://github.com/LineageOS/android_tools_extract-utils (extract_utils, Motorola PIV: where the header says how long it is)",
			"https://github.com/AndroidDumps/Firmware_extractor (extractor.sh: 131072 bytes, false hits of the magic number, ASUS)",
			"https://github.com/zachariasmaladroit/superrs-kitchen_free (tools/source/fixmoto.py)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"signatures are not checked",
			"behind ASUS' header, which is not documented, a file system is looked for at multiples of 512 bytes",
		},
		Single: true,
		Sniff:  sniff,
		Open:   open,
	}
}

const (
	piv      = "MOTO\x13\x57\x9B\x00MOT_PIV_FULL256"
	offsetAt = 24        // u32, little endian, of what follows the header
	usual    = 128 << 10 // Motorola's header in all images described
	maxAt    = 1 << 20   // bytes that a header may take
)

func sniff(r io.ReaderAt, size int64) bool {
	_, err := find(r, size)
	return err == nil
}

// find returns where the header ends: where it says, if a file system is there, else where one is found.
func find(r io.ReaderAt, size int64) (int64, error) {
	head := bin.Head(r, size, 32)
	if len(head) < 32 || string(head[:4]) != "MOTO" && string(head[:4]) != "ASUS" {
		return 0, image.Errorf(image.Malformed, 0, "neither Motorola's nor ASUS' header")
	}
	known := string(head[:len(piv)]) == piv
	stated := int64(bin.Little(head[offsetAt:], offsetAt).U32())
	step := int64(512)
	if string(head[:4]) == "MOTO" {
		step = 4096
		for _, at := range []int64{stated, usual} {
			if at >= 512 && starts(r, size, at) {
				return at, nil
			}
		}
	}
	for at := step; at <= maxAt && at < size; at += step {
		if starts(r, size, at) {
			return at, nil
		}
	}
	switch {
	case known && stated >= int64(len(piv)) && stated <= maxAt:
		return stated, nil // of something that is no file system
	case known:
		return usual, nil
	}
	return 0, image.Errorf(image.Malformed, 0, "no file system in the first %d bytes", maxAt)
}

// starts reports whether a file system, a super image or a sparse image is at at. Two bytes of ext4's would be too
// few: its sizes have to make sense too.
func starts(r io.ReaderAt, size, at int64) bool {
	if at > size-4096-64 {
		return false
	}
	b, err := bin.ReadAt(r, size, at, 4096+64, 4096+64)
	if err != nil {
		return false
	}
	ext := bin.Little(b[1024:], at)
	inodes, blocks := ext.U32(), ext.U32()
	ext.Seek(24)
	blockSize := ext.U32()
	ext.Seek(56)
	switch {
	case ext.U16() == 0xEF53 && inodes > 0 && blocks > 0 && blockSize <= 6:
	case string(b[1024:1028]) == "\xE2\xE1\xF5\xE0", string(b[1024:1028]) == "\x10\x20\xF5\xF2":
	case string(b[:4]) == "hsqs", string(b[:4]) == "\x3A\xFF\x26\xED", string(b[4096:4100]) == "gDla":
	default:
		return false
	}
	return true
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	at, err := find(r, size)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	if at > size {
		return nil, image.Errorf(image.Truncated, size, "ends inside of a header of %d bytes", at)
	}
	p.AddStretch(Name, at, size-at, image.Attr{})
	return p, nil
}
