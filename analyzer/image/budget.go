package image

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBudget is wrapped by every error that a limit caused.
var ErrBudget = errors.New("budget exceeded")

// Limits bound one run. All are generous for honest firmware and finite for hostile input.
type Limits struct {
	Bytes    int64         // sum of the sizes of all files listed, in bytes
	Files    int64         // number of files listed; of a Budget: of one container
	Opened   int64         // number of containers opened; 0 means any
	Work     int64         // bytes decoded and digested, beside what the input's size allows for; 0 means any
	Ratio    int64         // decoded bytes per encoded byte of one stream, above RatioFloor
	Depth    int           // containers inside containers
	Memory   int64         // bytes for decoded streams and caches
	Spool    int64         // bytes of temporary disk for serial streams that do not fit in memory
	MaxFile  int64         // largest file an analyzer reads whole, in bytes
	Duration time.Duration // wall time; 0 means none
}

// RatioFloor is the decoded size below which the ratio of a stream is not looked at: small files of one
// repeated byte are common and harmless.
const RatioFloor = 100 << 20

// DefaultLimits are the documented defaults of the command line.
func DefaultLimits() Limits {
	return Limits{
		Bytes: 200 << 30, Files: 5 << 20, Opened: 1 << 17, Work: 4 << 30, Ratio: 2000, Depth: 16,
		Memory: 1 << 30, Spool: 64 << 30, MaxFile: 512 << 20,
	}
}

// Budget is what is left of the Limits, shared by all of one run. It is safe for concurrent use.
type Budget struct {
	Limits
	Base  Base  // what incremental updates start from; nil where none was given
	Keys  *Keys // for encrypted containers; nil where none were given
	total int64 // files of the run
	cache *cache
	spool atomic.Int64
	bytes atomic.Int64
	work  work
	held  hold

	unordered, tripped atomic.Bool // of the walk that is going on

	mu        sync.Mutex
	overdrawn []*tally // in the order in which they were
}

// NewBudget starts a run. There are no more files than there is memory for.
func NewBudget(l Limits) *Budget {
	b := &Budget{Limits: l, cache: newCache(l.Memory / 4)}
	b.total = min(l.Files, max(l.Memory/memoryPerFile, 1))
	b.Files = min(l.Files, max(l.Memory/memoryPerEntry, 1))
	b.held.idle.L = &b.held.mu
	return b
}

// CheckRatio refuses a stream whose decoded size stands in no honest proportion to its encoded size.
func (b *Budget) CheckRatio(decoded, encoded int64) error {
	if decoded > RatioFloor && decoded/max(encoded, 1) > b.Ratio {
		return fmt.Errorf("%w: %d bytes out of %d, ratio above %d", ErrBudget, decoded, encoded, b.Ratio)
	}
	return nil
}

// CheckMemory refuses a single allocation above the memory budget.
func (b *Budget) CheckMemory(n int64) error {
	if n < 0 || n > b.Memory {
		return fmt.Errorf("%w: %d bytes of memory wanted, limit %d", ErrBudget, n, b.Memory)
	}
	return nil
}

// errRefused stands for containers left out that Refused counts.
var errRefused = errors.New("refused")

// list accounts for the size of one file found; sparse and compressed files count with their decoded size. A file that
// does not fit any more is left out; smaller ones behind it may fit.
func (b *Budget) list(size int64) error {
	size = max(size, 0)
	if n := b.bytes.Add(size); n > b.Bytes || n < 0 {
		b.bytes.Add(-size)
		b.tripped.Store(true)
		return fmt.Errorf("%w: %d bytes, which makes more than %d bytes in all files", ErrBudget, size, b.Bytes)
	}
	return nil
}

// hold is the memory that files read whole take at one time.
type hold struct {
	mu   sync.Mutex
	idle sync.Cond
	used int64
}

// Hold waits until a file of n bytes that is read whole, and what is made of it, fit in the memory budget beside those
// that others hold, and returns what gives the memory back. A file that would not fit even alone is refused. Who
// holds must not hold again before it gave back.
func (b *Budget) Hold(n int64) (release func(), err error) {
	room := b.Memory / 2 // the cache of decoded blocks has a quarter
	if n > room {
		return nil, fmt.Errorf("%w: a file of %d bytes is to be read whole, %d bytes of memory allow for %d", ErrBudget, n, b.Memory, room)
	}
	n = min(2*n, room) // the bytes, and what is made of them
	h := &b.held
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.used+n > room {
		h.idle.Wait()
	}
	h.used += n
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.used -= n
		h.idle.Broadcast()
	}, nil
}
