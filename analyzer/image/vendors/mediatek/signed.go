package mediatek

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	signedMagic = "SSSS"
	signedSize  = 64
	outerMagic  = "BFBF"
	outerSize   = 16 << 10
)

// parseSigned finds the content behind an SSSS header, of which there are three layouts without a version number:
// with a name of 16 or 32 bytes and 32-bit sizes, and with one of 32 bytes and 64-bit sizes. Where one has the size
// of the content another has that of a signature, so of what fits into the image the largest is the content. size is
// that of the image from the header on.
func parseSigned(head []byte, size int64) (part, bool) {
	le := binary.LittleEndian
	best := part{size: -1}
	for _, c := range []struct{ off, low, high int }{{44, 60, 56}, {44, 40, -1}, {28, 24, -1}} {
		p := part{off: max(int64(le.Uint32(head[c.off:])), signedSize), size: int64(le.Uint32(head[c.low:]))}
		if c.high >= 0 {
			high := int64(le.Uint32(head[c.high:]))
			if high >= 1<<20 {
				continue
			}
			p.size |= high << 32
		}
		if p.size > best.size && p.size > 0 && p.off <= size && p.size <= size-p.off {
			best = p
		}
	}
	best.name = cString(head[4:36])
	return best, best.size > 0
}

// signed lists the content of the SSSS header at base.
func (b *index) signed(head []byte, base int64) error {
	p, ok := parseSigned(head, b.size-base)
	if !ok {
		return image.Errorf(image.Truncated, base, "an SSSS header whose content does not fit into %d bytes", b.size-base)
	}
	b.add(part{name: Content, note: "signed for " + quoted(p.name), off: base + p.off, size: p.size})
	return nil
}

// outer lists the content behind BFBF, a header for fastboot of 16 KiB in front of an SSSS header. Where there is
// another header in its place, as flash tools accept, the content is what follows.
func (b *index) outer() error {
	head, err := bin.ReadAt(b.r, b.size, outerSize, signedSize, signedSize)
	if err != nil {
		return err
	}
	if string(head[:4]) == signedMagic {
		return b.signed(head, outerSize)
	}
	off := int64(outerSize + signedSize)
	b.add(part{name: Content, note: "the size is not stated: everything behind the header", off: off, size: b.size - off})
	return nil
}

func quoted(name string) string {
	if name == "" || !printable([]byte(name)) {
		return "nobody named"
	}
	return name
}
