package avb

import (
	"errors"
	"io"
	"math"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	magic         = "AVB0"
	headerSize    = 256
	releaseOffset = 128
	releaseSize   = 48

	footerMagic = "AVBf"
	// FooterSize is what a footer takes at the very end of a partition, in bytes (avb_footer.h).
	FooterSize = 64

	// maxSize bounds a vbmeta struct. libavb takes 64 KiB at most (avb_slot_verify.c).
	maxSize = 1 << 20
)

// Flags of a vbmeta image that switch verification off (avb_vbmeta_image.h).
const (
	HashtreeDisabled     = 1 << 0
	VerificationDisabled = 1 << 1
)

// ErrNoFooter says that there is no footer at the end of an image.
var ErrNoFooter = errors.New("no AVB footer")

// Footer says where the vbmeta struct of a partition is. All numbers are bytes.
type Footer struct {
	Major, Minor uint32
	OriginalSize int64 // of the image before anything was added behind it
	VBMetaOffset int64
	VBMetaSize   int64
}

// ReadFooter reads the footer in the last bytes of a partition image of size bytes. It returns [ErrNoFooter] where
// there is none and an *[image.Error] where it points out of the image.
func ReadFooter(r io.ReaderAt, size int64) (*Footer, error) {
	if size < FooterSize {
		return nil, ErrNoFooter
	}
	at := size - FooterSize
	raw, err := bin.ReadAt(r, size, at, FooterSize, FooterSize)
	if err != nil {
		return nil, err
	}
	c := bin.Big(raw, at)
	if string(c.Bytes(4)) != footerMagic {
		return nil, ErrNoFooter
	}
	f := &Footer{Major: c.U32(), Minor: c.U32()}
	original, off, length := c.U64(), c.U64(), c.U64()
	if f.Major != 1 {
		return nil, image.Errorf(image.Unsupported, at+4, "AVB footer of version %d.%d", f.Major, f.Minor)
	}
	if original > uint64(at) || off > uint64(at) || length > uint64(at)-off {
		return nil, image.Errorf(image.Malformed, at, "the footer points to %d bytes at %d behind an image of %d, in %d", length, off, original, size)
	}
	f.OriginalSize, f.VBMetaOffset, f.VBMetaSize = int64(original), int64(off), int64(length)
	return f, nil
}

// VBMeta is one vbmeta struct.
type VBMeta struct {
	Offset                int64  // of the struct in what it was read from
	Major, Minor          uint32 // libavb needed
	Algorithm             Algorithm
	RollbackIndex         uint64
	RollbackIndexLocation uint32
	Flags                 uint32
	Release               string // of the tool that made it: "avbtool 1.1.0"
	PublicKey             []byte // in AVB's own encoding; empty where unsigned
	PublicKeyMetadata     []byte
	Descriptors           []Descriptor

	header, aux     []byte // what is signed
	hash, signature []byte
}

// Parse reads the vbmeta struct at off, of which no more than size bytes are there. A descriptor that cannot be read
// ends the list: the VBMeta holds those before it and the error says where. The VBMeta is nil if nothing can be read.
func Parse(r io.ReaderAt, off, size int64) (*VBMeta, error) {
	if off < 0 || size < 0 || size > math.MaxInt64-off {
		return nil, image.Errorf(image.Malformed, off, "a vbmeta struct of %d bytes", size)
	}
	end := off + size
	head, err := bin.ReadAt(r, end, off, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	c := bin.Big(head, off)
	if string(c.Bytes(4)) != magic {
		return nil, image.Errorf(image.Malformed, off, "no vbmeta struct")
	}
	v := &VBMeta{Offset: off, header: head, Major: c.U32(), Minor: c.U32()}
	if v.Major != 1 {
		return nil, image.Errorf(image.Unsupported, off+4, "vbmeta of version %d.%d", v.Major, v.Minor)
	}
	authSize, auxSize := c.U64(), c.U64()
	v.Algorithm = Algorithm(c.U32())
	if authSize > maxSize || auxSize > maxSize || authSize%64 != 0 || auxSize%64 != 0 {
		return nil, image.Errorf(image.Malformed, off+12, "blocks of %d and %d bytes", authSize, auxSize)
	}
	auth, err := bin.ReadAt(r, end, off+headerSize, int64(authSize), maxSize)
	if err != nil {
		return nil, err
	}
	auxAt := off + headerSize + int64(authSize)
	if v.aux, err = bin.ReadAt(r, end, auxAt, int64(auxSize), maxSize); err != nil {
		return nil, err
	}
	var at uint64 // of the part read last, in its block
	part := func(block []byte) []byte {
		var n uint64
		at, n = c.U64(), c.U64()
		if n == 0 || err != nil {
			return nil
		}
		if at > uint64(len(block)) || n > uint64(len(block))-at {
			err = image.Errorf(image.Malformed, off+int64(c.Pos())-16, "%d bytes at %d of a block of %d", n, at, len(block))
			return nil
		}
		return block[at:][:n:n]
	}
	v.hash, v.signature = part(auth), part(auth)
	v.PublicKey, v.PublicKeyMetadata = part(v.aux), part(v.aux)
	list := part(v.aux)
	v.RollbackIndex, v.Flags, v.RollbackIndexLocation = c.U64(), c.U32(), c.U32()
	v.Release = cString(c.Bytes(releaseSize))
	if err == nil && len(list) > 0 {
		v.Descriptors, err = parseDescriptors(list, auxAt+int64(at))
	}
	return v, err
}

// Disabled says whether the flags switch off the checking of hash trees, or of everything.
func (v *VBMeta) Disabled() (hashtree, all bool) {
	return v.Flags&HashtreeDisabled != 0, v.Flags&VerificationDisabled != 0
}

func cString(raw []byte) string {
	for i, c := range raw {
		if c == 0 {
			return string(raw[:i])
		}
	}
	return string(raw)
}
