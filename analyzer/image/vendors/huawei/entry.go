package huawei

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// entry is one header: the magic number, then in little endian
//
//	 4 u32 size of header and checksums    60 name[16]
//	 8 u32 1                               76 zeros[16]
//	12 hardware[8]                         92 u16 CRC16 of these 98 bytes, with itself as zero
//	20 u32 sequence                        94 u16 bytes of a block
//	24 u32 size of the data                96 u16 0
//	28 date[16] 44 time[16]                98 u16 CRC16 of each block …
//
// The fields that are zero or one in all descriptions are not looked at.
type entry struct {
	at     int64 // of the header
	header int64 // bytes, with the checksums
	size   int64
	name   string
	block  int64
	stated uint16 // the header's checksum
	found  uint16
}

func parse(raw []byte, at int64) *entry {
	c := bin.Little(raw, at)
	c.Skip(4)
	e := &entry{at: at, header: int64(c.U32())}
	c.Skip(16)
	e.size = int64(c.U32())
	c.Skip(32)
	name := c.Bytes(16)
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	e.name = strings.ToLower(strings.TrimSpace(string(name)))
	c.Skip(16)
	e.stated, e.block = c.U16(), int64(c.U16())
	copied := bytes.Clone(raw)
	clear(copied[92:94])
	var sum crc16
	sum.Write(copied)
	e.found = sum.value()
	return e
}

func (e *entry) data() int64  { return e.at + e.header }
func (e *entry) table() int64 { return e.at + headerSize }

// blocks is how many checksums the data needs; -1 where the header states no block size.
func (e *entry) blocks() int64 {
	if e.block == 0 {
		return -1
	}
	return (e.size + e.block - 1) / e.block
}

// plausible tells an entry from four bytes that happen to be there.
func (e *entry) plausible() bool {
	return e.header >= headerSize && (e.stated == e.found || e.header-headerSize == 2*e.blocks())
}

// list puts the entries into the index.
func (w *walker) list() {
	for i := 0; i < len(w.entries); {
		n := w.pieces(i)
		for k := range n {
			w.add(w.entries[i+k], n, k)
		}
		i += n
	}
}

func (w *walker) add(e *entry, pieces, k int) {
	name := e.name
	if name == "" {
		name = "unnamed"
	}
	name += ".img"
	if pieces > 1 {
		name += "." + strconv.Itoa(k)
	}
	if e.stated != e.found {
		w.parts.Miss(name, image.Errorf(image.Malformed, e.at+92, "CRC16 of the header is %04x, stated %04x", e.found, e.stated))
	}
	if name = w.parts.AddStretch(name, e.data(), e.size, image.Attr{}); name == "" {
		return
	}
	w.parts.Later(w.headerCheck(e, name))
	if e.size > 0 {
		w.parts.Later(w.blockCheck(e, name))
	}
}

const (
	minPiece  = 1 << 20 // bytes: no one cuts less
	maxPieces = 1000    // three digits, as the sparse format reads them
)

// pieces returns how many entries from i on are the pieces of one image: neighbours of one name, of which the later
// ones do not begin as an image of their own, unless all are sparse. The files of 2009 call all their entries INPUT:
// those continue nothing.
func (w *walker) pieces(i int) int {
	first := w.entries[i]
	if first.name == "" || first.name == "input" || first.size < minPiece {
		return 1
	}
	kind := begins(w.r, w.size, first)
	n := 1
	for i+n < len(w.entries) && n < maxPieces && w.entries[i+n].name == first.name {
		k := begins(w.r, w.size, w.entries[i+n])
		if k != "" && (k != "sparse" || kind != "sparse") {
			return 1
		}
		n++
	}
	return n
}

// begins tells what kind of image an entry starts as; "" for what has no beginning that is known.
func begins(r io.ReaderAt, size int64, e *entry) string {
	for _, k := range [...]struct {
		kind  string
		at    int64
		magic string
	}{
		{"sparse", 0, "\x3A\xFF\x26\xED"}, {"super", 4096, "gDla"}, {"erofs", 1024, "\xE2\xE1\xF5\xE0"},
		{"ext4", 1080, "\x53\xEF"}, {"f2fs", 1024, "\x10\x20\xF5\xF2"}, {"boot", 0, "ANDROID!"}, {"vbmeta", 0, "AVB0"},
	} {
		n := int64(len(k.magic))
		if k.at+n > e.size {
			continue
		}
		if b, err := bin.ReadAt(r, size, e.data()+k.at, n, n); err == nil && string(b) == k.magic {
			return k.kind
		}
	}
	return ""
}
