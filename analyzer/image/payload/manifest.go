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
	partitionOldInfo    = 6
	partitionNewInfo    = 7
	partitionOperations = 8

	infoSize = 1
	infoHash = 2

	operationType       = 1
	operationDataOffset = 2
	operationDataLength = 3
	operationSrc        = 4
	operationSrcLength  = 5
	operationDst        = 6
	operationDataHash   = 8
	operationSrcHash    = 9

	extentStart = 1
	extentCount = 2
)

const defaultBlock = 4096 // bytes

// maxBlock bounds the size of blocks, in bytes, far above the 16 KiB of the largest pages.
const maxBlock = 1 << 20

// partition is one PartitionUpdate.
type partition struct {
	info
	name       string
	at         int64  // of its message in the manifest
	before     info   // what the update starts from
	old        old    // where that is to be had
	operations []span // their messages in the manifest
	segments   []segment
	gaps       []error
}

// info is a PartitionInfo.
type info struct {
	size    int64             // bytes, -1 where it is not stated
	hash    [sha256.Size]byte // of the whole
	hasHash bool
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
	part := &partition{at: int64(w.pos), info: info{size: -1}, before: info{size: -1}}
	start := w.pos
	operations := 0
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.number == partitionName && f.kind == wireBytes:
			part.name = string(w.raw[f.start:min(f.end, f.start+maxName)])
		case f.number == partitionNewInfo && f.kind == wireBytes:
			part.readInfo(&part.info, w.message(f))
		case f.number == partitionOldInfo && f.kind == wireBytes:
			part.readInfo(&part.before, w.message(f))
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
func (part *partition) readInfo(i *info, w *wire) {
	for f, ok := w.next(); ok; f, ok = w.next() {
		switch {
		case f.number == infoSize && f.kind == wireVarint:
			if f.value > maxPartition {
				part.gaps = append(part.gaps, image.Errorf(image.Malformed, headerSize+int64(w.pos), "a partition of %d bytes", f.value))
				continue
			}
			i.size = int64(f.value)
		case f.number == infoHash && f.kind == wireBytes && f.end-f.start == sha256.Size:
			i.hash, i.hasHash = [sha256.Size]byte(w.raw[f.start:f.end]), true
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
	source         uint64 // blocks it reads of the old partition, in all its extents
	sourceLength   uint64 // bytes of them that a patch is applied to; 0 means all
	sourceHash     []byte // sha256 of those blocks, empty where it is not stated
}

// extent is a run of blocks.
type extent struct{ start, count uint64 }

// hole as the start of an extent means that its blocks are written nowhere.
const hole = 1<<64 - 1

// operation reads operation k, calling dst for every extent it writes and src for every extent of the old partition it
// reads, in their order, where they are not nil.
func (p *Payload) operation(part *partition, k int, dst, src func(extent)) (operation, error) {
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
		case f.kind == wireVarint && f.number == operationSrcLength:
			o.sourceLength = f.value
		case f.kind == wireBytes && f.number == operationDataHash:
			o.hash = w.raw[f.start:f.end]
		case f.kind == wireBytes && f.number == operationSrcHash:
			o.sourceHash = w.raw[f.start:f.end]
		case f.kind == wireBytes && f.number == operationDst:
			p.extent(w, f, &o, &o.blocks, dst)
		case f.kind == wireBytes && f.number == operationSrc:
			p.extent(w, f, &o, &o.source, src)
		}
	}
	return o, w.err
}

// extent reads one extent and adds its blocks to sum.
func (p *Payload) extent(w *wire, f field, o *operation, sum *uint64, each func(extent)) {
	e := readExtent(w, f)
	most := maxPartition / uint64(p.block)
	if e.count > most || e.count > most-*sum {
		w.fail(f.start, "operation %d has extents of more than any partition holds", o.index)
		return
	}
	if each != nil && e.count > 0 {
		each(e)
	}
	*sum += e.count
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
