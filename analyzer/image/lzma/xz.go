package lzma

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
)

// xz decodes .xz streams piece by piece. Section numbers are those of "The .xz File Format" 1.1.0.
type xz struct {
	in      source
	win     window
	l       lzma2
	place   place
	streams int
	stream  stream
	block   block
}

// place is what comes next.
type place int

const (
	atStream place = iota
	atBlock
	atChunk
)

// stream is what is known of a stream.
type stream struct {
	flags [2]byte
	check check
	seen  tally // of the blocks
}

const (
	streamMagic  = "\xFD7zXZ\x00"
	footerMagic  = "YZ"
	headerSize   = 12
	maxBlockHead = 1024
)

// DecodeXZ decodes the .xz streams in src into dst and returns the part of dst it filled. With an error, an
// *image.Error, the result is what was decoded before; of a block that is broken, its branch filters are undone
// and its check is not compared.
func DecodeXZ(dst, src []byte) ([]byte, error) {
	x := &xz{in: source{mem: src}, win: window{buf: dst, fixed: true}}
	x.l.dict = anyDistance
	start := 0
	for {
		was, from := x.place, x.win.out
		err := x.step()
		if was == atBlock && x.place == atChunk {
			start = from
		}
		if was == atChunk && (x.place == atBlock || err != nil) {
			whole := dst[start:x.win.out]
			for _, f := range x.block.filters {
				f.undo(whole)
			}
			if err == nil {
				x.stream.check.Write(whole)
				err = x.endBlock(int64(len(whole)))
			}
		}
		switch err {
		case nil:
		case io.EOF:
			return dst[:x.win.out], nil
		default:
			return dst[:x.win.out], err
		}
	}
}

// step reads the next piece: a header, a chunk of data, or the end of a stream. After the end marker of a block
// the place is atBlock, and endBlock is to be called when its data has passed the filters.
func (x *xz) step() error {
	switch x.place {
	case atStream:
		return x.beginStream()
	case atBlock:
		if b := x.in.peek(1); len(b) == 1 && b[0] == 0 {
			return x.endStream()
		}
		return x.beginBlock()
	}
	done, err := x.l.chunk(&x.in, &x.win)
	if done {
		x.place = atBlock
	}
	return err
}

// beginStream reads a stream header (2.1.1), after padding (2.2); io.EOF where there is none.
func (x *xz) beginStream() error {
	for x.streams > 0 {
		b := x.in.peek(4)
		if len(b) == 0 {
			if x.in.err != nil {
				return x.in.err
			}
			return io.EOF
		}
		if len(b) < 4 || !bytes.Equal(b, make([]byte, 4)) {
			break
		}
		x.in.skip(4)
	}
	at := x.in.off
	b := x.in.peek(headerSize)
	if !bytes.HasPrefix(b, []byte(streamMagic)) && len(b) >= len(streamMagic) {
		return image.Errorf(image.Malformed, at, "no magic of xz")
	}
	b, err := x.in.next(headerSize, "the xz header")
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) {
		return image.Errorf(image.Malformed, at, "CRC32 of the xz header differs")
	}
	x.stream = stream{flags: [2]byte(b[6:8])}
	if x.stream.check, err = newCheck(b[6:8], at+6); err != nil {
		return err
	}
	x.streams++
	x.place = atBlock
	return nil
}

// endBlock reads what follows the data of a block (3.3, 3.4) and compares sizes and check.
func (x *xz) endBlock(decoded int64) error {
	at := x.in.off
	encoded := at - x.block.dataAt
	switch {
	case x.block.encoded >= 0 && x.block.encoded != encoded:
		return image.Errorf(image.Malformed, at, "xz block takes %d bytes and says %d", encoded, x.block.encoded)
	case x.block.decoded >= 0 && x.block.decoded != decoded:
		return image.Errorf(image.Malformed, at, "xz block holds %d bytes and says %d", decoded, x.block.decoded)
	}
	pad := int(-encoded & 3)
	b, err := x.in.next(pad+x.stream.check.size, "the end of an xz block")
	if err != nil {
		return err
	}
	if !bytes.Equal(b[:pad], make([]byte, pad)) {
		return image.Errorf(image.Malformed, at, "padding of an xz block")
	}
	x.stream.seen.add(at-x.block.at+int64(x.stream.check.size), decoded)
	if !x.stream.check.equal(b[pad:]) {
		return image.Errorf(image.Malformed, at+int64(pad), "%s of an xz block differs", x.stream.check.name)
	}
	return nil
}

// endStream reads index (4) and footer (2.1.2).
func (x *xz) endStream() error {
	size, err := x.readIndex()
	if err != nil {
		return err
	}
	at := x.in.off
	b, err := x.in.next(headerSize, "the xz footer")
	if err != nil {
		return err
	}
	switch {
	case string(b[10:]) != footerMagic:
		return image.Errorf(image.Malformed, at+10, "no magic of an xz footer")
	case crc32.ChecksumIEEE(b[4:10]) != binary.LittleEndian.Uint32(b):
		return image.Errorf(image.Malformed, at, "CRC32 of the xz footer differs")
	case [2]byte(b[8:10]) != x.stream.flags:
		return image.Errorf(image.Malformed, at+8, "xz footer and header differ")
	case (int64(binary.LittleEndian.Uint32(b[4:]))+1)*4 != size:
		return image.Errorf(image.Malformed, at+4, "xz footer gives another size of the index")
	}
	x.place = atStream
	return nil
}
