package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// setBefore reports whether what a method writes to a field right before it has another run later lets a condition of that other
// hold, wherever it is started: what runs is told to by who starts it, and nobody chooses.
func (r *reachability) setBefore(k slot, c cond) bool {
	a := r.a
	m := a.sites[c.site].Method
	ys, ok := a.numbers(c.y)
	if m == nil || !ok {
		return false
	}
	if r.startedAt == nil {
		r.startedAt = map[*Method][]*callEdge{}
		for i := range a.edgeList {
			e := &a.edgeList[i]
			r.startedAt[e.to] = append(r.startedAt[e.to], e)
		}
	}
	for _, e := range r.startedAt[m] {
		if !e.async || !a.writesBefore(a.sites[e.site], k, c.rel, ys) {
			return false
		}
	}
	return len(r.startedAt[m]) > 0
}

// writesBefore reports whether a field is surely written in the stretch of code that ends at a call, with what lets a comparison
// hold.
func (a *analysis) writesBefore(call Site, k slot, rel relation, ys []int64) bool {
	m := call.Method
	if m == nil {
		return false
	}
	code, err := m.Class.File.Code(m.Code)
	if err != nil {
		return false
	}
	last, found, enters := uint32(0), false, map[uint32]bool{}
	for it := code.Insns(); it.Next(); {
		in := it.Insn(code.Set)
		switch op := in.Op; {
		case op >= 0x28 && op <= 0x2a, op >= 0x32 && op <= 0x3d:
			enters[in.Addr+uint32(in.Target)] = true
		case op == dex.OpPackedSwitch, op == dex.OpSparseSwitch:
			_, list := code.SwitchTargets(in.Addr + uint32(in.Target))
			for _, t := range list {
				enters[in.Addr+uint32(t)] = true
			}
		}
	}
	for it := code.Insns(); it.Next(); {
		in := it.Insn(code.Set)
		if enters[in.Addr] {
			found = false
		}
		if in.Addr == call.Addr {
			return found && last < in.Addr && a.onlyWrites(m, k, rel, ys)
		}
		switch op := in.Op; {
		case op >= 0x0e && op <= 0x11, op >= 0x27 && op <= 0x2c, op >= 0x32 && op <= 0x3d:
			found = false
		case op >= 0x59 && op <= 0x5f || op >= 0x67 && op <= 0x6d: // iput, sput
			if ref := a.u.fieldRef(m.Class.File, in.Index); ref != nil && ref.slot() == k.field && a.u.is(a.t.node(k.base).s, ref.class) {
				found, last = true, in.Addr
			}
		}
	}
	return false
}

// onlyWrites reports whether all that a method writes to a field lets a comparison hold.
func (a *analysis) onlyWrites(m *Method, k slot, rel relation, ys []int64) bool {
	some := false
	for c, n := a.u.class(a.t.node(k.base).s), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		w := a.everWritten[c.Name+"->"+k.field]
		if w == nil {
			continue
		}
		for _, one := range w.list {
			if one.in != m {
				continue
			}
			xs, ok := a.numbers(one.v)
			if !ok || w.more {
				return false
			}
			for _, x := range xs {
				if !anyHolds(rel, x, ys) {
					return false
				}
			}
			some = true
		}
	}
	return some && !strings.HasPrefix(m.Name, "<")
}
