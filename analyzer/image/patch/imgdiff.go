package patch

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Kinds of chunks.
const (
	chunkNormal  = 0
	chunkGzip    = 1 // of IMGDIFF1, before Android 2
	chunkDeflate = 2
	chunkRaw     = 3
)

// chunkWork is what a chunk counts for besides its bytes: one that makes none can still unpack a block of bzip2.
const chunkWork = 16 << 10

// ImgDiff applies a patch of AOSP's imgdiff, version 2, to old. Its chunks follow each other in the result: raw bytes,
// the result of a bsdiff, or of a bsdiff between two deflate streams unpacked, packed again as zlib does.
//
// Source: AOSP bootable/recovery/applypatch/imgdiff.cpp (the format), imgpatch.cpp.
func ImgDiff(old, patch []byte, l Limits) ([]byte, error) { return imgDiff(old, patch, nil, l) }

// imgDiff applies a patch; bonus is bytes that the unpacked source of chunk 1 ends in (recovery-from-boot.p).
func imgDiff(old, patch, bonus []byte, l Limits) ([]byte, error) {
	if len(patch) < 12 || string(patch[:8]) != "IMGDIFF2" {
		return nil, image.Errorf(image.Malformed, 0, "imgdiff: magic %.16q", patch[:min(len(patch), 8)])
	}
	c := bin.Little(patch, 0)
	c.Skip(8)
	var out []byte
	for k := range c.U32() {
		at := int64(c.Pos())
		var fresh []byte
		var err error
		left := Limits{Output: l.Output - int64(len(out)), Work: l.Work}
		if err := left.spend(chunkWork, at); err != nil {
			return nil, err
		}
		switch kind := c.U32(); kind {
		case chunkRaw:
			fresh = c.Bytes(int(c.U32()))
		case chunkNormal:
			fresh, err = normalChunk(c, old, patch, left)
		case chunkDeflate:
			var extra []byte
			if k == 1 {
				extra = bonus
			}
			fresh, err = deflateChunk(c, old, patch, extra, &left)
		case chunkGzip:
			return nil, image.Errorf(image.Unsupported, at, "imgdiff: chunk %d is of version 1", k)
		default:
			err = image.Errorf(image.Malformed, at, "imgdiff: chunk %d is of type %d", k, kind)
		}
		l.Work = left.Work
		if c.Err() != nil {
			return nil, c.Err()
		}
		if err != nil {
			return nil, err
		}
		if int64(len(fresh)) > left.Output {
			return nil, image.Errorf(image.Malformed, at, "imgdiff: chunk %d makes %d bytes more than are wanted", k, int64(len(fresh))-left.Output)
		}
		out = append(out, fresh...)
	}
	return out, c.Err()
}

// cut gives the n bytes of old at start.
func cut(old []byte, start, n uint64, at int64) ([]byte, error) {
	if start > uint64(len(old)) || n > uint64(len(old))-start {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: %d bytes at %d of a source of %d", n, start, len(old))
	}
	return old[start : start+n], nil
}

// inner gives the bsdiff that starts at off of a patch.
func inner(patch []byte, off uint64, at int64) ([]byte, error) {
	if off > uint64(len(patch)) {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: a bsdiff at %d of a patch of %d", off, len(patch))
	}
	return patch[off:], nil
}

func normalChunk(c *bin.Cursor, old, patch []byte, l Limits) ([]byte, error) {
	at := int64(c.Pos())
	start, n, off := c.U64(), c.U64(), c.U64()
	src, err := cut(old, start, n, at)
	if err != nil {
		return nil, err
	}
	diff, err := inner(patch, off, at)
	if err != nil {
		return nil, err
	}
	fresh, err := BSDiff(src, diff, l)
	return fresh, moved(err, int64(off))
}

func deflateChunk(c *bin.Cursor, old, patch, bonus []byte, l *Limits) ([]byte, error) {
	at := int64(c.Pos())
	start, n, off, expanded, target := c.U64(), c.U64(), c.U64(), c.U64(), c.U64()
	var params [5]int
	for k := range params {
		params[k] = int(int32(c.U32()))
	}
	if c.Err() != nil {
		return nil, c.Err()
	}
	src, err := cut(old, start, n, at)
	if err != nil {
		return nil, err
	}
	diff, err := inner(patch, off, at)
	if err != nil {
		return nil, err
	}
	z, err := newDeflater(params)
	if err != nil {
		return nil, image.Errorf(image.Unsupported, at, "imgdiff: %v", err)
	}
	// Deflate makes at most 1032 bytes of one.
	if expanded > 1032*n+uint64(len(bonus)) {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: %d bytes of deflate are to make %d", n, expanded)
	}
	if err := errors.Join(l.spend(int64(expanded), at), l.spend(int64(min(target, 1<<62)), at)); err != nil {
		return nil, err
	}
	plain, err := inflate(src, int64(expanded)-int64(len(bonus)), at)
	if err != nil {
		return nil, err
	}
	fresh, err := BSDiff(append(plain, bonus...), diff, Limits{Output: int64(target)})
	if err != nil {
		return nil, moved(err, int64(off))
	}
	if uint64(len(fresh)) != target {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: %d bytes to deflate, %d stated", len(fresh), target)
	}
	return z.deflate(fresh), nil
}

// inflate unpacks a raw deflate stream to exactly n bytes.
func inflate(src []byte, n, at int64) ([]byte, error) {
	if n < 0 {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: a source shorter than what is appended to it")
	}
	if n == 0 {
		return nil, nil // as imgpatch does, which does not look at the source then
	}
	r := flate.NewReader(bytes.NewReader(src))
	plain := make([]byte, n)
	_, err := io.ReadFull(r, plain)
	if err == nil {
		var more int
		if more, err = io.ReadFull(r, make([]byte, 1)); more > 0 {
			err = errors.New("more than is stated")
		} else if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		return nil, image.Errorf(image.Malformed, at, "imgdiff: source of %d bytes: %v", len(src), err)
	}
	return plain, nil
}
