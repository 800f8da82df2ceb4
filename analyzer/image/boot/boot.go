// Package boot takes boot images apart in place: boot, init_boot, recovery and vendor_boot of all header versions.
//
// In: an image that starts with ANDROID! or VNDRBOOT, with whatever stands behind it on its partition. Out: an
// [image.Index] of its parts, each a stretch of the image: kernel, ramdisk, second, dt, recovery_dtbo, dtb,
// vendor_ramdisk, bootconfig, signature; and the header's own words as the text files cmdline and header.txt.
//
//	fsys, err := boot.Format().Open(r, size, budget)
//	f, err := fsys.Open("ramdisk") // still compressed
//
// Limit: parts are not decoded here; an address at which a part is loaded is told, not used.
package boot

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes boot images.
func Format() image.Format {
	return image.Format{
		Name: "boot",
		Doc:  "Android boot image: kernel and ramdisk of boot, init_boot, recovery and vendor_boot on every device.",
		Refs: []string{
			"AOSP system/tools/mkbootimg/include/bootimg/bootimg.h",
			"AOSP system/tools/mkbootimg/mkbootimg.py",
			"https://github.com/osm0sis/unpackelf (ELF images of Sony devices)",
			"Qualcomm device/qcom/common/meta_image/meta_format.h",
		},
		Limits: []string{
			"the signature behind a header of version 4 is listed, not verified",
			"the header of the PXA bootloader (old Samsung) is refused",
			"no image of a device was met of: header version 4, Sony's ELF, Qualcomm's meta image",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Sizes of the fields of all headers; bootimg.h.
const (
	bootMagic   = "ANDROID!"
	vendorMagic = "VNDRBOOT"
	argsSize    = 512
	extraSize   = 1024
	headerSize  = 2128 // of the longest header
	maxPage     = 1 << 20
)

// img is what a header says of an image.
type img struct {
	kind    string
	page    int64
	version uint32
	parts   []part
	end     int64 // of the last part and its padding
	cmdline string
	facts   []string // lines of header.txt
	id      []byte   // checksum of the parts as mkbootimg computes it; nil for headers without
	idAt    int64
	idOf    []part // in the order of the checksum
}

// part is a stretch of the image.
type part struct {
	name string
	off  int64
	size int64
	note string
}

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, headerSize)
	switch {
	case bytes.HasPrefix(head, []byte(bootMagic)), bytes.HasPrefix(head, []byte(vendorMagic)):
		h, err := parseHeader(head)
		// A file of text may begin like that. A page that is no page is refused aloud if the rest is binary.
		return err == nil && h != nil || bytes.IndexByte(head, 0) >= 0
	case bytes.HasPrefix(head, []byte(metaMagic)):
		_, err := parseMeta(r, size)
		return err == nil
	case bytes.HasPrefix(head, []byte("\x7FELF")):
		_, err := parseELF(r, size)
		return err == nil
	}
	return false
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	head := bin.Head(r, size, headerSize)
	var h *img
	var err error
	switch {
	case bytes.HasPrefix(head, []byte(metaMagic)):
		h, err = parseMeta(r, size)
	case bytes.HasPrefix(head, []byte("\x7FELF")):
		h, err = parseELF(r, size)
	default:
		h, err = parseHeader(head)
	}
	if err != nil {
		return nil, err
	}
	b := &Image{Index: image.NewIndex(), r: r, size: size, img: h}
	if h.kind == vendorMagic && h.version >= 4 {
		b.splitVendorRamdisk(head)
	}
	if h.page > 0 {
		b.findSignature()
	}
	for _, p := range h.parts {
		b.add(p)
	}
	b.addText("cmdline", h.cmdline)
	b.addText("header.txt", strings.Join(h.facts, ""))
	return b, nil
}

// Image is an opened boot image.
type Image struct {
	*image.Index
	r    io.ReaderAt
	size int64
	*img
}

// add lists a part. One that is not all there is a gap and listed all the same.
func (b *Image) add(p part) {
	if p.size == 0 {
		return
	}
	if p.off > b.size || p.size > b.size-p.off {
		b.Miss(p.name, image.Errorf(image.Truncated, p.off, "%d bytes stated, %d there", p.size, max(b.size-p.off, 0)))
	}
	p = b.unwrap(p)
	data := image.NewSection(b.r, p.off, p.size)
	e := image.Entry{Mode: 0o444, Size: p.size, Attr: image.Attr{Offset: p.off, Note: p.note}}
	e.Open = func() (io.ReaderAt, error) { return data, nil }
	if err := b.Add(p.name, e); err != nil {
		b.Miss(p.name, err)
	}
}

// unwrap steps over the header that MediaTek's build puts in front of kernel and ramdisk: magic, size of what
// follows, name, all padded to 512 bytes (mkimage of MediaTek's preloader tools).
func (b *Image) unwrap(p part) part {
	const size, magic = 512, "\x88\x16\x88\x58"
	if p.size < size || p.off > b.size-size {
		return p
	}
	raw, err := bin.ReadAt(b.r, b.size, p.off, 40, 40)
	if err != nil || string(raw[:4]) != magic {
		return p
	}
	c := bin.Little(raw[4:], p.off+4)
	inner := int64(c.U32())
	p.note = fmt.Sprintf("behind a MediaTek header named %q", cString(c.Bytes(32)))
	p.off += size
	p.size = min(p.size-size, inner)
	return p
}

// addText lists words of the header; none where there are none.
func (b *Image) addText(name, text string) {
	if text == "" {
		return
	}
	data := strings.NewReader(text)
	e := image.Entry{Mode: 0o444, Size: int64(len(text)), Attr: image.Attr{Offset: -1}}
	e.Open = func() (io.ReaderAt, error) { return data, nil }
	if err := b.Add(name, e); err != nil {
		b.Miss(name, err)
	}
}

// findSignature lists what stands behind the last part, if it is a signature: a vbmeta struct, as avbtool puts
// there, or the DER of boot_signer, Android 5 to 8.
func (b *Image) findSignature() {
	if b.end <= 0 || b.end >= b.size {
		return
	}
	head := make([]byte, 256)
	n, _ := b.r.ReadAt(head, b.end)
	head = head[:n]
	there := b.size - b.end
	switch {
	case len(head) == 256 && string(head[:4]) == "AVB0":
		c := bin.Big(head[12:], b.end+12)
		auth, aux := c.U64(), c.U64()
		if auth <= uint64(there) && aux <= uint64(there) && auth+aux+256 <= uint64(there) {
			b.parts = append(b.parts, part{name: "vbmeta", off: b.end, size: int64(auth + aux + 256)})
		}
	case len(head) > 4 && head[0] == 0x30 && head[1] == 0x82:
		if size := 4 + (int64(head[2])<<8 | int64(head[3])); size <= there {
			b.parts = append(b.parts, part{name: "signature", off: b.end, size: size})
		}
	}
}

func cString(raw []byte) string {
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}
