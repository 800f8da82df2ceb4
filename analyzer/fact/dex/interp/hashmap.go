package interp

import (
	"cmp"
	"math/bits"
	"slices"
)

// hashMap is the state of the maps and sets: entries in the order of insertion, and what decides Java's order.
type hashMap struct {
	entries []*entry
	byHash  map[int32][]*entry
	order   order3
	cap     int64 // of Java's table; 0 before the first entry
	initial int64
	odd     bool // the order can no longer be told
}

type entry struct {
	key, value *object
	hash       int32
}

// order3 is how a class orders its elements.
type order3 uint8

const (
	hashed order3 = iota // java.util.HashMap of OpenJDK 8, Android 7 and later
	linked               // by insertion
	untold               // Hashtable, ConcurrentHashMap: not modelled
)

func spread(h int32) int64 { return int64(uint32(h) ^ uint32(h)>>16) }

// tableSize is HashMap.tableSizeFor.
func tableSize(n int64) int64 {
	if n <= 1 {
		return 1
	}
	return 1 << bits.Len64(uint64(min(n, 1<<30)-1))
}

func (m *Machine) lookup(h *hashMap, key *object) (*entry, int32, error) {
	hash, err := m.hash(key)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range h.byHash[hash] {
		if err := m.work(2); err != nil {
			return nil, 0, err
		}
		ok, err := m.same(key, e.key)
		if ok || err != nil {
			return e, hash, err
		}
	}
	return nil, hash, nil
}

// store puts a value and returns the old one.
func (m *Machine) store(h *hashMap, key, value *object) (old *object, had bool, err error) {
	if h.order == untold && key == nil {
		return nil, false, m.npe()
	}
	e, hash, err := m.lookup(h, key)
	if err != nil {
		return nil, false, err
	}
	if e != nil {
		old, e.value = e.value, value
		return old, true, nil
	}
	if err := m.alloc(128); err != nil {
		return nil, false, err
	}
	if h.byHash == nil {
		h.byHash = map[int32][]*entry{}
	}
	e = &entry{key: key, value: value, hash: hash}
	h.byHash[hash] = append(h.byHash[hash], e)
	h.entries = append(h.entries, e)
	if h.cap == 0 {
		if h.cap = h.initial; h.cap == 0 {
			h.cap = 16
		}
	}
	for int64(len(h.entries)) > h.cap*3/4 && h.cap < 1<<30 {
		h.cap *= 2
	}
	return nil, false, nil
}

func (m *Machine) discard(h *hashMap, key *object) (*object, bool, error) {
	e, hash, err := m.lookup(h, key)
	if err != nil || e == nil {
		return nil, false, err
	}
	same := func(x *entry) bool { return x == e }
	h.byHash[hash] = slices.DeleteFunc(h.byHash[hash], same)
	h.entries = slices.DeleteFunc(h.entries, same)
	return e.value, true, m.work(int64(len(h.entries)) / 8)
}

// maxBin is the number of entries of one bin from which Java makes a tree of it, or a larger table.
const maxBin = 8

// ordered returns the entries in the order of iteration, or stops where that cannot be told.
func (m *Machine) ordered(h *hashMap) ([]*entry, error) {
	if err := m.work(int64(len(h.entries))); err != nil {
		return nil, err
	}
	if h.order == linked || len(h.entries) < 2 {
		return slices.Clone(h.entries), nil
	}
	if h.order == untold || h.odd {
		return nil, stop(Unmodelled, "the order of a hash table's entries")
	}
	bin := func(e *entry) int64 { return spread(e.hash) & (h.cap - 1) }
	out := slices.Clone(h.entries)
	slices.SortStableFunc(out, func(a, b *entry) int { return cmp.Compare(bin(a), bin(b)) })
	for i := maxBin; i < len(out); i++ {
		if bin(out[i]) == bin(out[i-maxBin]) {
			h.odd = true
			return nil, stop(Unmodelled, "the order of a hash table's entries in a crowded bin")
		}
	}
	return out, nil
}

// clear keeps the table's capacity, as Java does.
func (h *hashMap) clear() { h.entries, h.byHash = nil, nil }

// view makes the collection that keySet, values and entrySet return, as it is now.
func (m *Machine) view(h *hashMap, of func(e *entry) (*object, error)) (reg, error) {
	entries, err := m.ordered(h)
	if err != nil {
		return reg{}, err
	}
	if err := m.alloc(8 * int64(len(entries))); err != nil {
		return reg{}, err
	}
	l := &list{fixed: true}
	for _, e := range entries {
		o, err := of(e)
		if err != nil {
			return reg{}, err
		}
		l.items = append(l.items, o)
	}
	return m.retNew("java/util/Map$View", l)
}
