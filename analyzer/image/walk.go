package image

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// Walk visits root and everything below it, jobs files at a time, and returns what visit gave, in tree order:
// the same order whatever the number of jobs. visit gets the Container a file turned out to be, or nil; it is
// called before the files inside are. A container's handle is given back when all inside it is done, that of a
// part of a set when the set is.
//
// What a limit leaves out depends on the order of visits. So where several workers reach one, their results are thrown
// away, Opener.Again is called and everything is visited once more, in tree order: the result is that of one job.
//
// When ctx ends, files not yet visited are left out and ctx's error is returned with what there is.
func Walk[T any](ctx context.Context, o *Opener, root *File, jobs int, visit func(*File, *Container) T) ([]T, error) {
	defer o.Budget.cache.clear() // its blocks are of containers that are closed
	if jobs > 1 {
		w := newWalk(o, root, visit)
		if w.run(ctx, jobs); !o.Budget.tripped.Load() || ctx.Err() != nil {
			return w.top.collect(nil), ctx.Err()
		}
		if o.Again != nil {
			o.Again()
		}
	}
	w := newWalk(o, root, visit)
	w.run(ctx, 1)
	return w.top.collect(nil), ctx.Err()
}

func newWalk[T any](o *Opener, root *File, visit func(*File, *Container) T) *walk[T] {
	w := &walk[T]{opener: o, visit: visit, top: &step[T]{file: root, left: 1}, open: 1}
	w.idle.L = &w.mu
	w.todo = append(w.todo, w.top)
	return w
}

// run visits everything. Several workers stop where a limit is reached.
func (w *walk[T]) run(ctx context.Context, jobs int) {
	w.jobs = jobs
	w.opener.Budget.begin(jobs > 1)
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() { w.work(ctx) })
	}
	wg.Wait()
}

type step[T any] struct {
	parent *step[T]
	file   *File
	inside []*step[T]
	uses   []*step[T] // the parts of a set and the rest of a file, read through it
	left   int        // itself, its children and the set it is part of, as long as they are not done
	done   bool
	result T
}

type walk[T any] struct {
	opener *Opener
	visit  func(*File, *Container) T
	top    *step[T]
	jobs   int

	mu   sync.Mutex
	idle sync.Cond
	todo []*step[T] // a stack: depth first keeps few containers open
	open int        // steps queued or running
}

func (w *walk[T]) work(ctx context.Context) {
	for {
		w.mu.Lock()
		for len(w.todo) == 0 && w.open > 0 {
			w.idle.Wait()
		}
		if len(w.todo) == 0 {
			w.mu.Unlock()
			return
		}
		s := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.mu.Unlock()
		if ctx.Err() == nil && (w.jobs == 1 || !w.opener.Budget.tripped.Load()) {
			w.step(s)
		}
		w.finish(s)
	}
}

func (w *walk[T]) step(s *step[T]) {
	c := w.opener.Expand(s.file)
	s.result = w.visit(s.file, c)
	s.done = true
	if c == nil {
		return
	}
	for _, f := range c.Files {
		s.inside = append(s.inside, &step[T]{parent: s, file: f, left: 1})
	}
	s.linkSets()
	w.mu.Lock()
	defer w.mu.Unlock()
	s.left += len(s.inside)
	w.open += len(s.inside)
	w.todo = append(w.todo, s.inOrder()...)
	slices.Reverse(w.todo[len(w.todo)-len(s.inside):]) // the first is taken first
	w.idle.Broadcast()
}

// inOrder returns the files inside in the order in which they lie: what one compressed block of the container holds is
// then read while the block is still in the cache. The order of the results does not depend on it.
func (s *step[T]) inOrder() []*step[T] {
	out := slices.Clone(s.inside)
	slices.SortStableFunc(out, func(a, b *step[T]) int { return cmp.Compare(a.file.Attr.Offset, b.file.Attr.Offset) })
	return out
}

// linkSets keeps the parts of sets, and the files that hold the rest of others, open until those are done. The steps
// are not queued yet.
func (s *step[T]) linkSets() {
	var of map[*File]*step[T]
	for _, c := range s.inside {
		set := c.file.set
		if set == nil {
			set = c.file.rest
		}
		if set == nil {
			continue
		}
		if of == nil {
			of = make(map[*File]*step[T], len(s.inside))
			for _, c := range s.inside {
				of[c.file] = c
			}
		}
		for _, part := range set.parts {
			p := of[part]
			p.left++
			c.uses = append(c.uses, p)
		}
	}
}

// finish closes what no unfinished step needs any more.
func (w *walk[T]) finish(s *step[T]) {
	var closing []*File
	w.mu.Lock()
	w.open--
	for ended := []*step[T]{s}; len(ended) > 0; ended = ended[1:] {
		for t := ended[0]; t != nil; t = t.parent {
			if t.left--; t.left > 0 {
				break
			}
			closing = append(closing, t.file)
			t.file = nil
			ended = append(ended, t.uses...)
		}
	}
	if w.open == 0 {
		w.idle.Broadcast()
	}
	w.mu.Unlock()
	for _, f := range closing {
		f.Close()
	}
}

func (s *step[T]) collect(out []T) []T {
	if s.done {
		out = append(out, s.result)
	}
	for _, c := range s.inside {
		out = c.collect(out)
	}
	return out
}
