package avb

import (
	"math"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Descriptor is one of *[Property], *[Hashtree], *[Hash], *[Cmdline], *[Chain] and *[Unknown].
type Descriptor interface{ isDescriptor() }

// Property is a free pair of key and value: "com.android.build.boot.security_patch".
type Property struct{ Key, Value string }

// Hash states the digest of a whole partition, salt first.
type Hash struct {
	Partition string // without slot suffix; "" for the image the descriptor lies in, as in an APEX
	ImageSize int64  // bytes of the partition that are hashed
	Algorithm string // "sha256"
	Salt      []byte
	Digest    []byte // empty where the device keeps it elsewhere
	Flags     uint32
}

// Hashtree states the root of the dm-verity tree of a partition.
type Hashtree struct {
	Partition     string
	Version       uint32 // of dm-verity
	ImageSize     int64  // bytes the tree covers
	TreeOffset    int64
	TreeSize      int64
	DataBlockSize uint32
	HashBlockSize uint32
	FECRoots      uint32
	FECOffset     int64
	FECSize       int64
	Algorithm     string // "sha1", "sha256"
	Salt          []byte
	RootDigest    []byte
	Flags         uint32
}

// Cmdline is added to the kernel's command line.
type Cmdline struct {
	Flags uint32 // 1: only if hash trees are checked, 2: only if not
	Text  string
}

// Chain hands the descriptors of a partition over to a vbmeta struct of its own, signed by another key.
type Chain struct {
	Partition             string
	RollbackIndexLocation uint32
	PublicKey             []byte // the only key the other struct may be signed by
	Flags                 uint32
}

// Unknown is a descriptor of a kind later than this reader.
type Unknown struct {
	Tag  uint64
	Size int
}

func (*Property) isDescriptor() {}
func (*Hash) isDescriptor()     {}
func (*Hashtree) isDescriptor() {}
func (*Cmdline) isDescriptor()  {}
func (*Chain) isDescriptor()    {}
func (*Unknown) isDescriptor()  {}

// Tags of descriptors; avb_descriptor.h.
const (
	tagProperty = iota
	tagHashtree
	tagHash
	tagCmdline
	tagChain
)

// reservedSize is the room for later fields at the end of the fixed part of three kinds of descriptors.
const reservedSize = 60

// parseDescriptors reads one after the other; base is the offset of raw in the image.
func parseDescriptors(raw []byte, base int64) ([]Descriptor, error) {
	var out []Descriptor
	for c := bin.Big(raw, base); c.Len() > 0; {
		at := base + int64(c.Pos())
		tag, size := c.U64(), c.U64()
		if err := c.Err(); err != nil {
			return out, err
		}
		if size > uint64(c.Len()) || size%8 != 0 {
			return out, image.Errorf(image.Malformed, at, "a descriptor of %d bytes, %d there", size, c.Len())
		}
		d, err := parseDescriptor(tag, bin.Big(c.Bytes(int(size)), at+16))
		if err != nil {
			return out, image.Errorf(image.Malformed, at, "a descriptor of tag %d that does not fit into its %d bytes", tag, size)
		}
		out = append(out, d)
	}
	return out, nil
}

func parseDescriptor(tag uint64, c *bin.Cursor) (Descriptor, error) {
	var d Descriptor
	size := c.Len()
	switch tag {
	case tagProperty:
		key, value := c.U64(), c.U64()
		p := &Property{Key: text(c, key)}
		c.Skip(1)
		p.Value = text(c, value)
		c.Skip(1)
		d = p
	case tagHashtree:
		d = parseHashtree(c)
	case tagHash:
		h := &Hash{ImageSize: length(c), Algorithm: cString(c.Bytes(32))}
		name, salt, digest := c.U32(), c.U32(), c.U32()
		h.Flags = c.U32()
		c.Skip(reservedSize)
		h.Partition, h.Salt, h.Digest = text(c, uint64(name)), c.Bytes(int(salt)), c.Bytes(int(digest))
		d = h
	case tagCmdline:
		k := &Cmdline{Flags: c.U32()}
		k.Text = text(c, uint64(c.U32()))
		d = k
	case tagChain:
		ch := &Chain{RollbackIndexLocation: c.U32()}
		name, key := c.U32(), c.U32()
		ch.Flags = c.U32()
		c.Skip(reservedSize)
		ch.Partition, ch.PublicKey = text(c, uint64(name)), c.Bytes(int(key))
		d = ch
	default:
		d = &Unknown{Tag: tag, Size: size}
	}
	return d, c.Err()
}

func parseHashtree(c *bin.Cursor) *Hashtree {
	h := &Hashtree{Version: c.U32(), ImageSize: length(c), TreeOffset: length(c), TreeSize: length(c)}
	h.DataBlockSize, h.HashBlockSize, h.FECRoots = c.U32(), c.U32(), c.U32()
	h.FECOffset, h.FECSize = length(c), length(c)
	h.Algorithm = cString(c.Bytes(32))
	name, salt, root := c.U32(), c.U32(), c.U32()
	h.Flags = c.U32()
	c.Skip(reservedSize)
	h.Partition, h.Salt, h.RootDigest = text(c, uint64(name)), c.Bytes(int(salt)), c.Bytes(int(root))
	return h
}

// text reads n bytes; more than an int holds are more than there are.
func text(c *bin.Cursor, n uint64) string {
	return string(c.Bytes(int(min(n, math.MaxInt32))))
}

// length reads a size in bytes. What no file can have becomes the largest there is, which no file has either.
func length(c *bin.Cursor) int64 { return int64(min(c.U64(), math.MaxInt64)) }
