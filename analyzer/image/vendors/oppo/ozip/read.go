package ozip

import (
	"bytes"
	"crypto/cipher"
	"io"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Where the ciphertext is: ozipdecrypt.py.
const (
	dataStart = 0x1050 // mode 1: behind the header
	stripe    = 0x4000 // mode 1: plain bytes behind each encrypted block of 16

	blockHeader = 0x50    // mode 2: before each block
	blockData   = 0x40000 // mode 2: bytes of a block
	blockStride = blockHeader + blockData
	period      = 0x4000 // mode 2: the first 16 bytes of each so many are encrypted
)

// source is the file and a key.
type source struct {
	r     io.ReaderAt
	size  int64
	block cipher.Block
}

// openStriped opens mode 1 under a key: either 16 bytes in each 16 KiB and 16 bytes are encrypted, as in whole .ozip
// files, which hold zips, or everything is, as in the files that an update's oppo_metadata lists.
func openStriped(s source, h header) (plain io.ReaderAt, n int64, gap error, fits bool) {
	n = max(s.size-dataStart, 0)
	if h.length >= 0 && h.length <= n && n-h.length < 16 {
		n = h.length // the rest is padding
	}
	data := image.NewSection(s.r, dataStart, max(s.size-dataStart, 0))
	striped := &stripes{r: data, n: n, block: s.block, every: 16 + stripe}
	if isZip(bin.Head(striped, n, 64)) {
		return striped, n, nil, true
	}
	if h.length >= 0 {
		if n = h.length; n > s.size-dataStart {
			gap = image.Errorf(image.Truncated, s.size, "%d bytes stated, %d there", n, max(s.size-dataStart, 0))
			n = max(s.size-dataStart, 0) &^ 15
		}
	}
	whole := locked.ECB(s.block, data, n)
	return whole, n, gap, known(bin.Head(whole, n, 16)) || zeros(s, n) || padded(s, data, n)
}

// isZip reports whether b is a zip's first header in full: its name is one.
func isZip(b []byte) bool {
	if len(b) < 34 || string(b[:4]) != "PK\x03\x04" {
		return false
	}
	name := int(b[26]) | int(b[27])<<8
	if name == 0 || name > 1024 {
		return false
	}
	for _, c := range b[30:min(30+name, len(b))] {
		if c < ' ' || c == 0x7F {
			return false
		}
	}
	return true
}

// known reports whether b is how a file of an update begins.
func known(b []byte) bool {
	for _, start := range []string{"PK\x03\x04", "AVB0", "ANDROID!", "\x3A\xFF\x26\xED\x01\x00", "\x7FELF\x02\x01\x01", "\x7FELF\x01\x01\x01", "VNDRBOOT"} {
		if strings.HasPrefix(string(b), start) {
			return true
		}
	}
	return false
}

// zeros reports whether the first megabyte has a block of zeros as this key encrypts it: what no other key does.
func zeros(s source, n int64) bool {
	var zero [16]byte
	s.block.Encrypt(zero[:], zero[:])
	head := make([]byte, min(n, 1<<20))
	got, _ := s.r.ReadAt(head, dataStart)
	for at := 0; at+16 <= got; at += 16 {
		if bytes.Equal(head[at:at+16], zero[:]) {
			return true
		}
	}
	return false
}

// padded reports whether the last block ends in padding, of zeros or of its length, long enough to mean something.
func padded(s source, data io.ReaderAt, n int64) bool {
	pad := int(-n & 15)
	var last [16]byte
	if _, err := data.ReadAt(last[:], n&^15); pad < 6 || err != nil && err != io.EOF {
		return false
	}
	s.block.Decrypt(last[:], last[:])
	tail := last[16-pad:]
	return bytes.Equal(tail, make([]byte, pad)) || bytes.Equal(tail, bytes.Repeat([]byte{byte(pad)}, pad))
}

// openBlocks opens mode 2 under a key. Blocks are full but for the last.
func openBlocks(s source, _ header) (plain io.ReaderAt, n int64, gap error, fits bool) {
	space := image.NewSpace(0)
	for at := int64(0); ; at += blockStride {
		h, err := readHeader(s.r, s.size, at)
		if err != nil {
			gap = err
			break
		}
		length := h.length
		if length < 0 || length > blockData {
			// The first block of some states the size of all; a block that another follows is full.
			length = min(blockData, s.size-at-blockHeader)
		}
		there := max(min(length, s.size-at-blockHeader), 0)
		part := &stripes{r: image.NewSection(s.r, at+blockHeader, s.size-at-blockHeader), n: there, block: s.block, every: period}
		if err := space.Place(space.Size(), there, part); err != nil {
			gap = err
			break
		}
		if there < length {
			gap = image.Errorf(image.Truncated, s.size, "%d bytes of a block stated, %d there", length, there)
			break
		}
		if length < blockData || at+blockStride >= s.size {
			break
		}
	}
	return space, space.Size(), gap, known(bin.Head(space, space.Size(), 16))
}

// stripes is plain but for the first 16 of every so many bytes.
type stripes struct {
	r     io.ReaderAt
	n     int64
	block cipher.Block
	every int64
}

// ReadAt implements [io.ReaderAt]. An encrypted block that is not whole is as it stands.
func (s *stripes) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), s.n-off)]
	n, err := s.r.ReadAt(want, off)
	if n == len(want) {
		err = nil
	} else if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	for at := off - off%s.every; at < off+int64(n); at += s.every {
		if at+16 <= off {
			continue
		}
		var b [16]byte
		if got, rerr := s.r.ReadAt(b[:], at); got < 16 {
			if rerr != nil && rerr != io.EOF {
				return max(int(at-off), 0), rerr
			}
			continue
		}
		s.block.Decrypt(b[:], b[:])
		from := max(off-at, 0)
		copy(want[max(at-off, 0):n], b[from:])
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}
