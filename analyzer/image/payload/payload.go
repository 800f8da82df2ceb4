// Package payload reads A/B update payloads, payload.bin, in place.
//
// In: a payload, as it lies in an OTA package. Out: a *Payload, an [image.Index] with one file for each partition,
// "system.img", whose reads decode only the operations that wrote the blocks asked for, each into the run's
// shared cache. Of a delta payload, blocks copied from the old partition are read where they lie in the base, and
// patches are applied to it; the hash of what an operation takes from the base is compared first.
//
//	fsys, err := payload.Format().Open(r, size, budget)
//	f, err := fsys.Open("system.img") // an io.ReaderAt
//
// Limit: without a base, blocks of a delta payload that are made from the device's old partition cannot be read; a gap
// for each partition says how many.
package payload

import (
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"

	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes payloads.
func Format() image.Format {
	return image.Format{
		Name: "payload",
		Doc:  "A/B update payload (payload.bin): the partitions in OTA packages of nearly all devices since Android 8, in operations of 2 MiB.",
		Refs: []string{
			"AOSP system/update_engine: update_metadata.proto, payload_consumer/payload_metadata.cc, payload_consumer/partition_writer.cc",
			"AOSP system/update_engine: payload_consumer/install_operation_executor.cc (deltas)",
			"https://github.com/ssut/payload-dumper-go (update_metadata.proto: operation 14, ZSTD)",
		},
		Limits: []string{
			"without a base, operations that need the old partition are reported, not applied",
			"ZUCCHINI, PUFFDIFF around a zucchini patch, LZ4DIFF_BSDIFF and LZ4DIFF_PUFFDIFF (they need LZ4 packed bit for bit as a build did) and the in-place MOVE and BSDIFF of Brillo are reported, not applied",
			"a patch that makes or reads more than a sixteenth of the memory budget (64 MiB) is not applied",
			"of a base, what operations take is compared with their hashes; the whole old partition is compared on demand, by Verify",
			"hash trees and error correction that a device computes itself are not computed",
			"signatures are not verified; the hash of a partition is on demand, by Verify",
			"the hash of an operation too large for memory is not verified",
			"major version 1 (Chrome OS, Brillo) is refused",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// header is the start of a payload of major version 2; numbers are big-endian.
type header struct {
	manifest  int64 // bytes
	signature int64 // bytes, of the metadata
}

const (
	magic        = "CrAU"
	headerSize   = 24
	majorVersion = 2
)

// data is the offset that the offsets in the manifest count from.
func (h header) data() int64 { return headerSize + h.manifest + h.signature }

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, 12)
	return len(head) == 12 && string(head[:4]) == magic && binary.BigEndian.Uint64(head[4:]) < 256
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	raw, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return header{}, err
	}
	c := bin.Big(raw, 0)
	if string(c.Bytes(4)) != magic {
		return header{}, image.Errorf(image.Malformed, 0, "no magic of a payload")
	}
	version, manifest, signature := c.U64(), c.U64(), c.U32()
	if version != majorVersion {
		return header{}, image.Errorf(image.Unsupported, 4, "payload of major version %d", version)
	}
	if manifest > uint64(size-headerSize) {
		return header{}, image.Errorf(image.Truncated, 12, "a manifest of %d bytes in a payload of %d", manifest, size)
	}
	return header{int64(manifest), int64(signature)}, nil
}

// Payload is an opened payload. It is immutable and safe for concurrent use.
type Payload struct {
	*image.Index
	r          io.ReaderAt
	size       int64
	data       int64  // offset of the operations' data
	block      int64  // bytes
	manifest   []byte // operations are decoded from it when they are needed
	partitions map[string]*partition
	budget     *image.Budget
	zstd       *zstd.Decoder
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	if most := min(b.Memory/16, 1<<31); h.manifest > most { // real ones have up to 10 MB; what is made of one takes more
		return nil, image.Errorf(image.OverBudget, 12, "a manifest of %d bytes, limit %d", h.manifest, most)
	}
	p := &Payload{Index: image.NewIndex(), r: r, size: size, data: h.data(), budget: b, partitions: map[string]*partition{}}
	if p.manifest, err = bin.ReadAt(r, size, headerSize, h.manifest, h.manifest); err != nil {
		return nil, err
	}
	p.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(uint64(max(b.Memory, 1<<20))))
	if err != nil {
		return nil, err
	}
	list, err := p.readManifest()
	if err != nil {
		return nil, err
	}
	for k, part := range list {
		p.add(part, k)
	}
	return p, nil
}

// add lists a partition and what of it cannot be read.
func (p *Payload) add(part *partition, k int) {
	base, note, ok := image.ValidName(part.name + ".img")
	if part.name == "" || !ok {
		p.Miss("", image.Errorf(image.Malformed, headerSize+part.at, "a partition cannot be named %.100q", part.name))
		return
	}
	name := base
	for ; p.partitions[name] != nil; k += maxPartitions {
		name = fmt.Sprintf("%s.%d.img", strings.TrimSuffix(base, ".img"), k)
	}
	if name != base {
		p.Miss(base, image.Errorf(image.Malformed, headerSize+part.at, "the manifest has this partition again, listed as %s", name))
	}
	e := image.Entry{Mode: 0o444, Size: part.size, Attr: image.Attr{Offset: -1, Note: note}}
	e.Open = func() (io.ReaderAt, error) { return &reader{Payload: p, part: part}, nil }
	if err := p.Add(name, e); err != nil {
		p.Miss(name, err)
		return
	}
	p.partitions[name] = part
	for _, err := range part.gaps {
		p.Miss(name, err)
	}
}
