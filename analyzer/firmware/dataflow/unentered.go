package dataflow

import "romscan/analyzer/fact/dex"

// unentered notes which texts of a method no way through it leads to, whatever it is called with: those behind a test that
// another one before it contradicts. Nothing else is taken for granted: calls return anything, and may throw.
func (a *analysis) unentered(f *frame) {
	delete(a.idle, f.m)
	if f.spent > a.limits.MethodSteps || a.late || a.steps > a.limits.Steps {
		return
	}
	live := make([]bool, len(f.g.blocks))
	live[0] = true
	for todo := []int32{0}; len(todo) > 0; {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		enter := func(to int32) {
			if !live[to] {
				live[to] = true
				todo = append(todo, to)
			}
		}
		for _, h := range f.g.blocks[b].catch {
			enter(h.block)
		}
		for way, to := range f.g.blocks[b].succ { // the first is where a test branches to
			if t, ok := f.known[b]; !ok || (t == always) == (way == 0) {
				enter(to)
			}
		}
	}
	for b := range f.g.blocks {
		for i := f.g.blocks[b].first; !live[b] && i < f.g.blocks[b].last; i++ {
			if in := &f.g.insns[i]; in.Op == dex.OpConstString || in.Op == dex.OpConstString+1 {
				a.idle[f.m] = append(a.idle[f.m], in.Addr)
			}
		}
	}
}

// Unentered returns the instructions that load a text and that no way through their method leads to, by method and then by
// address in code units.
func (r *Result) Unentered() map[string]map[uint32]bool {
	out := map[string]map[uint32]bool{}
	for m, list := range r.a.idle {
		if m.Class.Lib {
			continue
		}
		set := map[uint32]bool{}
		for _, at := range list {
			set[at] = true
		}
		out[m.Ref()] = set
	}
	return out
}
