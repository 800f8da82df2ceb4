package jffs2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/anchore/go-lzo"
	"github.com/klauspost/compress/zlib"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/lzma"
)

// Compressors by their number in nodes.
const (
	codecNone = iota
	codecZero
	codecRtime
	codecRubinMIPS
	codecCopy
	codecDynRubin
	codecZlib
	codecLZO
	codecLZMA // of OpenWrt
)

// pieceKey finds a decoded piece in the shared cache.
type pieceKey struct {
	v  *volume
	at int64
}

// decoded decodes a piece; what is returned must not be changed.
func (v *volume) decoded(e *piece) ([]byte, error) {
	if e.to-e.from > maxNode {
		return nil, image.Errorf(image.Malformed, e.at, "a node is to decode to %d bytes", e.to-e.from)
	}
	return v.budget.Cached(pieceKey{v, e.at}, func() ([]byte, error) {
		src, err := bin.ReadAt(v.r, v.size, e.at, e.encoded, maxNode)
		if err != nil {
			return nil, err
		}
		dst := make([]byte, e.to-e.from)
		switch e.codec {
		case codecRtime:
			err = unrtime(dst, src)
		case codecZlib:
			err = inflate(dst, src, &v.zlib)
		case codecLZO:
			err = unlzo(dst, src)
		case codecLZMA:
			err = unlzma(dst, src)
		default:
			return nil, image.Errorf(image.Unsupported, e.at, "compressor %d", e.codec)
		}
		if err != nil {
			return nil, image.Errorf(image.Malformed, e.at, "compressor %d: %d bytes do not decode to %d: %v", e.codec, len(src), len(dst), err)
		}
		return dst, nil
	})
}

var errShort = errors.New("the data ends early")

// unrtime decodes rtime (fs/jffs2/compr_rtime.c): pairs of a byte and of how many bytes follow that are the same as
// those behind the byte's last occurrence.
func unrtime(dst, src []byte) error {
	var last [256]int
	for out := 0; out < len(dst); {
		if len(src) < 2 {
			return errShort
		}
		value, repeat := src[0], int(src[1])
		src = src[2:]
		dst[out] = value
		out++
		back := last[value]
		last[value] = out
		for n := min(repeat, len(dst)-out); n > 0; n-- {
			dst[out] = dst[back]
			out, back = out+1, back+1
		}
	}
	return nil
}

// inflate decodes a zlib stream (RFC 1950) and like Linux does not ask for its checksum. pool keeps decoders.
func inflate(dst, src []byte, pool *sync.Pool) (err error) {
	r, _ := pool.Get().(io.ReadCloser)
	if r == nil {
		r, err = zlib.NewReader(bytes.NewReader(src))
	} else {
		err = r.(zlib.Resetter).Reset(bytes.NewReader(src), nil)
	}
	if err != nil {
		return err
	}
	defer pool.Put(r)
	if _, err = io.ReadFull(r, dst); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShort
	}
	return err
}

func unlzo(dst, src []byte) error {
	n, err := lzo.Decompress(src, dst)
	if err == nil && n != len(dst) {
		return errShort
	}
	return err
}

// lzmaDict is the dictionary of OpenWrt's encoder, in bytes; its lc, lp and pb are 0.
const lzmaDict = 0x2000

// unlzma decodes LZMA without a header: one is put in front of it.
func unlzma(dst, src []byte) error {
	whole := binary.LittleEndian.AppendUint32(make([]byte, 1, 13+len(src)), max(lzmaDict, uint32(len(dst))))
	whole = binary.LittleEndian.AppendUint64(whole, uint64(len(dst)))
	out, err := lzma.DecodeLZMA(dst, append(whole, src...))
	if err == nil && len(out) != len(dst) {
		return errShort
	}
	return err
}
