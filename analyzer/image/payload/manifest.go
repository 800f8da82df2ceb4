package payload

import (
	"crypto/sha256"

	"romscan/analyzer/image"
)

// Field numbers of update_metadata.proto, as far as they are read.
const (
	manifestBlockSize  = 3
	manifestPartitions = 13

	partitionName       = 1
	partitionNewInfo    = 7
	partitionOperations = 8

	infoSize = 1
	infoHash = 2

	operationType       = 1
	operationDataOffset = 2
	operationDataLength = 3
	operationDst        = 6
	operationDataHash   = 8

	extentStart = 1
	extentCount = 2
)

const defaultBlock = 4096 // bytes

// maxBlock bounds the size of blocks, in bytes, far above the 16 KiB of the largest pages.
const maxBlock = 1 << 20

// partition is one PartitionUpdate.
type partition struct {
	name       string
	at         int64             // of its message in the manifest
	size       int64             // bytes
	hash       [sha256.Size]byte // of the whole
	hasHash    bool
	operations []span // their messages in the manifest
	segments   []segment
	gaps       []error
}

// span is a range of the manifest. A manifest is far below 4 GiB: it is held in memory.
type span struct{ start, end uint32 }

// readManifest reads the partitions, in their order. A partition that is malformed keeps what was read of it,
// and says so in its gaps.
func (p *Payload) readManifest() ([]*partition, error) {
	p.block = defaultBlock
	var found []field
	w := &wire{raw: p.manifest, end: len(p.manifest)}
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.number == manifestBlockSize && f.kind == wireVarint:
			if f.value == 0 || f.value > maxBlock {
				return nil, image.Errorf(image.Malformed, headerSize, "blocks of %d bytes", f.value)
			}
			p.block = int64(f.value)
		case f.number == manifestPartitions && f.kind == wireBytes:
			found = append(found, f)
		}
	}
	if w.err != nil {
		if len(found) == 0 {
			return nil, w.err
		}
		p.Miss("", w.err)
	}
	var list []*partition
	for _, f := range found {
		if len(list) == maxPartitions {
			p.Miss("", image.Errorf(image.OverBudget, headerSize+int64(f.start), "more than %d partitions", maxPartitions))
			break
		}
		list = append(list, p.readPartition(w.message(f)))
	}
	return list, nil
}

// readPartition reads one PartitionUpdate. Its operations and extents take at most twelve times the memory of
// their messages.
func (p *Payload) readPartition(w *wire) *partition {
	part := &partition{at: int64(w.pos), size: -1}
	start := w.pos
	operations := 0
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.number == partitionName && f.kind == wireBytes:
			part.name = string(w.raw[f.start:min(f.end, f.start+maxName)])
		case f.number == partitionNewInfo && f.kind == wireBytes:
			part.readInfo(w.message(f))
		case f.number == partitionOperations && f.kind == wireBytes:
			operations++
		}
	}
	if w.err != nil {
		part.gaps = append(part.gaps, w.err)
	}
	part.operations = make([]span, 0, operations)
	again := &wire{raw: w.raw, pos: start, end: w.end}
	for f, ok := again.next(); ok; f, ok = again.next() {
		if f.number == partitionOperations && f.kind == wireBytes {
			part.operations = append(part.operations, span{uint32(f.start), uint32(f.end)})
		}
	}
	p.layOut(part)
	return part
}

// maxPartitions is far above the hundred or so of the largest devices.
const maxPartitions = 4096

// maxPartition bounds the size of a partition, in bytes.
const maxPartition = 1 << 46

// maxName bounds the names of partitions, in bytes; GPT has 36 characters, LP 36 bytes.
const maxName = 200

// readInfo reads a PartitionInfo.
func (part *partition) readInfo(w *wire) {
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.number == infoSize && f.kind == wireVarint:
			if f.value > maxPartition {
				part.gaps = append(part.gaps, image.Errorf(image.Malformed, headerSize+int64(w.pos), "a partition of %d bytes", f.value))
				continue
			}
			part.size = int64(f.value)
		case f.number == infoHash && f.kind == wireBytes && f.end-f.start == sha256.Size:
			part.hash, part.hasHash = [sha256.Size]byte(w.raw[f.start:f.end]), true
		}
	}
	if w.err != nil {
		part.gaps = append(part.gaps, w.err)
	}
}

// operation is one InstallOperation.
type operation struct {
	index          int // in its partition
	kind           kind
	offset, length uint64 // of its data, from Payload.data on
	blocks         uint64 // it writes, in all its extents
	hash           []byte // sha256 of its data, empty where it is not stated
}

// extent is a run of blocks.
type extent struct{ start, count uint64 }

// hole as the start of an extent means that its blocks are written nowhere.
const hole = 1<<64 - 1

// operation reads operation k, calling each, if not nil, for every extent it writes, in their order.
func (p *Payload) operation(part *partition, k int, each func(extent)) (operation, error) {
	s := part.operations[k]
	o := operation{index: k}
	w := &wire{raw: p.manifest, pos: int(s.start), end: int(s.end)}
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.kind == wireVarint && f.number == operationType:
			o.kind = kind(min(f.value, 1<<16-1))
		case f.kind == wireVarint && f.number == operationDataOffset:
			o.offset = f.value
		case f.kind == wireVarint && f.number == operationDataLength:
			o.length = f.value
		case f.kind == wireBytes && f.number == operationDataHash:
			o.hash = w.raw[f.start:f.end]
		case f.kind == wireBytes && f.number == operationDst:
			e := readExtent(w, f)
			if e.count > maxPartition/uint64(p.block) || e.count > maxPartition/uint64(p.block)-o.blocks {
				w.fail(f.start, "operation %d writes more than any partition holds", k)
				break
			}
			if each != nil && e.count > 0 {
				each(e)
			}
			o.blocks += e.count
		}
	}
	return o, w.err
}

func readExtent(w *wire, f field) extent {
	var e extent
	in := w.message(f)
	for f, ok := in.next(); ok; f, ok = in.next() {
		switch {
		case f.kind == wireVarint && f.number == extentStart:
			e.start = f.value
		case f.kind == wireVarint && f.number == extentCount:
			e.count = f.value
		}
	}
	if in.err != nil {
		w.err = in.err
	}
	return e
}
