package payload

import (
	"bytes"
	"compress/bzip2"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/lzma"
)

// fits reports whether an operation is decoded in memory, as all that generators make are.
func (p *Payload) fits(o operation) bool {
	most := uint64(p.budget.Memory / 16)
	return o.blocks <= most/uint64(p.block) && o.length <= most
}

// decode returns all that an operation writes. The operation fits.
func (p *Payload) decode(part *partition, o operation) ([]byte, error) {
	if err := p.admit(part, o); err != nil {
		return nil, p.wrap(part, o, err)
	}
	at := p.data + int64(o.offset)
	data, err := bin.ReadAt(p.r, p.size, at, int64(o.length), int64(o.length))
	if err != nil {
		return nil, p.wrap(part, o, err)
	}
	if got := sha256.Sum256(data); len(o.hash) > 0 && !bytes.Equal(got[:], o.hash) {
		return nil, p.wrap(part, o, image.Errorf(image.Malformed, at, "sha256 of its data differs from the manifest's"))
	}
	size := int(o.blocks) * int(p.block)
	var out []byte
	if o.kind.patches() {
		out, err = p.patch(part, o, data, size)
	} else {
		out, err = p.unpack(o.kind, data, size)
		err = inside(err, at)
	}
	if err != nil {
		return nil, p.wrap(part, o, err)
	}
	// As on a device, the last block is filled up with zeros.
	if n := size - len(out); n < 0 || n >= int(p.block) {
		return nil, p.wrap(part, o, image.Errorf(image.Malformed, at, "%d bytes for blocks of %d", len(out), size))
	} else if n > 0 {
		out = append(out, make([]byte, n)...)
	}
	return out, nil
}

// admit refuses what cannot be decoded whatever its data is.
func (p *Payload) admit(part *partition, o operation) error {
	switch {
	case o.kind.needsBase() && part.old.r == nil:
		return image.Errorf(image.Unsupported, -1, "needs the partition as it was before")
	case o.kind.patches():
		if !p.fits(o) || !p.fits(operation{blocks: o.source}) {
			return image.Errorf(image.OverBudget, -1, "a patch of %d bytes that makes %d blocks of %d", o.length, o.blocks, o.source)
		}
	case o.kind.needsBase():
		return image.Errorf(image.Unsupported, -1, "not applied")
	case !o.kind.hasData():
		return image.Errorf(image.Unsupported, -1, "unknown")
	}
	if err := p.checkData(o); err != nil {
		return err
	}
	return p.budget.CheckRatio(int64(o.blocks)*p.block, int64(o.length))
}

// unpack decodes data into size bytes, perhaps fewer, or one more where it holds more.
func (p *Payload) unpack(k kind, data []byte, size int) ([]byte, error) {
	switch k {
	case replaceXZ:
		return lzma.DecodeXZ(make([]byte, size), data)
	case replaceBZ:
		out := make([]byte, size+1)
		n, err := io.ReadFull(bzip2.NewReader(bytes.NewReader(data)), out)
		if err == io.ErrUnexpectedEOF || err == io.EOF {
			err = nil // a stream that is cut is told by its length
		}
		return out[:n], err
	case replaceZstd:
		return p.zstd.DecodeAll(data, make([]byte, 0, size))
	}
	return data, nil
}

// decoder decodes an operation that does not fit, as it is read.
func (p *Payload) decoder(o operation) (io.ReadCloser, error) {
	data := io.NewSectionReader(p.r, p.data+int64(o.offset), int64(o.length))
	switch o.kind {
	case replaceXZ:
		return lzma.NewXZReader(data, p.budget.Memory/4), nil
	case replaceBZ:
		return io.NopCloser(bzip2.NewReader(data)), nil
	}
	z, err := zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(p.budget.Memory, 1<<20))))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// inside makes errors of a decoder ones of the payload, in which its data starts at at.
func inside(err error, at int64) error {
	if err == nil {
		return nil
	}
	var e *image.Error
	if !errors.As(err, &e) {
		return image.Errorf(image.Malformed, at, "%v", err)
	}
	moved := *e
	if moved.Offset >= 0 {
		moved.Offset += at
	}
	moved.Reason = image.Malformed // its data is all there, and too long is wrong too
	if e.Reason == image.Unsupported {
		moved.Reason = image.Unsupported
	}
	return &moved
}

// wrap names the operation.
func (p *Payload) wrap(part *partition, o operation, err error) error {
	g := image.GapOf(nil, "", err)
	return image.Errorf(g.Reason, g.Offset, "operation %d of %s (%s): %s", o.index, part.name, o.kind, g.Detail)
}
