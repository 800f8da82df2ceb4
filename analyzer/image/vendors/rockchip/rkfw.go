package rockchip

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// wrapper is the header of RKFW, little endian: "RKFW", u16 102, u32 version, u32 version of the tool, time[7],
// u32 chip; at 25 u32 offset and size of the loader, u32 offset and size of the package; 61 bytes of which, at 55,
// "HI" and a u32 are the upper half of the package's size. The MD5 of everything follows the package, in letters.
type wrapper struct {
	loader, loaderSize int64
	pack, packSize     int64
}

const (
	wrapperSize = 102
	md5Letters  = 32
)

func readWrapper(r io.ReaderAt, size int64) (*wrapper, error) {
	b, err := bin.ReadAt(r, size, 0, wrapperSize, wrapperSize)
	if err != nil {
		return nil, err
	}
	c := bin.Little(b, 0)
	tag, length := string(c.Bytes(4)), c.U16()
	c.Seek(25)
	w := &wrapper{loader: int64(c.U32()), loaderSize: int64(c.U32()), pack: int64(c.U32()), packSize: int64(c.U32())}
	if string(b[55:57]) == "HI" {
		w.packSize += int64(bin.Little(b[57:], 57).U32()) << 32
	}
	if tag != "RKFW" || length < 41 || length > 4096 || w.pack < wrapperSize || w.packSize == 0 || w.packSize < 0 {
		return nil, image.Errorf(image.Malformed, 0, "%q, a header of %d bytes, %d bytes at %d", tag, length, w.packSize, w.pack)
	}
	return w, nil
}

func (w *wrapper) list(p *image.Parts) {
	if w.loaderSize > 0 {
		p.AddStretch("boot.bin", w.loader, w.loaderSize, image.Attr{})
	}
	p.AddStretch("firmware.img", w.pack, w.packSize, image.Attr{})
}

func (w *wrapper) check(p *image.Parts, r io.ReaderAt, size int64) {
	end := w.pack + w.packSize
	c := image.Check{What: "md5", Whole: true, Bytes: end, Offset: end, Outcome: image.Unverified}
	letters, err := bin.ReadAt(r, size, end, md5Letters, md5Letters)
	want, herr := hex.DecodeString(string(letters))
	if err != nil || herr != nil {
		c.Detail = fmt.Sprintf("no MD5 behind the package: %q", letters)
		p.Later(func(context.Context) image.Check { return c })
		return
	}
	p.LaterSum(c, r, 0, end, func() image.Summer { return md5.New() }, bytes.Clone(want))
}
