package deodex

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"

	"romscan/analyzer/fact/dex"
)

// Reason says why an instruction stays as it is.
type Reason uint8

// The reasons.
const (
	ClassPathMissing Reason = iota // a class that the class path lacks decides where the member is
	ReceiverUnknown                // nothing says which class the receiver is of
	ReceiverNull                   // it is always null: the instruction throws
	Unreachable                    // no path leads there, so nothing is known of its registers
	NoSuchMember                   // the class has nothing at that slot, offset or number
	Misfit                         // what is there does not fit the registers: another class path was used
	Rejected                       // dexopt found that it cannot be linked, and threw the reference away
	TooLarge                       // the method is out of proportion
	numReasons
)

var reasonNames = [numReasons]string{
	"boot class path not in the image", "receiver unknown", "receiver null", "unreachable", "no such member", "member does not fit",
	"rejected by dexopt", "method too large",
}

// String names the reason in a few words.
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r]
	}
	return ""
}

// entry is one resolved instruction.
type entry struct {
	at  uint64 // method<<32 | address
	ref uint32 // in Result.refs
	op  dex.Op
}

// Result says what the optimised instructions of a file stood for. It is safe for concurrent use.
type Result struct {
	Optimised int             // instructions that the optimiser rewrote, those below included
	Resolved  int             // ... of which the reference is known again
	Left      [numReasons]int // ... of which it is not, by reason

	entries []entry
	refs    []string
	index   map[string]uint32
}

// Sum is a digest of all that At returns: equal sums mean equal names for every instruction.
func (r *Result) Sum() [sha256.Size]byte {
	h := sha256.New()
	for _, e := range r.entries {
		fmt.Fprintf(h, "%d %d %q\n", e.at, e.op, r.refs[e.ref])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Unresolved returns the number of instructions whose reference is not known.
func (r *Result) Unresolved() int { return r.Optimised - r.Resolved }

// Lost returns the number of instructions that mean something and whose reference is not known: not those that never run,
// always throw, or have none.
func (r *Result) Lost() int {
	return r.Left[ClassPathMissing] + r.Left[ReceiverUnknown] + r.Left[NoSuchMember] + r.Left[Misfit] + r.Left[TooLarge]
}

// At returns the standard opcode and the reference of the optimised instruction at a code-unit address of a method:
// "Lcls;->name:T" of a field, "Lcls;->m(args)ret" of a method. ok is false where nothing optimised stands there, or where
// it is not resolved. Instructions without reference (return-void-barrier) have the reference "".
func (r *Result) At(method, addr uint32) (op dex.Op, ref string, ok bool) {
	at := uint64(method)<<32 | uint64(addr)
	i := sort.Search(len(r.entries), func(i int) bool { return r.entries[i].at >= at })
	if i == len(r.entries) || r.entries[i].at != at {
		return 0, "", false
	}
	e := r.entries[i]
	return e.op, r.refs[e.ref], true
}

// All calls yield for every resolved instruction, by method and address.
func (r *Result) All(yield func(method, addr uint32, op dex.Op, ref string) bool) {
	for _, e := range r.entries {
		if !yield(uint32(e.at>>32), uint32(e.at), e.op, r.refs[e.ref]) {
			return
		}
	}
}

func (r *Result) add(method, addr uint32, op dex.Op, ref string) {
	i, ok := r.index[ref]
	if !ok {
		i = uint32(len(r.refs))
		r.refs = append(r.refs, ref)
		r.index[ref] = i
	}
	r.Resolved++
	r.entries = append(r.entries, entry{uint64(method)<<32 | uint64(addr), i, op})
}

// finish orders the entries. Of a method that is listed twice the first body counts.
func (r *Result) finish() {
	slices.SortStableFunc(r.entries, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	r.index = nil
}
