package squashfs

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	superSize   = 96
	majorOffset = 28 // of the version, the same in all versions
	noTable     = 1<<64 - 1

	minBlockBits = 12
	maxBlockBits = 20
)

// magics lists what images begin with. Only the first is that of version 4; the second is that of big-endian
// images, the others come from makers who changed the compressor.
var magics = [...]struct {
	magic string
	order binary.ByteOrder
}{
	{"hsqs", binary.LittleEndian},
	{"sqsh", binary.BigEndian},
	{"hsqt", binary.LittleEndian},
	{"tqsh", binary.BigEndian},
	{"shsq", binary.LittleEndian},
	{"qshs", binary.BigEndian},
	{"sqlz", binary.BigEndian},
}

// variant says which magic an image has and which version it claims.
type variant struct {
	magic        string
	order        binary.ByteOrder
	major, minor uint16
}

// identify reads the first bytes. ok is false for what is no SquashFS: besides the magic, the version has to
// exist and the block size has to agree with its logarithm.
func identify(r io.ReaderAt, size int64) (v variant, ok bool) {
	raw := bin.Head(r, size, superSize)
	if len(raw) < 64 {
		return v, false
	}
	for _, m := range magics {
		if string(raw[:4]) != m.magic {
			continue
		}
		v = variant{m.magic, m.order, m.order.Uint16(raw[majorOffset:]), m.order.Uint16(raw[majorOffset+2:])}
		if v.major == 4 {
			bits := m.order.Uint16(raw[22:])
			return v, bits >= minBlockBits && bits <= maxBlockBits && m.order.Uint32(raw[12:]) == 1<<bits && len(raw) == superSize
		}
		// struct squashfs_super_block of versions 1 to 3: block_log follows version and block_size_1.
		bits := m.order.Uint16(raw[34:])
		return v, v.major >= 1 && v.major <= 3 && bits >= 9 && bits <= maxBlockBits
	}
	return v, false
}

func sniff(r io.ReaderAt, size int64) bool {
	_, ok := identify(r, size)
	return ok
}

// super is what is needed of the superblock (struct squashfs_super_block).
type super struct {
	blockSize    int64
	fragments    uint32
	compressor   uint16
	ids          uint16
	root         uint64
	used         int64 // bytes of the image that count
	idTable      int64
	xattrIDTable uint64
	inodeTable   int64
	dirTable     int64
	fragTable    int64
}

func readSuper(r io.ReaderAt, size int64) (super, error) {
	v, ok := identify(r, size)
	switch {
	case !ok:
		return super{}, image.Errorf(image.Malformed, 0, "no superblock of SquashFS")
	case v.magic != magics[0].magic || v.major != 4 || v.minor != 0:
		endian := "little-endian"
		if v.order == binary.BigEndian {
			endian = "big-endian"
		}
		return super{}, image.Errorf(image.Unsupported, majorOffset, "SquashFS %d.%d, %s, magic %q", v.major, v.minor, endian, v.magic)
	}
	raw, err := bin.ReadAt(r, size, 0, superSize, superSize)
	if err != nil {
		return super{}, err
	}
	var sb super
	c := bin.Little(raw, 0)
	c.Skip(12)
	sb.blockSize, sb.fragments, sb.compressor = int64(c.U32()), c.U32(), c.U16()
	c.Skip(4)
	sb.ids = c.U16()
	c.Skip(4)
	sb.root = c.U64()
	for _, p := range []*int64{&sb.used, &sb.idTable} {
		if *p, err = address(c); err != nil {
			return super{}, err
		}
	}
	sb.xattrIDTable = c.U64()
	for _, p := range []*int64{&sb.inodeTable, &sb.dirTable} {
		if *p, err = address(c); err != nil {
			return super{}, err
		}
	}
	if sb.fragTable, err = address(c); err != nil && sb.fragments > 0 {
		return super{}, err
	}
	if sb.compressor == 0 || int(sb.compressor) >= len(compressors) {
		return super{}, image.Errorf(image.Unsupported, 20, "compressor %d", sb.compressor)
	}
	return sb, c.Err()
}

// address reads a byte position. What no image can have is refused, so that positions can be added to.
func address(c *bin.Cursor) (int64, error) {
	at := c.Pos()
	n := c.U64()
	if n > 1<<56 {
		return 0, image.Errorf(image.Malformed, int64(at), "a table at 0x%x", n)
	}
	return int64(n), nil
}
