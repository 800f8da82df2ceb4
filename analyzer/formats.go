package analyzer

import (
	"romscan/analyzer/image"
	"romscan/analyzer/image/avb"
	"romscan/analyzer/image/blockota"
	"romscan/analyzer/image/boot"
	"romscan/analyzer/image/bzip2"
	"romscan/analyzer/image/cpio"
	"romscan/analyzer/image/dtb"
	"romscan/analyzer/image/erofs"
	"romscan/analyzer/image/ext4"
	"romscan/analyzer/image/f2fs"
	"romscan/analyzer/image/gpt"
	"romscan/analyzer/image/gzip"
	"romscan/analyzer/image/iso9660"
	"romscan/analyzer/image/lz4"
	"romscan/analyzer/image/lzmaalone"
	"romscan/analyzer/image/mbr"
	"romscan/analyzer/image/otazip"
	"romscan/analyzer/image/payload"
	"romscan/analyzer/image/sparse"
	"romscan/analyzer/image/squashfs"
	"romscan/analyzer/image/super"
	"romscan/analyzer/image/tar"
	"romscan/analyzer/image/vendors/mediatek"
	"romscan/analyzer/image/xz"
	"romscan/analyzer/image/zip"
	"romscan/analyzer/image/zstd"
)

// Formats is list 1: every image format, in the order in which content is tried. A format with a magic
// number stands before one that is recognised by less.
func Formats() []image.Format {
	return []image.Format{
		payload.Format(),
		sparse.Format(),
		blockota.Format(),
		super.Format(),
		iso9660.Format(), // before gpt and mbr: CD images that also start from USB sticks have both tables too
		gpt.Format(),
		boot.Format(),
		avb.Format(),
		dtb.Format(),
		mediatek.Format(),
		ext4.Format(),
		erofs.Format(),
		f2fs.Format(),
		squashfs.Format(),
		gzip.Format(),
		lz4.Format(),
		xz.Format(),
		zstd.Format(),
		bzip2.Format(),
		otazip.Format(),
		zip.Format(),
		cpio.Format(),
		tar.Format(),
		mbr.Format(),
		lzmaalone.Format(),
	}
}
