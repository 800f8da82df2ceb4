package dataflow

import (
	"encoding/binary"
	"slices"
)

// relation compares two values.
type relation uint8

const (
	equal relation = iota
	unequal
	less
	atLeast
	greater
	atMost
)

var negated = [...]relation{equal: unequal, unequal: equal, less: atLeast, atLeast: less, greater: atMost, atMost: greater}

func (r relation) holds(x, y int64) bool {
	switch r {
	case equal:
		return x == y
	case unequal:
		return x != y
	case less:
		return x < y
	case atLeast:
		return x >= y
	case greater:
		return x > y
	}
	return x <= y
}

// cond is a condition that held: a comparison of two values at a site.
type cond struct {
	rel  relation
	x, y value
	site uint32
}

// condset numbers a set of conditions that all hold; 0 is the empty one.
type condset uint32

// maxConds bounds the conditions kept of one place.
const maxConds = 16

type condTable struct {
	conds []cond
	ids   map[cond]uint32
	sets  [][]uint32
	keys  map[string]condset
}

func newCondTable() *condTable {
	t := &condTable{ids: map[cond]uint32{}, keys: map[string]condset{}}
	t.set(nil)
	return t
}

func (t *condTable) cond(c cond) uint32 {
	if id, ok := t.ids[c]; ok {
		return id
	}
	id := uint32(len(t.conds))
	t.conds = append(t.conds, c)
	t.ids[c] = id
	return id
}

func (t *condTable) set(ids []uint32) condset {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > maxConds {
		ids = ids[:maxConds]
	}
	key := make([]byte, 4*len(ids))
	for i, id := range ids {
		binary.LittleEndian.PutUint32(key[4*i:], id)
	}
	if s, ok := t.keys[string(key)]; ok {
		return s
	}
	s := condset(len(t.sets))
	t.sets = append(t.sets, slices.Clone(ids))
	t.keys[string(key)] = s
	return s
}

// and joins two sets of conditions.
func (t *condTable) and(x, y condset) condset {
	if x == y || y == 0 {
		return x
	}
	if x == 0 {
		return y
	}
	return t.set(append(slices.Clone(t.sets[x]), t.sets[y]...))
}

// truth is what can be said of a condition.
type truth uint8

const (
	maybe truth = iota
	always
	never
)

// outcome says whether a condition holds that holds in some cases, where can is set, and fails in some, where cannot is.
func outcome(can, cannot bool) truth {
	switch {
	case can && !cannot:
		return always
	case cannot && !can:
		return never
	}
	return maybe
}

// decide says whether a condition can hold. Objects are never null, numbers compare, classes and strings are not null.
func (a *analysis) decide(rel relation, x, y value) truth {
	xs, ok1 := a.numbers(x)
	ys, ok2 := a.numbers(y)
	if !ok1 || !ok2 {
		return maybe
	}
	can, cannot := false, false
	for _, i := range xs {
		for _, j := range ys {
			if rel.holds(i, j) {
				can = true
			} else {
				cannot = true
			}
		}
	}
	return outcome(can, cannot)
}

// notNull stands for a reference that is not null, when compared with zero.
const notNull = 0x6f626a656374

// numbers returns all numbers a value may be; false where it may be something else.
func (a *analysis) numbers(v value) ([]int64, bool) {
	atoms := a.t.atomsOf(v)
	if len(atoms) == 0 {
		return nil, false
	}
	out := make([]int64, 0, len(atoms))
	for _, at := range atoms {
		n := a.t.node(at)
		switch n.kind {
		case kInt, kWhen:
			out = append(out, n.n)
		case kStr, kClass, kObj, kHome, kStore:
			out = append(out, notNull+int64(at))
		default:
			return nil, false
		}
	}
	return out, true
}

// symbolicConds reports whether conditions still depend on the caller.
func (a *analysis) symbolicConds(s condset) bool {
	for _, id := range a.c.sets[s] {
		c := a.c.conds[id]
		if a.t.symbolic(c.x) || a.t.symbolic(c.y) {
			return true
		}
		if ways, _, ok := a.waysOf(c); ok && slices.ContainsFunc(ways, a.symbolicConds) {
			return true
		}
	}
	return false
}

// maxEither bounds what may be tested at one place, by what came to it, for the test to count as one condition.
const maxEither = 8

// either keeps what holds in both of two cases: conditions that they share, and tests at one place which came out alike of
// what it was in either.
func (a *analysis) either(x, y condset) condset {
	if x == y {
		return x
	}
	if x == 0 || y == 0 {
		return 0
	}
	var out []uint32
	for _, id := range a.c.sets[x] {
		if slices.Contains(a.c.sets[y], id) {
			out = append(out, id)
			continue
		}
		c := a.c.conds[id]
		if slices.ContainsFunc(a.c.sets[y], func(id uint32) bool { d := a.c.conds[id]; return d.rel == c.rel && d.x == c.x && d.y == c.y }) {
			out = append(out, id) // asked in two places
			continue
		}
		if a.answer(c) && slices.ContainsFunc(a.c.sets[y], func(id uint32) bool { return a.answer(a.c.conds[id]) }) {
			out = append(out, id) // of one dialog or another
			continue
		}
		i, ok := a.c.alike(y, c)
		if _, one := a.c.alike(x, c); !ok || !one || a.t.symbolic(c.x) || a.t.symbolic(a.c.conds[i].x) {
			continue
		}
		if len(a.t.atomsOf(c.x))+len(a.t.atomsOf(a.c.conds[i].x)) <= maxEither {
			c.x = a.t.join(c.x, a.c.conds[i].x)
			out = append(out, a.c.cond(c))
		}
	}
	if id, ok := a.oneWay(out, x, y); ok {
		out = append(out, id)
	}
	return a.c.set(out)
}

// alike returns the only condition of a set that came out of a test as another did; false where there is none, or several.
func (t *condTable) alike(s condset, c cond) (uint32, bool) {
	n, found := 0, uint32(0)
	for _, id := range t.sets[s] {
		if d := t.conds[id]; d.site == c.site && d.site != 0 && d.rel == c.rel && d.y == c.y {
			n, found = n+1, id
		}
	}
	return found, n == 1
}
