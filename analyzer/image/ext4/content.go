package ext4

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"

	"romscan/analyzer/image"
)

// maxLink bounds the target of a symbolic link, in bytes: PATH_MAX.
const maxLink = 4096

// open returns a file's content.
func (v *volume) open(num uint32) (io.ReaderAt, error) {
	i, err := v.inode(num)
	if err != nil {
		return nil, err
	}
	return v.content(i)
}

func (v *volume) content(i *inode) (io.ReaderAt, error) {
	switch {
	case i.flags&flagEncrypted != 0:
		return nil, image.Errorf(image.Encrypted, i.offset, "inode %d is encrypted", i.num)
	case i.flags&flagCompressed != 0 && v.incompat&incompatCompression != 0:
		return nil, image.Errorf(image.Unsupported, i.offset, "inode %d is compressed (e2compr)", i.num)
	case i.flags&flagInline != 0:
		return v.inline(i)
	}
	return &content{layout: v.layout(i), r: v.r, size: i.size, image: v.size}, nil
}

func (v *volume) layout(i *inode) layout {
	if i.flags&flagExtents != 0 {
		return v.extents(i)
	}
	return v.blockMap(i)
}

// inline returns a file that lies in its inode: in i_block, then in the attribute system.data
// (fs/ext4/inline.c).
func (v *volume) inline(i *inode) (io.ReaderAt, error) {
	head := i.body()
	rest, _, err := v.inodeXattr(i, xattrSystem, "data")
	data := bytes.Join([][]byte{head, rest}, nil)
	if int64(len(data)) < i.size {
		if err == nil {
			err = image.Errorf(image.Malformed, i.offset, "inode %d holds %d bytes of %d", i.num, len(data), i.size)
		}
		return &broken{data, err}, nil
	}
	return bytes.NewReader(data[:i.size]), nil
}

// broken reads what is there and then says why there is no more.
type broken struct {
	data []byte
	err  error
}

func (b *broken) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b.data)) {
		return 0, b.err
	}
	n := copy(p, b.data[off:])
	if n < len(p) {
		return n, b.err
	}
	return n, nil
}

// dataOffset returns where the first byte of a regular file lies in the image, -1 for a hole or no data.
func (v *volume) dataOffset(i *inode) int64 {
	switch {
	case !i.isRegular() || i.size == 0:
		return -1
	case i.flags&flagInline != 0:
		return i.offset + inodeBlock
	case i.flags&flagExtents != 0:
		return v.firstExtent(i)
	}
	if n := binary.LittleEndian.Uint32(i.body()); n != 0 {
		return int64(n) << v.blockBits
	}
	return -1
}

// link returns the target of a symbolic link. One of less than 60 bytes lies in i_block.
func (v *volume) link(i *inode) (string, error) {
	if i.size > maxLink {
		return "", image.Errorf(image.Malformed, i.offset, "symbolic link of %d bytes", i.size)
	}
	target := make([]byte, i.size)
	fast := i.size < inodeBlockLen && i.flags&(flagExtents|flagInline|flagEncrypted) == 0
	if fast {
		copy(target, i.body())
	} else {
		r, err := v.content(i)
		if err != nil {
			return "", err
		}
		if n, err := r.ReadAt(target, 0); n < len(target) {
			return "", err
		}
	}
	return strings.ToValidUTF8(string(target), "\uFFFD"), nil
}
