package payload

import (
	"errors"
	"io"
	"sort"
	"sync"

	"romscan/analyzer/image"
)

// reader is one open partition. It is safe for concurrent use.
type reader struct {
	*Payload
	part *partition

	mu     sync.Mutex
	large  map[uint32]*large // operations that do not fit into memory
	failed map[uint32]error  // operations that were tried in vain
}

// operationKey finds a decoded operation in the shared cache.
type operationKey struct {
	part      *partition
	operation uint32
}

// ReadAt implements [io.ReaderAt]. At a block that cannot be had it stops, with an error that names the operation.
func (r *reader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, image.Errorf(image.Malformed, off, "negative offset")
	}
	if off >= r.part.size {
		return 0, io.EOF
	}
	var tail error
	if int64(len(b)) > r.part.size-off {
		b, tail = b[:r.part.size-off], io.EOF
	}
	list := r.part.segments
	k := sort.Search(len(list), func(i int) bool { return int64(list[i].end())*r.block > off })
	done := 0
	for ; done < len(b); k++ {
		here := off + int64(done)
		if k == len(list) || int64(list[k].start)*r.block > here {
			return done, image.Errorf(image.Unsupported, -1, "block %d of %s is in no operation", here/r.block, r.part.name)
		}
		s := list[k]
		from := here - int64(s.start)*r.block
		n, err := r.read(b[done:done+int(min(int64(len(b)-done), int64(s.count)*r.block-from))], s, int64(s.skip)*r.block+from)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, tail
}

// read reads what the operation of s writes, from byte at of it on.
func (r *reader) read(b []byte, s segment, at int64) (int, error) {
	if s.kind.isZero() {
		clear(b)
		return len(b), nil
	}
	r.mu.Lock()
	err := r.failed[s.operation]
	r.mu.Unlock()
	switch {
	case err != nil:
		return 0, err
	case s.large:
		return r.readLarge(b, s, at)
	case s.kind == sourceCopy && r.part.old.r != nil:
		return r.readCopy(b, s, at)
	}
	data, err := r.budget.Cached(operationKey{r.part, s.operation}, func() ([]byte, error) {
		o, err := r.operation(r.part, int(s.operation), nil, nil)
		if err != nil {
			return nil, err
		}
		return r.decode(r.part, o)
	})
	if err != nil {
		return 0, r.fail(s.operation, err)
	}
	return copy(b, data[at:]), nil
}

// readLarge reads from an operation that does not fit into memory: in place where it is not compressed, else from
// a stream decoded once.
func (r *reader) readLarge(b []byte, s segment, at int64) (int, error) {
	l, err := r.openLarge(s.operation)
	if err != nil {
		return 0, r.fail(s.operation, err)
	}
	o, n := l.operation, 0
	if l.stream != nil {
		n, err = l.stream.ReadAt(b, at)
	} else {
		have := max(int64(o.length)-at, 0)
		n, err = r.r.ReadAt(b[:min(int64(len(b)), have)], r.data+int64(o.offset)+at)
		if int64(n) == have && n < len(b) {
			err = image.Errorf(image.Malformed, r.data+int64(o.offset), "%d bytes for blocks of %d", o.length, int64(o.blocks)*r.block)
		}
	}
	if n < len(b) {
		return n, r.wrap(r.part, o, err)
	}
	return n, nil
}

// large is an operation that does not fit into memory.
type large struct {
	operation
	stream *image.Stream // nil where the data is not compressed
}

func (r *reader) openLarge(k uint32) (*large, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.large[k]; l != nil {
		return l, nil
	}
	o, err := r.operation(r.part, int(k), nil, nil)
	if err == nil {
		err = r.admit(r.part, o)
	}
	if err != nil {
		return nil, r.wrap(r.part, o, err)
	}
	l := &large{operation: o}
	if o.kind != replace {
		l.stream = r.budget.NewStream(int64(o.blocks)*r.block, int64(o.length), func() (io.ReadCloser, error) { return r.decoder(o) })
	}
	if r.large == nil {
		r.large = map[uint32]*large{}
	}
	r.large[k] = l
	return l, nil
}

// Close gives back what large operations were decoded to.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, l := range r.large {
		if l.stream != nil {
			errs = append(errs, l.stream.Close())
		}
	}
	r.large = nil
	return errors.Join(errs...)
}

// fail remembers why an operation cannot be read: it may be asked for again, thousands of times.
func (r *reader) fail(operation uint32, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = map[uint32]error{}
	}
	r.failed[operation] = err
	return err
}
