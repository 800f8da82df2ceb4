// Package mediatek takes the wrappers off images for MediaTek devices, in place.
//
// In: an image that starts with the 512-byte header of MediaTek's loaders (lk, logo, modem, tee …), or a signed image
// (SSSS, BFBF), as service firmware and flash tools have them (system-sign.img). Out: an [image.Index] with the
// content; with one file for each part where headers are chained.
//
//	fsys, err := mediatek.Format().Open(r, size, budget)
//	f, err := fsys.Open("lk")
//
// Limit: signatures and certificates are not verified.
package mediatek

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes MediaTek's wrappers.
func Format() image.Format {
	return image.Format{
		Name: "mediatek",
		Doc:  "MediaTek image header (lk, logo, modem, tee) and signed images (*-sign.img) of scatter firmware.",
		Refs: []string{
			"MediaTek part_hdr_t of the little kernel, platform/mediatek/*/partition.h",
			"MediaTek SEC_IMG_HEADER and FB_SEC_IMG_MAGIC of the image signing tool",
			"https://github.com/R0rt1z2/signimg2img",
		},
		Limits: []string{
			"signatures and certificates are not verified",
			"no signed image (SSSS, BFBF) of a device was met",
		},
		Single: true,
		Sniff:  sniff,
		Open:   open,
	}
}

const (
	magic      = "\x88\x16\x88\x58"
	extMagic   = 0x58891689
	headerSize = 512
	maxParts   = 1024

	// Content is what the content is called where it has no name.
	Content = "image"
)

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, signedSize)
	switch {
	case len(head) < signedSize:
		return false
	case bytes.HasPrefix(head, []byte(magic)):
		return printable(head[8:40])
	case bytes.HasPrefix(head, []byte(signedMagic)):
		_, ok := parseSigned(head, size)
		return ok
	case bytes.HasPrefix(head, []byte(outerMagic)):
		// A word of four letters: the rest of a header is binary.
		return size > outerSize+signedSize && bytes.IndexByte(head, 0) >= 0
	}
	return false
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	b := &index{Index: image.NewIndex(), r: r, size: size, seen: map[string]int{}}
	head, err := bin.ReadAt(r, size, 0, signedSize, signedSize)
	switch {
	case err != nil:
		return nil, err
	case bytes.HasPrefix(head, []byte(signedMagic)):
		err = b.signed(head, 0)
	case bytes.HasPrefix(head, []byte(outerMagic)):
		err = b.outer()
	case bytes.HasPrefix(head, []byte(magic)):
		b.chain()
	default:
		err = image.Errorf(image.Malformed, 0, "no MediaTek header")
	}
	if err != nil {
		return nil, err
	}
	return b.Index, nil
}

// index is the image being listed.
type index struct {
	*image.Index
	r    io.ReaderAt
	size int64
	seen map[string]int // how often a name was met
}

// chain lists the parts: behind each content, aligned, the next header may stand.
func (b *index) chain() {
	for pos, n := int64(0), 0; pos < b.size; n++ {
		if n == maxParts {
			b.Miss("", image.Errorf(image.OverBudget, pos, "more than %d parts", maxParts))
			return
		}
		raw, err := bin.ReadAt(b.r, b.size, pos, headerSize, headerSize)
		if err != nil || string(raw[:4]) != magic {
			if n == 0 {
				b.Miss("", image.Errorf(image.Truncated, pos, "a header of %d bytes", b.size))
			}
			return
		}
		p := parsePart(raw, pos)
		b.add(p)
		pos = p.next
	}
}

// part is a stretch of the image.
type part struct {
	name, note      string
	off, size, next int64
}

// parsePart reads a header: size and name; later ones carry after another magic their own length, the type of the
// content, the alignment of what follows and the upper half of the size.
func parsePart(raw []byte, pos int64) part {
	c := bin.Little(raw, pos)
	c.Skip(4)
	size := int64(c.U32())
	p := part{name: cString(c.Bytes(32)), off: pos + headerSize}
	align := int64(16)
	c.Skip(8)
	if c.U32() == extMagic {
		length := int64(c.U32())
		c.Skip(12)
		stated, high := int64(c.U32()), int64(c.U32())
		if length >= 80 && length <= 1<<16 {
			p.off = pos + length
		}
		if stated > 0 && stated <= 1<<20 && stated&(stated-1) == 0 {
			align = stated
		}
		if high < 1<<20 { // an exabyte is a lie
			size |= high << 32
		}
	}
	p.size = size
	p.next = (p.off + size + align - 1) / align * align
	return p
}

// add lists a part; one that is cut is a gap and listed all the same. Names come several times: cert2, cert2.2.
func (b *index) add(p part) {
	if p.size > b.size-p.off {
		b.Miss(p.name, image.Errorf(image.Truncated, b.size, "%d bytes stated, %d there", p.size, max(b.size-p.off, 0)))
	}
	name, note, ok := image.ValidName(p.name)
	if !ok {
		name = Content
	}
	if b.seen[name]++; b.seen[name] > 1 {
		name = fmt.Sprintf("%s.%d", name, b.seen[name])
	}
	if p.note != "" {
		note = p.note
	}
	data := image.NewSection(b.r, p.off, p.size)
	e := image.Entry{Mode: 0o444, Size: p.size, Attr: image.Attr{Offset: p.off, Note: note}}
	e.Open = func() (io.ReaderAt, error) { return data, nil }
	if err := b.Add(name, e); err != nil {
		b.Miss(name, err)
	}
}

// printable tells a name, padded with zeros, from chance.
func printable(raw []byte) bool {
	name := cString(raw)
	for _, c := range []byte(name) {
		if c < 0x20 || c > 0x7E {
			return false
		}
	}
	return len(bytes.Trim(raw[len(name):], "\x00")) == 0
}

func cString(raw []byte) string {
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return string(raw)
}
