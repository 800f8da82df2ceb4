// Package reschunk reads the chunks that Android's compiled resources are made of: binary XML and resources.arsc.
//
// In: bytes whose every count and size may lie. Out: chunks cut to what is there, and the strings of string pools,
// decoded one at a time.
//
//	c, ok := reschunk.Read(data, 0)
//	pool, err := reschunk.ReadPool(first)
//	s, off, ok := pool.String(3)
//
// Limit: it knows chunk headers and string pools; what the other chunks mean is the caller's business.
package reschunk

import "encoding/binary"

// Chunk types (AOSP frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h).
const (
	StringPool  = 0x0001
	Table       = 0x0002
	XML         = 0x0003
	XMLFirst    = 0x0100
	StartNS     = 0x0100
	EndNS       = 0x0101
	StartTag    = 0x0102
	EndTag      = 0x0103
	CData       = 0x0104
	ResourceMap = 0x0180
	Package     = 0x0200
)

// HeaderSize is the length of a ResChunk_header.
const HeaderSize = 8

// Chunk is one chunk. Data is all of it with its header, cut to the bytes that are there.
type Chunk struct {
	Type   uint16
	Header int // length of the chunk's own header, between HeaderSize and len(Data)
	At     int // offset of Data in what was read
	Size   int64
	Data   []byte
}

// Lies reports whether the stated sizes do not fit the bytes.
func (c *Chunk) Lies() bool { return c.Size != int64(len(c.Data)) }

// Read reads the chunk at an offset. It reports false where no header fits or the header makes no sense: a header
// or chunk shorter than the fields just read.
func Read(data []byte, at int) (Chunk, bool) {
	if at < 0 || at > len(data)-HeaderSize {
		return Chunk{}, false
	}
	b := data[at:]
	c := Chunk{
		Type: binary.LittleEndian.Uint16(b), Header: int(binary.LittleEndian.Uint16(b[2:])),
		Size: int64(binary.LittleEndian.Uint32(b[4:])), At: at,
	}
	if c.Header < HeaderSize || c.Size < HeaderSize {
		return Chunk{}, false
	}
	c.Data = b[:min(c.Size, int64(len(b)))]
	c.Header = min(c.Header, len(c.Data))
	return c, true
}
