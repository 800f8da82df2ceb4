// Package dz reads DZ, the container inside of LG's KDZ: partitions in compressed chunks with addresses.
//
// In: a .dz file. Out: an [image.Index] with one file per partition, "system.img", of which the chunks that are
// read are decoded and all else reads as zeros; Verify compares the MD5 and CRC32 of every chunk.
//
//	fsys, err := dz.Format().Open(r, size, budget)
//	f, err := fsys.Open("system.img")
//
// Limit: a partition ends where its last chunk, or what that erases, ends; on the device it may be longer.
package dz

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes DZ.
func Format() image.Format {
	return image.Format{
		Name: "dz",
		Doc:  "DZ: the partitions of LG's firmware in chunks of zlib or, since the G7, zstd; inside of a KDZ.",
		Refs: []string{
			"https://github.com/ehem/kdztools (libexec/dz.py, undz.py)",
			"https://github.com/steadfasterX/kdztools (undz.py: zstd)",
			"https://github.com/DTRHnet/Shell-Scripts (LM-G710AWM_extract.-fw.py, after Isaac Garzon: all fields and what the checksums cover)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"a partition is as long as its chunks and what they erase, not as long as on the device",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Figures of the format.
const (
	magic      = 0x74189632
	chunkMagic = 0x78951230
	headerSize = 512
	chunkSize0 = 124 // of version x.0, without addresses
	chunkSize1 = 512
)

func sniff(r io.ReaderAt, size int64) bool {
	_, _, err := readHeader(r, size)
	return err == nil
}

// header is what is read of the first 512 bytes, little endian: u32 magic number, major, minor, reserved,
// device[32], version[128], u16 date[8], u32 chunks, MD5 of the chunks' headers, then at
//
//	212 u8 kind of signature    304 u32 0
//	213 compression[9]          308 u32 CRC32 of the header, with itself and the next MD5 as zeros
//	222 MD5 of all, with itself as 0xFF; 0xFF where there is none
type header struct {
	minor   uint32
	count   int64
	headers [16]byte // MD5
	data    [16]byte // MD5
	crc     uint32
}

const (
	dataSumAt = 222
	crcAt     = 308
)

func readHeader(r io.ReaderAt, size int64) (header, []byte, error) {
	raw, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return header{}, nil, err
	}
	c := bin.Little(raw, 0)
	if c.U32() != magic {
		return header{}, nil, image.Errorf(image.Malformed, 0, "no magic number of a DZ")
	}
	major := c.U32()
	h := header{minor: c.U32()}
	c.Skip(4 + 32 + 128 + 16)
	h.count = int64(c.U32())
	h.headers = [16]byte(c.Bytes(16))
	c.Seek(dataSumAt)
	h.data = [16]byte(c.Bytes(16))
	c.Seek(crcAt)
	h.crc = c.U32()
	if major > 16 || h.minor > 16 {
		return h, raw, image.Errorf(image.Malformed, 4, "version %d.%d", major, h.minor)
	}
	return h, raw, c.Err()
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, raw, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	d := &reader{r: r, size: size, budget: b, parts: image.NewParts(r, size), head: h}
	d.checkHeader(raw)
	d.scan()
	d.list()
	d.checkSums(raw)
	return d.parts, nil
}

type reader struct {
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	parts  *image.Parts
	head   header
	chunks []*chunk
	cut    bool // the last chunk's header or data is not all there
}

// chunk is one piece of a partition. Its header, little endian: u32 magic number, partition[32], name[64], u32
// bytes decoded, u32 bytes encoded, MD5 of the decoded bytes; in version x.1 also, in sectors, u32 address, u32
// length to erase, u32 device, u32 CRC32, u32 number, sparse, UBI, u32 address of the partition or 0.
type chunk struct {
	at        int64 // of the header
	partition string
	name      string
	decoded   int64
	encoded   int64
	md5       [16]byte
	address   int64 // sectors
	erase     int64 // sectors
	device    uint32
	crc       uint32
	start     int64 // sectors; 0 where nothing is said
	data      int64 // offset in the file
	stream    *image.Stream
}

func (d *reader) headerLength() int64 {
	if d.head.minor == 0 {
		return chunkSize0
	}
	return chunkSize1
}

// scan goes from chunk to chunk, as many as the header states.
func (d *reader) scan() {
	at := int64(headerSize)
	for i := range d.head.count {
		if int64(len(d.chunks)) >= d.budget.Files {
			d.parts.Miss("", image.Errorf(image.OverBudget, at, "more than %d chunks", d.budget.Files))
			d.cut = true
			return
		}
		raw, err := bin.ReadAt(d.r, d.size, at, d.headerLength(), chunkSize1)
		if err != nil {
			d.parts.Miss("", image.Errorf(image.Truncated, d.size, "ends after %d of %d chunks", i, d.head.count))
			d.cut = true
			return
		}
		c := parseChunk(raw, at)
		if c == nil {
			d.parts.Miss("", image.Errorf(image.Malformed, at, "no chunk where number %d of %d belongs", i+1, d.head.count))
			d.cut = true
			return
		}
		d.chunks = append(d.chunks, c)
		if c.encoded > d.size-c.data {
			d.parts.Miss(c.name, image.Errorf(image.Truncated, d.size, "%d bytes stated, %d there", c.encoded, d.size-c.data))
			d.cut = true
		}
		c.stream = d.budget.NewStream(c.decoded, c.encoded, func() (io.ReadCloser, error) { return d.decoder(c) })
		at = c.data + c.encoded
	}
}

func parseChunk(raw []byte, at int64) *chunk {
	c := bin.Little(raw, at)
	if c.U32() != chunkMagic {
		return nil
	}
	k := &chunk{at: at, partition: text(c.Bytes(32)), name: text(c.Bytes(64)), decoded: int64(c.U32()), encoded: int64(c.U32()), data: at + int64(len(raw))}
	k.md5 = [16]byte(c.Bytes(16))
	if len(raw) < chunkSize1 {
		return k
	}
	k.address, k.erase, k.device, k.crc = int64(c.U32()), int64(c.U32()), c.U32(), c.U32()
	c.Skip(12)
	k.start = int64(c.U32())
	return k
}

// text is a name up to its first zero.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
