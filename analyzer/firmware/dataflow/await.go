package dataflow

import "strings"

// A method that waits for another thread finds in the fields of what both hold what that thread has written by then, whatever it wrote
// itself before it began to wait. Of its caller's objects that is told of the fields that hold objects, and that it wrote: of the others it
// knows no more than its caller does.

// opAwait waits for a thread, or for what threads count down.
func opAwait(f *frame, c *call) (value, bool) {
	for _, b := range f.s.bases() {
		if _, shared := f.s.get(slot{b, sharedField}); !shared {
			continue
		}
		for _, k := range f.a.slots(f.s, b) {
			for _, at := range f.a.t.atomsOf(f.s.at(k)) {
				if f.a.t.node(at).kind == kParam {
					f.s.put(slot{at, sharedField}, f.a.t.num(1))
				}
			}
		}
	}
	return f.a.any(), false
}

// overwritten reports whether a method wrote an object to a field of one of its caller's.
func (a *analysis) overwritten(s *state, b atom, field string) bool {
	if a.t.node(b).kind != kParam || !strings.HasSuffix(field, ":L") {
		return false
	}
	_, written := s.get(slot{b, field})
	return written
}
