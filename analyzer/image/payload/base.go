package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/patch"
)

// old is a partition as it was before the update.
type old struct {
	r    io.ReaderAt // nil where it is not to be had
	size int64
}

// findBase looks for what the update of a partition starts from; without a base to look in, there is none.
func (p *Payload) findBase(part *partition) error {
	if p.budget.Base == nil {
		return nil
	}
	r, size, err := p.budget.Base.Partition(part.name, part.before.size)
	if err == nil && r != nil {
		part.old = old{r, size}
	}
	return err
}

// baseGaps looks for the base of a partition and says what of it cannot be read, given the bytes that each kind of
// operation makes.
func (p *Payload) baseGaps(part *partition, made [kinds + 1]int64) []error {
	if sum, _ := needed(made, kind.needsBase); sum == 0 {
		return nil
	}
	why := ""
	if err := p.findBase(part); err != nil {
		why = "; " + image.GapOf(nil, "", err).Detail
	}
	if part.old.r == nil {
		sum, by := needed(made, kind.needsBase)
		return []error{image.Errorf(image.Unsupported, -1, "%d of %d bytes need a base: %s%s", sum, part.size, by, why)}
	}
	var gaps []error
	sum, by := needed(made, func(k kind) bool { return k.needsBase() && k != sourceCopy && !k.patches() })
	if sum > 0 {
		gaps = append(gaps, image.Errorf(image.Unsupported, -1, "%d of %d bytes are made by operations that are not applied: %s", sum, part.size, by))
	}
	if err := p.probe(part); err != nil {
		gaps = append(gaps, err)
	}
	return gaps
}

// needed sums up the bytes of some kinds of operations, and lists them.
func needed(made [kinds + 1]int64, of func(kind) bool) (sum int64, by string) {
	var list []string
	for k := range kinds {
		if of(k) && made[k] > 0 {
			sum += made[k]
			list = append(list, fmt.Sprintf("%s %d", k, made[k]))
		}
	}
	return sum, strings.Join(list, ", ")
}

// probe compares the source of three operations, those that make the first and the last block and the first that takes
// anything from the base: a wrong base is to be said before a partition that cannot be read is taken for one of
// nothing.
func (p *Payload) probe(part *partition) error {
	var tries []segment
	takes := func(s segment) bool { return s.kind == sourceCopy || s.kind.patches() }
	if n := len(part.segments); n > 0 {
		tries = append(tries, part.segments[0], part.segments[n-1])
	}
	if k := slices.IndexFunc(part.segments, takes); k >= 0 {
		tries = append(tries, part.segments[k])
	}
	for _, s := range tries {
		if !takes(s) {
			continue
		}
		var runs []byte
		o, err := p.operation(part, int(s.operation), nil, func(e extent) { runs = appendRun(runs, e) })
		if err != nil || !p.fits(operation{blocks: o.source}) {
			continue
		}
		if err := p.checkSource(part, o, runs); err != nil {
			return p.wrap(part, o, err)
		}
	}
	return nil
}

// runSize is the size of one run of blocks: its first block, and the number of blocks in it and all before it.
const runSize = 16

func appendRun(runs []byte, e extent) []byte {
	sum := e.count
	if n := len(runs); n > 0 {
		sum += binary.LittleEndian.Uint64(runs[n-8:])
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(runs, e.start), sum)
}

// source reads the extents of the old partition that an operation starts from, one after the other.
type source struct {
	old
	block int64
	runs  []byte
}

