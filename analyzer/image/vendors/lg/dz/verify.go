package dz

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
)

// checkHeader compares the header's checksum, where it has one.
func (d *reader) checkHeader(raw []byte) {
	if d.head.crc == 0 {
		return
	}
	found := crc32.ChecksumIEEE(clean(raw))
	if found != d.head.crc {
		d.parts.Miss("", image.Errorf(image.Malformed, crcAt, "CRC32 of the header is %08x, stated %08x", found, d.head.crc))
	}
	d.parts.LaterSum(image.Check{What: "header crc32", Offset: crcAt}, bytes.NewReader(clean(raw)), 0, headerSize,
		func() image.Summer { return crc32.NewIEEE() }, binary.BigEndian.AppendUint32(nil, d.head.crc))
}

// clean is the header as its CRC32 covers it.
func clean(raw []byte) []byte {
	b := bytes.Clone(raw)
	clear(b[dataSumAt : dataSumAt+16])
	clear(b[crcAt : crcAt+4])
	return b
}

// checkSums adds the MD5 of the chunks' headers, which is compared now too, and that of everything.
func (d *reader) checkSums(raw []byte) {
	h := md5.New()
	for _, c := range d.chunks {
		b := make([]byte, d.headerLength())
		if n, _ := d.r.ReadAt(b, c.at); n == len(b) {
			h.Write(b)
		}
	}
	c := image.Check{What: "chunk headers md5", Outcome: image.Matched, Bytes: int64(len(d.chunks)) * d.headerLength(), Offset: 196}
	switch {
	case d.cut:
		c.Outcome, c.Detail = image.Unverified, "not all chunks are there"
	case [16]byte(h.Sum(nil)) != d.head.headers:
		c.Outcome, c.Detail = image.Mismatched, image.Differ(d.head.headers[:], h.Sum(nil))
		d.parts.Miss("", image.Errorf(image.Malformed, 196, "MD5 of the chunks' headers: %s", c.Detail))
	}
	d.parts.Later(func(context.Context) image.Check { return c })

	none := [16]byte(bytes.Repeat([]byte{0xFF}, 16))
	if d.head.data == none || d.head.data == [16]byte{} || len(d.chunks) == 0 {
		return
	}
	last := d.chunks[len(d.chunks)-1]
	all := image.Check{What: "data md5", Whole: true, Offset: dataSumAt}
	head := bytes.Clone(raw)
	copy(head[dataSumAt:], none[:])
	sum := func() image.Summer {
		h := md5.New()
		h.Write(head)
		return h
	}
	d.parts.LaterSum(all, d.r, headerSize, last.data+last.encoded-headerSize, sum, d.head.data[:])
}

// chunkCheck compares the chunks of a partition with the checksums in their headers. There are files whose CRC32
// are of neither the decoded nor the encoded bytes; those decide nothing.
func (d *reader) chunkCheck(p *partition, name, what string) func(context.Context) image.Check {
	return func(ctx context.Context) image.Check {
		c := image.Check{Name: name, What: what, Whole: true, Outcome: image.Matched, Offset: p.chunks[0].at}
		for _, k := range p.chunks {
			outcome, detail := d.compare(ctx, k, what)
			c.Bytes += k.decoded
			if outcome == image.Matched || c.Outcome == image.Mismatched || c.Outcome == outcome {
				continue
			}
			c.Outcome, c.Offset, c.Detail = outcome, k.at, "chunk "+k.name+": "+detail
		}
		return c
	}
}

func (d *reader) compare(ctx context.Context, k *chunk, what string) (image.Outcome, string) {
	s := k.stream.Open()
	defer s.(io.Closer).Close()
	if what == "chunk md5" {
		h := md5.New()
		if err := image.Feed(ctx, h, s, 0, k.decoded); err != nil {
			return image.Unverified, err.Error()
		}
		if found := [16]byte(h.Sum(nil)); found != k.md5 {
			return image.Mismatched, image.Differ(k.md5[:], found[:])
		}
		return image.Matched, ""
	}
	decoded, encoded := crc32.NewIEEE(), crc32.NewIEEE()
	if err := image.Feed(ctx, decoded, s, 0, k.decoded); err != nil {
		return image.Unverified, err.Error()
	}
	if decoded.Sum32() == k.crc {
		return image.Matched, ""
	}
	if err := image.Feed(ctx, encoded, d.r, k.data, k.encoded); err == nil && encoded.Sum32() == k.crc {
		return image.Matched, ""
	}
	return image.Unverified, fmt.Sprintf("stated %08x, which is of neither the decoded (%08x) nor the encoded bytes", k.crc, decoded.Sum32())
}
