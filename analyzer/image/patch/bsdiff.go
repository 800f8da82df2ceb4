package patch

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"

	"github.com/andybalholm/brotli"

	"romscan/analyzer/image"
)

// The header of both containers: magic, then three numbers.
const (
	bsdiffHeader = 32
	bsdiff40     = "BSDIFF40"
	bsdiff2      = "BSDF2" // and three bytes, the compressors of the streams
)

// How a stream of a BSDF2 container is packed.
const (
	packNone   = 0
	packBZ2    = 1
	packBrotli = 2
)

// BSDiff applies a patch of bsdiff 4 (BSDIFF40) or of AOSP's bsdiff (BSDF2) to old.
//
// A patch is three streams. The first has triples of numbers x, y, z: add x bytes of the second stream to as many of
// old, append y bytes of the third, go z bytes on in old. What of old lies before its start or past its end counts
// as zeros.
//
// Source: AOSP external/bsdiff: patch_reader.cc, bspatch.cc, brotli_decompressor.cc.
func BSDiff(old, patch []byte, l Limits) ([]byte, error) {
	s, size, err := openBSDiff(patch)
	if err != nil {
		return nil, err
	}
	if size > l.Output {
		return nil, image.Errorf(image.Malformed, 24, "bsdiff: the patch makes %d bytes, %d are wanted", size, l.Output)
	}
	out := make([]byte, size)
	var done, at int64 // in out, in old
	// An honest triple makes bytes; a few may only move.
	for left := 2*size + 16; done < size; left-- {
		var raw [24]byte
		if _, err := io.ReadFull(s[0], raw[:]); err != nil {
			return nil, image.Errorf(image.Malformed, bsdiffHeader, "bsdiff: control stream: %v", err)
		}
		add, extra, seek := number(raw[:]), number(raw[8:]), number(raw[16:])
		if left == 0 || add < 0 || extra < 0 || add > size-done || extra > size-done-add {
			return nil, image.Errorf(image.Malformed, bsdiffHeader, "bsdiff: a triple (%d, %d, %d) with %d of %d bytes made", add, extra, seek, done, size)
		}
		if _, err := io.ReadFull(s[1], out[done:done+add]); err != nil {
			return nil, image.Errorf(image.Malformed, bsdiffHeader, "bsdiff: diff stream: %v", err)
		}
		addOld(out[done:done+add], old, at)
		done += add
		if _, err := io.ReadFull(s[2], out[done:done+extra]); err != nil {
			return nil, image.Errorf(image.Malformed, bsdiffHeader, "bsdiff: extra stream: %v", err)
		}
		done += extra
		if at += add + seek; at < -1<<60 || at > 1<<60 {
			return nil, image.Errorf(image.Malformed, bsdiffHeader, "bsdiff: at %d of %d old bytes", at, len(old))
		}
	}
	return out, nil
}

// addOld adds the bytes of old from at on, as far as there are any, to p.
func addOld(p, old []byte, at int64) {
	if at < 0 {
		p = p[min(-at, int64(len(p))):]
		at = 0
	}
	if at >= int64(len(old)) {
		return
	}
	old = old[at:]
	for i := range p[:min(len(p), len(old))] {
		p[i] += old[i]
	}
}

// openBSDiff gives the streams of control triples, differences and extra bytes, and the size of the result.
func openBSDiff(patch []byte) (s [3]io.Reader, size int64, err error) {
	if len(patch) < bsdiffHeader {
		return s, 0, image.Errorf(image.Truncated, int64(len(patch)), "bsdiff: a patch of %d bytes", len(patch))
	}
	packs := [3]byte{packBZ2, packBZ2, packBZ2}
	switch {
	case string(patch[:8]) == bsdiff40:
	case string(patch[:5]) == bsdiff2:
		packs = [3]byte(patch[5:8])
	default:
		return s, 0, image.Errorf(image.Malformed, 0, "bsdiff: magic %.16q", patch[:8])
	}
	control, diff, size := number(patch[8:]), number(patch[16:]), number(patch[24:])
	body := patch[bsdiffHeader:]
	if control < 0 || diff < 0 || size < 0 || control > int64(len(body)) || diff > int64(len(body))-control {
		return s, 0, image.Errorf(image.Malformed, 8, "bsdiff: streams of %d and %d bytes in a patch of %d, for %d new bytes", control, diff, len(patch), size)
	}
	for k, raw := range [3][]byte{body[:control], body[control : control+diff], body[control+diff:]} {
		switch packs[k] {
		case packNone:
			s[k] = bytes.NewReader(raw)
		case packBZ2:
			s[k] = bzip2.NewReader(bytes.NewReader(raw))
		case packBrotli:
			s[k] = brotli.NewReader(bytes.NewReader(raw))
		default:
			return s, 0, image.Errorf(image.Unsupported, int64(5+k), "bsdiff: compressor %d", packs[k])
		}
	}
	return s, size, nil
}

// number reads eight bytes, little-endian, the top bit the sign.
func number(b []byte) int64 {
	v := binary.LittleEndian.Uint64(b)
	n := int64(v &^ (1 << 63))
	if v>>63 != 0 {
		return -n
	}
	return n
}
