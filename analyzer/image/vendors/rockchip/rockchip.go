// Package rockchip reads update.img of Rockchip devices: the wrapper RKFW and the package RKAF inside of it.
//
// In: either. Out: for RKFW an [image.Index] with "boot.bin", the loader, and "firmware.img", the package; for
// RKAF one with its parts under their paths, "Image/system.img". All in place; Verify compares MD5 and CRC.
//
//	fsys, err := rockchip.Format().Open(r, size, budget)
//	f, err := fsys.Open("firmware.img")
//
// Limit: the loader is not opened; its own parts are scrambled with RC4.
package rockchip

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes RKFW and RKAF.
func Format() image.Format {
	return image.Format{
		Name: "rockchip",
		Doc:  "update.img of Rockchip's tablets and TV boxes: RKFW around a loader and RKAF, the package of partitions.",
		Refs: []string{
			"https://github.com/suyulin/apftool-rs (src/lib.rs)",
			"https://github.com/rockchip-linux/rkdeveloptool (RKImage.cpp: MD5, sizes above 4 GiB; crc.cpp)",
			"rkupdate of Rockchip's SDKs (RKAndroidDevice.cpp: offsets and sizes of parts above 4 GiB)",
			"https://github.com/armijnhemel/binaryanalysis-ng (src/bang/parsers/firmware/rockchip/rockchip.ksy)",
		},
		Limits: []string{
			"no image made by a device's vendor was met, but ones made by Rockchip's afptool and rkImageMaker 1.66",
			"the loader's parts, scrambled with RC4, are not read",
			"signatures behind the MD5 are not checked",
		},
		Sniff: sniff,
		Open:  open,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, packHeader)
	switch {
	case len(b) < 4:
		return false
	case string(b[:4]) == "RKFW":
		_, err := readWrapper(r, size)
		return err == nil
	case string(b[:4]) == "RKAF":
		_, err := readPackage(r, size)
		return err == nil
	}
	return false
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	p := image.NewParts(r, size)
	if string(bin.Head(r, size, 4)) == "RKFW" {
		w, err := readWrapper(r, size)
		if err != nil {
			return nil, err
		}
		w.list(p)
		w.check(p, r, size)
		return p, nil
	}
	h, err := readPackage(r, size)
	if err != nil {
		return nil, err
	}
	h.list(p, r, size)
	h.check(p, r, size)
	return p, nil
}

// text is a name up to its first zero; what follows is left over from other names.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
