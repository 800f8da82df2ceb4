package analyzer

import (
	"romscan/analyzer/image"
	"romscan/analyzer/image/art"
	"romscan/analyzer/image/avb"
	"romscan/analyzer/image/blockota"
	"romscan/analyzer/image/boot"
	"romscan/analyzer/image/bzip2"
	"romscan/analyzer/image/cpio"
	"romscan/analyzer/image/cramfs"
	"romscan/analyzer/image/dotnetso"
	"romscan/analyzer/image/dtb"
	"romscan/analyzer/image/erofs"
	"romscan/analyzer/image/ext4"
	"romscan/analyzer/image/f2fs"
	"romscan/analyzer/image/gpt"
	"romscan/analyzer/image/gzip"
	"romscan/analyzer/image/iscab"
	"romscan/analyzer/image/iso9660"
	"romscan/analyzer/image/jffs2"
	"romscan/analyzer/image/lz4"
	"romscan/analyzer/image/lzmaalone"
	"romscan/analyzer/image/mbr"
	"romscan/analyzer/image/oat"
	"romscan/analyzer/image/odex"
	"romscan/analyzer/image/otazip"
	"romscan/analyzer/image/payload"
	"romscan/analyzer/image/qfil"
	"romscan/analyzer/image/rar"
	"romscan/analyzer/image/romfs"
	"romscan/analyzer/image/sevenzip"
	"romscan/analyzer/image/sfx"
	"romscan/analyzer/image/sfx/installshield"
	"romscan/analyzer/image/sparse"
	"romscan/analyzer/image/squashfs"
	"romscan/analyzer/image/super"
	"romscan/analyzer/image/tar"
	"romscan/analyzer/image/ubi"
	"romscan/analyzer/image/ubifs"
	"romscan/analyzer/image/vdex"
	"romscan/analyzer/image/vendors/allwinner"
	"romscan/analyzer/image/vendors/amlogic"
	"romscan/analyzer/image/vendors/coolpad"
	"romscan/analyzer/image/vendors/htc"
	"romscan/analyzer/image/vendors/huawei"
	"romscan/analyzer/image/vendors/lg"
	"romscan/analyzer/image/vendors/lg/dz"
	"romscan/analyzer/image/vendors/mediatek"
	"romscan/analyzer/image/vendors/motorola"
	"romscan/analyzer/image/vendors/motorola/star"
	"romscan/analyzer/image/vendors/nb0"
	"romscan/analyzer/image/vendors/nothing"
	"romscan/analyzer/image/vendors/oppo/msm"
	"romscan/analyzer/image/vendors/oppo/ofpmtk"
	"romscan/analyzer/image/vendors/oppo/ofpzip"
	"romscan/analyzer/image/vendors/oppo/ozip"
	"romscan/analyzer/image/vendors/rockchip"
	"romscan/analyzer/image/vendors/samsung"
	"romscan/analyzer/image/vendors/sony"
	"romscan/analyzer/image/vendors/unisoc"
	"romscan/analyzer/image/xaba"
	"romscan/analyzer/image/xalz"
	"romscan/analyzer/image/xz"
	"romscan/analyzer/image/yaffs2"
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
		huawei.Format(),
		unisoc.Format(),
		lg.Format(),
		dz.Format(),
		sony.Format(),
		motorola.Format(),
		star.Format(),
		rockchip.Format(),
		amlogic.Format(),
		allwinner.Format(),
		ozip.Format(),
		htc.Format(),
		nothing.Format(),
		samsung.Format(),
		qfil.Format(),
		ext4.Format(),
		erofs.Format(),
		f2fs.Format(),
		squashfs.Format(),
		ubi.Format(),
		ubifs.Format(),
		jffs2.Format(),
		cramfs.Format(),
		romfs.Format(),
		odex.Format(),
		vdex.Format(),
		oat.Format(),
		art.Format(),
		gzip.Format(),
		lz4.Format(),
		xz.Format(),
		zstd.Format(),
		bzip2.Format(),
		xaba.Format(),
		xalz.Format(),
		dotnetso.Format(),
		sfx.Format(),           // before zip, which also knows an archive by its end
		installshield.Format(), // likewise
		iscab.Format(),
		ofpzip.Format(), // before the other zips: its entries need a password
		otazip.Format(),
		zip.Format(),
		cpio.Format(),
		tar.Format(),
		sevenzip.Format(),
		rar.Format(),
		mbr.Format(),
		lzmaalone.Format(),
		coolpad.Format(),
		nb0.Format(),
		yaffs2.Format(),
		msm.Format(), // what it and ofpmtk go by stands at the end of a file
		ofpmtk.Format(),
	}
}
