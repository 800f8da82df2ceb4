package deodex

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// body is one method's code, in blocks.
type body struct {
	code     *dex.Code
	leaders  []uint32 // where blocks begin, ascending; the first is 0
	handlers [][]handler
	states   [][]typ // by block: registers, and the result of the last call, before it; nil where no path leads there yet
	queued   []bool
	queue    []int
}

// handler is where an exception goes.
type handler struct {
	block int
	typ   uint32 // type index of what is caught
}

// Bounds: what one method may take.
const (
	maxStates = 1 << 22 // registers of all blocks together
	maxVisits = 64      // visits of a block, on average
)

// block returns the number of the block that begins at an address.
func (b *body) block(addr uint32) (int, bool) { return slices.BinarySearch(b.leaders, addr) }

// split finds the blocks. ok is false where the method is out of proportion.
func (v *view) split(t *effects, code *dex.Code) (b *body, ok bool) {
	b = &body{code: code}
	units := code.Units()
	lead := func(addr int64) {
		if addr >= 0 && addr < int64(units) {
			b.leaders = append(b.leaders, uint32(addr))
		}
	}
	lead(0)
	for it := code.Insns(); it.Next(); {
		switch flow := t.flows[it.Op()]; flow {
		case flowNext:
		case flowEnd:
			lead(int64(it.Addr()) + int64(it.Insn(code.Set).Width))
		default:
			in := it.Insn(code.Set)
			at := int64(in.Addr)
			if flow != flowSwitch {
				lead(at + int64(in.Target))
			} else {
				_, targets := code.SwitchTargets(uint32(at + int64(in.Target)))
				for _, to := range targets {
					lead(at + int64(to))
				}
			}
			lead(at + int64(in.Width))
		}
	}
	tries := v.f.Tries(code)
	for _, r := range tries {
		lead(int64(r.Start))
		lead(int64(r.Start) + int64(r.Count))
		for _, c := range r.Catches {
			lead(int64(c.Addr))
		}
	}
	slices.Sort(b.leaders)
	b.leaders = slices.Compact(b.leaders)
	n := len(b.leaders)
	if n*(int(code.Registers)+1) > maxStates {
		return nil, false
	}
	b.states, b.queued, b.handlers = make([][]typ, n), make([]bool, n), make([][]handler, n)
	left := maxStates
	for _, r := range tries {
		from, _ := b.block(r.Start)
		for i := from; i < n && uint64(b.leaders[i]) < uint64(r.Start)+uint64(r.Count); i++ {
			if left -= len(r.Catches) + 1; left < 0 {
				return nil, false
			}
			for _, c := range r.Catches {
				if to, ok := b.block(c.Addr); ok {
					b.handlers[i] = append(b.handlers[i], handler{to, c.Type})
				}
			}
		}
	}
	return b, true
}

// reach merges a state into that before a block.
func (v *view) reach(b *body, block int, state []typ) {
	old := b.states[block]
	changed := old == nil
	if changed {
		b.states[block] = slices.Clone(state)
	} else {
		for i, t := range state {
			if m := v.merge(old[i], t); m != old[i] {
				old[i], changed = m, true
			}
		}
	}
	if changed && !b.queued[block] {
		b.queued[block] = true
		b.queue = append(b.queue, block)
	}
}

// infer fills the states before all blocks. It returns false where that takes too long.
func (v *view) infer(m *walk, b *body) bool {
	v.reach(b, 0, m.entry)
	budget := maxVisits*len(b.leaders) + 1024
	state := make([]typ, len(m.entry))
	for len(b.queue) > 0 {
		if budget--; budget < 0 {
			return false
		}
		i := b.queue[0]
		b.queue = b.queue[1:]
		b.queued[i] = false
		copy(state, b.states[i])
		v.through(m, b, i, state, false)
	}
	return true
}

// through walks a block. record also writes down what the optimised instructions stand for, and propagates nothing.
func (v *view) through(m *walk, b *body, block int, state []typ, record bool) {
	from, to := b.leaders[block], b.code.Units()
	if block+1 < len(b.leaders) {
		to = b.leaders[block+1]
	}
	sub := dex.Code{Bytes: b.code.Bytes[2*from:], Set: b.code.Set}
	it := sub.Insns()
	guarded := len(b.handlers[block]) > 0 && !record
	ends := false
	changed := true
	for it.Next() {
		addr := from + it.Addr()
		if addr >= to {
			break
		}
		if guarded && changed {
			for _, h := range b.handlers[block] {
				v.reach(b, h.block, state)
			}
		}
		op := it.Op()
		changed = v.step(m, b, &it, addr, state, record)
		if flow := m.t.flows[op]; flow != flowNext {
			ends = flow == flowEnd || flow == flowGoto
			if !record && flow != flowEnd {
				v.branch(b, it.Insn(b.code.Set), addr, state, flow == flowSwitch)
			}
			break
		}
	}
	if !ends && !record && block+1 < len(b.leaders) {
		v.reach(b, block+1, state)
	}
}

func (v *view) branch(b *body, in dex.Insn, addr uint32, state []typ, isSwitch bool) {
	at := int64(addr)
	targets := []int32{in.Target}
	if isSwitch {
		_, targets = b.code.SwitchTargets(uint32(at + int64(in.Target)))
	}
	for _, t := range targets {
		if to := at + int64(t); to >= 0 && to < int64(b.code.Units()) {
			if i, ok := b.block(uint32(to)); ok {
				v.reach(b, i, state)
			}
		}
	}
}

// caught returns what move-exception finds at the head of a block.
func (v *view) caught(b *body, block int) typ {
	t := unset
	for _, hs := range b.handlers {
		for _, h := range hs {
			if h.block != block {
				continue
			}
			if h.typ == dex.NoIndex {
				t = v.merge(t, v.named("Ljava/lang/Throwable;"))
			} else {
				t = v.merge(t, v.typeOf(h.typ))
			}
		}
	}
	if t == unset {
		return anyRef
	}
	return t
}