// ReadAt implements [io.ReaderAt].
func (s source) ReadAt(b []byte, off int64) (int, error) {
	n := len(s.runs) / runSize
	end := func(k int) int64 { return int64(binary.LittleEndian.Uint64(s.runs[k*runSize+8:])) * s.block }
	k := sort.Search(n, func(k int) bool { return end(k) > off })
	done := 0
	for ; done < len(b); k++ {
		if k == n {
			return done, io.EOF
		}
		first := int64(0) // of the run, in the source
		if k > 0 {
			first = end(k - 1)
		}
		here := off + int64(done)
		part := b[done : done+int(min(int64(len(b)-done), end(k)-here))]
		start := binary.LittleEndian.Uint64(s.runs[k*runSize:])
		if blocks := uint64(s.size / s.block); start > blocks || uint64((end(k)-first)/s.block) > blocks-start {
			return done, image.Errorf(image.Malformed, -1, "takes %d blocks from block %d on of an old partition of %d", (end(k)-first)/s.block, start, blocks)
		}
		m, err := s.r.ReadAt(part, int64(start)*s.block+here-first)
		done += m
		if m < len(part) {
			return done, image.Errorf(image.Unreadable, -1, "block %d of the base: %v", int64(start)+(here-first+int64(m))/s.block, err)
		}
	}
	return done, nil
}

// checkSource compares what an operation starts from with the sha256 the manifest states for it.
func (p *Payload) checkSource(part *partition, o operation, runs []byte) error {
	h := sha256.New()
	size := int64(o.source) * p.block
	r := io.NewSectionReader(source{part.old, p.block, runs}, 0, size)
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, min(max(size, 1), 1<<20))); err != nil {
		return err
	}
	return differs(part, o, runs, h.Sum(nil))
}

func differs(part *partition, o operation, runs, sum []byte) error {
	if len(o.sourceHash) == 0 || bytes.Equal(sum, o.sourceHash) {
		return nil
	}
	first := uint64(0)
	if len(runs) > 0 {
		first = binary.LittleEndian.Uint64(runs)
	}
	return image.Errorf(image.Unreadable, -1, "the base is not the build the update starts from: %d blocks from block %d on of its %s: sha256 %s",
		o.source, first, part.name, image.Differ(o.sourceHash, sum))
}

// copyKey finds the runs of a SOURCE_COPY, whose source was compared, in the shared cache.
type copyKey struct {
	part      *partition
	operation uint32
}

// readCopy reads from a SOURCE_COPY: in place, once its source has been compared.
func (r *reader) readCopy(b []byte, s segment, at int64) (int, error) {
	runs, err := r.budget.Cached(copyKey{r.part, s.operation}, func() ([]byte, error) {
		var runs []byte
		o, err := r.operation(r.part, int(s.operation), nil, func(e extent) { runs = appendRun(runs, e) })
		if err == nil && o.source != o.blocks {
			err = image.Errorf(image.Malformed, -1, "%d blocks for %d", o.source, o.blocks)
		}
		if err == nil {
			err = r.checkSource(r.part, o, runs)
		}
		if err != nil {
			return nil, r.wrap(r.part, o, err)
		}
		return runs, nil
	})
	if err != nil {
		return 0, r.fail(s.operation, err)
	}
	n, err := source{r.part.old, r.block, runs}.ReadAt(b, at)
	if n < len(b) {
		return n, r.fail(s.operation, r.wrap(r.part, operation{index: int(s.operation), kind: sourceCopy}, err))
	}
	return n, nil
}

// patch applies an operation's data to what it starts from.
func (p *Payload) patch(part *partition, o operation, data []byte, size int) ([]byte, error) {
	var runs []byte
	if _, err := p.operation(part, o.index, nil, func(e extent) { runs = appendRun(runs, e) }); err != nil {
		return nil, err
	}
	before := make([]byte, int64(o.source)*p.block)
	if _, err := (source{part.old, p.block, runs}).ReadAt(before, 0); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(before)
	if err := differs(part, o, runs, sum[:]); err != nil {
		return nil, err
	}
	if o.sourceLength > 0 {
		before = before[:min(o.sourceLength, uint64(len(before)))]
	}
	apply := patch.BSDiff
	if o.kind == puffDiff {
		apply = patch.PuffDiff
	}
	out, err := apply(before, data, patch.Limits{Output: int64(size), Work: p.budget.Memory / 4})
	return out, shift(err, p.data+int64(o.offset))
}

// shift makes the offsets of a patch, which starts at at, ones of the payload.
func shift(err error, at int64) error {
	var e *image.Error
	if err == nil || !errors.As(err, &e) || e.Offset < 0 {
		return err
	}
	return image.Errorf(e.Reason, e.Offset+at, "%s", e.Detail)
}
