package dataflow

import "slices"

// setTable numbers sets of atoms: equal sets have the same number, the empty one has 0.
type setTable struct {
	sets    [][]atom
	singles []value // by atom: the set that is it alone, 0 where there is none yet
	hashed  []value // numbers of sets by their hash, in the first place that is free from there on; 0 is a free place
	merged  []atom  // where union puts its answer
}

func newSetTable() setTable {
	return setTable{sets: [][]atom{nil}, hashed: make([]value, 1<<10)}
}

// set is the number of a sorted, compacted list of atoms, which is copied where it is new.
func (t *setTable) set(list []atom) value {
	switch len(list) {
	case 0:
		return nothing
	case 1:
		return t.one(list[0])
	}
	at := t.place(list)
	if v := t.hashed[at]; v != 0 {
		return v
	}
	v := t.add(slices.Clone(list))
	t.hashed[at] = v
	if len(t.sets) > len(t.hashed)/2 {
		t.grow()
	}
	return v
}

// one is the number of the set that is one atom.
func (t *setTable) one(a atom) value {
	if int(a) >= len(t.singles) {
		t.singles = append(t.singles, make([]value, int(a)+1-len(t.singles))...)
	}
	if t.singles[a] == 0 {
		t.singles[a] = t.add([]atom{a})
	}
	return t.singles[a]
}

// atomsOf returns the atoms of a set, which must not be changed.
func (t *setTable) atomsOf(v value) []atom { return t.sets[v] }

func (t *setTable) add(list []atom) value {
	t.sets = append(t.sets, list)
	return value(len(t.sets) - 1)
}

// place is where the number of a list stands, or would stand.
func (t *setTable) place(list []atom) uint32 {
	const prime = 0x9E3779B97F4A7C15 // 2^64 by the golden ratio: multiplying spreads the bits upwards
	hash := uint64(len(list))
	for _, a := range list {
		hash = (hash ^ uint64(a)) * prime
		hash ^= hash >> 32
	}
	mask := uint32(len(t.hashed) - 1)
	at := uint32(hash) & mask
	for t.hashed[at] != 0 && !slices.Equal(t.sets[t.hashed[at]], list) {
		at = (at + 1) & mask
	}
	return at
}

// grow makes room for more sets.
func (t *setTable) grow() {
	t.hashed = make([]value, 4*len(t.hashed))
	for v, list := range t.sets {
		if len(list) > 1 {
			t.hashed[t.place(list)] = value(v)
		}
	}
}

// union is the sorted union of two sorted lists, good until it is called again.
func (t *setTable) union(x, y []atom) []atom {
	out := t.merged[:0]
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] < y[0]:
			out, x = append(out, x[0]), x[1:]
		case x[0] > y[0]:
			out, y = append(out, y[0]), y[1:]
		default:
			out, x, y = append(out, x[0]), x[1:], y[1:]
		}
	}
	t.merged = append(append(out, x...), y...)
	return t.merged
}
