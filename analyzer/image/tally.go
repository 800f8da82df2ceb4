package image

import (
	"fmt"
	"sync/atomic"
)

// What a container may hold, and all containers in it together, stands in proportion to its size: a kilobyte of
// archives in archives, or of entries that each are the whole again, has as many leaves as nobody can wait for. Honest
// containers stay far below; the default limits allow for them with
const (
	leastOpened  = 128  // part of Limits.Opened that the smallest container may open
	bytesPerOpen = 4096 // bytes of a container for each further one
	leastFiles   = 64   // part of Limits.Files that the smallest container may list
	bytesPerFile = 32   // bytes of a container for each further file
	workPerByte  = 64   // bytes decoded and digested, for each byte of the input

	// Bytes of Limits.Memory for each file that a run lists, and for each that one container lists or that is not inside
	// an archive of the device: of those, much is kept.
	memoryPerFile  = 256
	memoryPerEntry = 4096
)

// tally counts what one container and everything in it holds; each charge goes to those around it too. As charges only
// grow, a run in which no tally is over its limit has the same result in whatever order files are visited. Where one is
// over, the order decides what is left out: Walk then visits in tree order. A nil tally counts nothing.
type tally struct {
	parent     *tally
	budget     *Budget
	at         Path
	size       int64
	files      atomic.Int64
	opened     atomic.Int64
	kept       atomic.Int64 // files not inside an archive of the device; of the root only
	mostFiles  int64
	mostOpened int64
	refused    int64 // containers; kept under Budget.mu
}

// tallyOf begins the account of a container.
func (b *Budget) tallyOf(f *File) *tally {
	t := &tally{parent: f.within, budget: b, at: f.Path, size: f.Size}
	size := f.Size
	if f.tree != nil { // on the host: what is in it has a size
		size = 1 << 40
	}
	t.mostFiles = min(b.total, b.total/leastFiles+size/bytesPerFile)
	if b.Opened > 0 {
		t.mostOpened = min(b.Opened, b.Opened/leastOpened+size/bytesPerOpen)
	}
	if t.parent == nil {
		b.work.most.Store(plus(b.Work, f.Size))
	}
	return t
}

func plus(work, size int64) int64 {
	if work <= 0 || size > (1<<62-work)/workPerByte {
		return 1 << 62
	}
	return work + workPerByte*size
}

// open accounts for one container opened.
func (t *tally) open() error {
	for a := t; a != nil; a = a.parent {
		if a.mostFiles > 0 && a.files.Load() > a.mostFiles {
			return a.over(fmt.Errorf("%w: more than %d files", ErrBudget, a.mostFiles))
		}
		if n := a.opened.Add(1); a.mostOpened > 0 && n > a.mostOpened {
			return a.over(fmt.Errorf("%w: more than %d containers%s", ErrBudget, a.mostOpened, a.in()))
		}
	}
	return nil
}

// list accounts for one file found.
func (t *tally) list() error {
	for a := t; a != nil; a = a.parent {
		if n := a.files.Add(1); n > a.mostFiles {
			return a.over(fmt.Errorf("%w: more than %d files%s", ErrBudget, a.mostFiles, a.in()))
		}
	}
	return nil
}

// keep accounts for n files of which a record keeps much, and returns how many of them fit.
func (t *tally) keep(n int) (int, error) {
	for t.parent != nil {
		t = t.parent
	}
	most := t.budget.Files
	over := t.kept.Add(int64(n)) - most
	if over <= 0 {
		return n, nil
	}
	fit := max(n-int(over), 0)
	t.kept.Add(int64(fit - n))
	return fit, t.over(fmt.Errorf("%w: more files than %d bytes of memory are for", ErrBudget, t.budget.Memory))
}

// in says what a limit follows from.
func (t *tally) in() string {
	if t.parent == nil {
		return ""
	}
	return fmt.Sprintf(" in the %d bytes of %s", t.size, t.at[len(t.at)-1].Name)
}

// over keeps that a limit was reached. Only the first refusal of each container is told with its own place.
func (t *tally) over(err error) error {
	b := t.budget
	b.tripped.Store(true)
	b.mu.Lock()
	defer b.mu.Unlock()
	t.refused++
	if t.refused == 1 {
		b.overdrawn = append(b.overdrawn, t)
	}
	if t.refused > 1 {
		return errRefused
	}
	return err
}

// Refused returns a gap for each container in which more was left out than the gap of the first place tells.
func (b *Budget) Refused() []Gap {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Gap
	for _, t := range b.overdrawn {
		if t.refused > 1 {
			err := fmt.Errorf("%w: %d more containers inside were not opened, or not to their end", ErrBudget, t.refused-1)
			out = append(out, GapOf(t.at, "limits", err))
		}
	}
	return out
}

// work counts bytes decoded and digested.
type work struct {
	done, most atomic.Int64
}

// spend accounts for n bytes decoded or digested. What is decoded again because it was forgotten counts again, which is
// what depends on the order of visits: a run in no order ends at half of the limit already, and is made again in order.
func (b *Budget) spend(n int64) error {
	most := b.work.most.Load()
	if most == 0 {
		return nil
	}
	done := b.work.done.Add(n)
	if b.unordered.Load() && done > most/2 {
		b.tripped.Store(true)
	}
	if done > most {
		return fmt.Errorf("%w: more than %d bytes decoded and read, out of proportion to the input", ErrBudget, most)
	}
	return nil
}

// begin starts the account of a walk; unordered where it is made by several workers. What an earlier walk left in the
// cache would make work that is not counted.
func (b *Budget) begin(unordered bool) {
	b.cache.clear()
	b.unordered.Store(unordered)
	b.tripped.Store(false)
	b.bytes.Store(0)
	b.work.done.Store(0)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.overdrawn = nil
}
