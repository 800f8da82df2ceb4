package dex

import (
	"cmp"
	"slices"

	"romscan/analyzer/fact"
)

// fill gives an array the elements of a payload. An array whose making was not understood is taken for what
// the width of the elements suggests.
func (t *tracker) fill(in Insn, site fact.Site) {
	width, data, ok := t.code.ArrayPayload(in.Addr + uint32(in.Target))
	if !ok || !t.s.spend(len(data)) {
		return
	}
	a := t.array(in.Reg(0))
	if a == nil {
		kind, known := map[int]int{1: byteArray, 2: charArray}[width]
		if !known {
			return
		}
		a = &arrayState{kind: kind}
		t.arrays = append(t.arrays, a)
		t.setArray(in.Reg(0), a)
	}
	a.elems, a.sets, a.site = elements(width, data), nil, site
}

// put handles aput: an element is set. Of an array that is complete, elsewhere than in the block it is made in, it is not known whether
// or when that happens.
func (t *tracker) put(in Insn) {
	a := t.array(in.Reg(1))
	if a == nil {
		return
	}
	value, known := t.constant(in.Reg(0))
	index, at := t.constant(in.Reg(2))
	if a.elems != nil { // what it was filled with is no longer what it holds
		if known && at && a.block == t.block && index >= 0 && int(index) < len(a.elems) && t.s.spend(len(a.elems)) {
			a.elems = slices.Clone(a.elems)
			a.elems[index] = value
			return
		}
		a.elems, a.broken = nil, true
		return
	}
	if !known || !at || a.block != t.block || index < 0 || index >= a.length {
		a.broken = true
		return
	}
	a.sets = append(a.sets, set{index, value})
}

// finish turns elements set one by one into the array, if each was set; the last value counts.
func (a *arrayState) finish() {
	if a.elems != nil || a.broken || len(a.sets) < int(a.length) {
		return
	}
	slices.SortStableFunc(a.sets, func(x, y set) int { return cmp.Compare(x.index, y.index) })
	elems := make([]int32, 0, a.length)
	for i, s := range a.sets {
		if i+1 < len(a.sets) && a.sets[i+1].index == s.index {
			continue
		}
		elems = append(elems, s.value)
	}
	if len(elems) == int(a.length) {
		a.elems = elems
	}
}

// consume handles a call: an array that is made a string becomes a row, whatever its length.
func (t *tracker) consume(it *Insns) {
	k, ok := t.s.sinks[uint32(it.Unit(1))]
	if !ok {
		return
	}
	in := it.Insn(t.code.Set)
	if in.Kind != indexMethod || k.array >= int(in.NRegs) {
		return
	}
	a := t.array(in.Reg(k.array))
	if a == nil {
		return
	}
	a.finish()
	elems := a.elems
	if k.offset >= 0 && k.count < int(in.NRegs) {
		off, ok1 := t.constant(in.Reg(k.offset))
		n, ok2 := t.constant(in.Reg(k.count))
		if ok1 && ok2 && off >= 0 && n >= 0 && int(off) <= len(elems) && int(n) <= len(elems)-int(off) {
			elems = elems[off : off+n]
		}
	}
	t.row(a, elems)
}

// row adds the text of elements, placed at the instruction that makes the array.
func (t *tracker) row(a *arrayState, elems []int32) {
	if !t.s.spend(len(elems)) {
		return
	}
	s, ok := text(a.kind, elems)
	if !ok {
		return
	}
	a.used = true
	u := &t.s.arrays[a.kind]
	u.values = append(u.values, s)
	u.add(uint32(len(u.values)-1), t.method, a.site)
}
