// Package avb reads Android Verified Boot 2.0: vbmeta images, the footers behind partitions, and what both say.
//
// In: a vbmeta image, or a partition or APEX payload with a footer in its last 64 bytes. Out: a [VBMeta] with its
// descriptors and an [image.Check] for each thing compared: the signature over the struct, the hash of a whole
// partition, the hash tree of one. As an [image.Format], a vbmeta image lists one file, vbmeta.txt, that says all of it.
//
//	foot, err := avb.ReadFooter(r, size)
//	v, err := avb.Parse(r, foot.VBMetaOffset, foot.VBMetaSize)
//	for _, d := range v.Descriptors {
//		if tree, ok := d.(*avb.Hashtree); ok {
//			check := avb.VerifyHashtree(ctx, r, tree)
//		}
//	}
//
// Limit: which file a descriptor of another partition is about, and whether a key is one a bootloader trusts, the
// bytes do not say. Error correction codes are neither used nor compared.
package avb

import (
	"context"
	"encoding/binary"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Summary is the one file of an opened vbmeta image.
const Summary = "vbmeta.txt"

// Format describes vbmeta images.
func Format() image.Format {
	return image.Format{
		Name: "vbmeta",
		Doc:  "vbmeta image: hashes, keys and rollback indexes of the partitions of every device since Android 8.",
		Refs: []string{
			"AOSP external/avb/libavb/avb_vbmeta_image.h and the headers of the descriptors beside it",
			"AOSP external/avb/libavb/avb_vbmeta_image.c",
		},
		Limits: []string{
			"a footer behind a partition does not make it a vbmeta image: see package avb",
			"whether the key is one that a bootloader trusts is not known",
		},
		Sniff: sniff,
		Open:  open,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, headerSize)
	if len(head) < headerSize || string(head[:4]) != magic || binary.BigEndian.Uint32(head[4:]) != 1 {
		return false
	}
	// The release string always ends inside of its field.
	return head[releaseOffset+releaseSize-1] == 0
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	v, err := Parse(r, 0, size)
	if v == nil {
		return nil, err
	}
	f := &file{Index: image.NewIndex(), v: v}
	if err != nil {
		f.Miss("", err)
	}
	text := v.Text()
	data := strings.NewReader(text)
	e := image.Entry{Mode: 0o444, Size: int64(len(text)), Attr: image.Attr{Offset: -1}}
	e.Open = func() (io.ReaderAt, error) { return data, nil }
	if err := f.Add(Summary, e); err != nil {
		return nil, err
	}
	return f, nil
}

// file is an opened vbmeta image.
type file struct {
	*image.Index
	v *VBMeta
}

// Verify implements [image.Verifier] with the struct's own signature.
func (f *file) Verify(_ context.Context, yield func(image.Check) bool) { yield(f.v.VerifySignature()) }
