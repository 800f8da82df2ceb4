package boot

import (
	"fmt"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// parseHeader reads the header of a boot or vendor_boot image.
func parseHeader(head []byte) (*img, error) {
	c := bin.Little(head, 0)
	magic := string(c.Bytes(8))
	if magic == vendorMagic {
		return parseVendor(c)
	}
	if magic != bootMagic {
		return nil, image.Errorf(image.Malformed, 0, "no boot image")
	}
	c.Seek(40)
	version := c.U32()
	c.Seek(8)
	if version == 3 || version == 4 {
		return parseFixed(c, version)
	}
	return parseClassic(c, version)
}

// parseClassic reads versions 0 to 2. In version 0 the field of the version was unused and makers of Qualcomm
// devices keep the size of their device tree there.
func parseClassic(c *bin.Cursor, version uint32) (*img, error) {
	kernel, kernelAt := c.U32(), c.U32()
	ramdisk, ramdiskAt := c.U32(), c.U32()
	second, secondAt := c.U32(), c.U32()
	tagsAt, page := c.U32(), c.U32()
	c.Skip(4)
	os := c.U32()
	board := cString(c.Bytes(16))
	args := cString(c.Bytes(argsSize))
	idAt := c.Pos()
	id := c.Bytes(32)
	args += cString(c.Bytes(extraSize))
	dt := uint32(0)
	if version > 2 {
		version, dt = 0, version
	}
	var dtbo, headerLen, dtb uint32
	var dtboAt, dtbAt uint64
	if version >= 1 {
		dtbo, dtboAt, headerLen = c.U32(), c.U64(), c.U32()
	}
	if version >= 2 {
		dtb, dtbAt = c.U32(), c.U64()
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	if err := checkPage(page, 36); err != nil {
		return nil, err
	}
	h := &img{kind: bootMagic, page: int64(page), version: version, cmdline: args, id: id, idAt: int64(idAt), end: int64(page)}
	h.fact("header_version", version)
	h.osVersion(os)
	h.fact("board", board)
	h.fact("page_size", page)
	h.address("kernel_addr", uint64(kernelAt))
	h.address("ramdisk_addr", uint64(ramdiskAt))
	h.address("second_addr", uint64(secondAt))
	h.address("tags_addr", uint64(tagsAt))
	h.place("kernel", kernel)
	h.place("ramdisk", ramdisk)
	h.place("second", second)
	if dt > 0 {
		h.place("dt", dt)
	}
	if version >= 1 {
		h.fact("header_size", headerLen)
		h.recovery(dtbo, dtboAt)
	}
	if version >= 2 {
		h.address("dtb_addr", dtbAt)
		h.place("dtb", dtb)
	}
	h.idOf = h.parts
	return h, nil
}

// parseFixed reads versions 3 and 4, whose page is 4096 bytes on every device.
func parseFixed(c *bin.Cursor, version uint32) (*img, error) {
	kernel, ramdisk, os, headerLen := c.U32(), c.U32(), c.U32(), c.U32()
	c.Skip(16 + 4)
	args := cString(c.Bytes(argsSize + extraSize))
	signature := uint32(0)
	if version >= 4 {
		signature = c.U32()
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	h := &img{kind: bootMagic, page: 4096, version: version, cmdline: args, end: 4096}
	h.fact("header_version", version)
	h.osVersion(os)
	h.fact("header_size", headerLen)
	h.place("kernel", kernel)
	h.place("ramdisk", ramdisk)
	h.place("signature", signature)
	return h, nil
}

// parseVendor reads vendor_boot. The parts of a version 4 ramdisk are found later, from its table.
func parseVendor(c *bin.Cursor) (*img, error) {
	version, page := c.U32(), c.U32()
	kernelAt, ramdiskAt, ramdisk := c.U32(), c.U32(), c.U32()
	args := cString(c.Bytes(2048))
	tagsAt := c.U32()
	board := cString(c.Bytes(16))
	headerLen, dtb, dtbAt := c.U32(), c.U32(), c.U64()
	var table, bootconfig uint32
	if version >= 4 {
		table = c.U32()
		c.Skip(8)
		bootconfig = c.U32()
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	if version < 3 || version > 4 {
		return nil, image.Errorf(image.Unsupported, 8, "vendor_boot header of version %d", version)
	}
	if err := checkPage(page, 12); err != nil {
		return nil, err
	}
	h := &img{kind: vendorMagic, page: int64(page), version: version, cmdline: args}
	h.end = h.up(int64(max(headerLen, 2112)))
	h.fact("header_version", version)
	h.fact("board", board)
	h.fact("page_size", page)
	h.fact("header_size", headerLen)
	h.address("kernel_addr", uint64(kernelAt))
	h.address("ramdisk_addr", uint64(ramdiskAt))
	h.address("tags_addr", uint64(tagsAt))
	h.address("dtb_addr", dtbAt)
	h.place("vendor_ramdisk", ramdisk)
	h.place("dtb", dtb)
	h.place(tablePart, table)
	h.place("bootconfig", bootconfig)
	return h, nil
}

func checkPage(page uint32, at int64) error {
	if page < 256 || page > maxPage || page&(page-1) != 0 {
		return image.Errorf(image.Unsupported, at, "a page of %d bytes", page)
	}
	return nil
}

func (h *img) up(n int64) int64 { return (n + h.page - 1) &^ (h.page - 1) }

// place puts a part on the next page.
func (h *img) place(name string, size uint32) {
	h.parts = append(h.parts, part{name: name, off: h.end, size: int64(size)})
	h.end += h.up(int64(size))
}

// recovery places the overlay or ACPI tables of a recovery image. The header says where they lie; where that is not
// what the pages before add up to, the header is believed, as bootloaders do.
func (h *img) recovery(size uint32, off uint64) {
	if size == 0 {
		h.place("recovery_dtbo", 0)
		return
	}
	p := part{name: "recovery_dtbo", off: h.end, size: int64(size)}
	if off != uint64(p.off) && off > 0 && off < 1<<62 {
		p.note = fmt.Sprintf("the pages before it end at 0x%x", p.off)
		p.off = int64(off)
	}
	h.parts = append(h.parts, p)
	h.end += h.up(int64(size))
}

// fact adds a line to header.txt; none for empty words.
func (h *img) fact(key string, value any) {
	if s := fmt.Sprint(value); s != "" {
		h.facts = append(h.facts, key+": "+strings.ReplaceAll(s, "\n", " ")+"\n")
	}
}

func (h *img) address(key string, at uint64) {
	if at != 0 {
		h.fact(key, fmt.Sprintf("0x%08x", at))
	}
}

// osVersion tells Android's version and patch level, packed into 32 bits.
func (h *img) osVersion(v uint32) {
	if v == 0 {
		return
	}
	h.fact("os_version", fmt.Sprintf("%d.%d.%d", v>>25, v>>18&0x7F, v>>11&0x7F))
	h.fact("os_patch_level", fmt.Sprintf("%d-%02d", 2000+(v>>4&0x7F), v&0xF))
}
