package dataflow

// opened is a summary that is being made.
type opened struct {
	m       *Method
	partial bool // it rests on one further out that is not done
}

// maxAgain bounds the methods that are summarised again because they call back what calls them.
const maxAgain = 6

// rests notes that the methods being summarised above m, which is being summarised too, rest on what is known of it so far.
func (a *analysis) rests(m *Method) {
	for i := len(a.opens) - 1; i >= 0 && a.opens[i].m != m; i-- {
		a.opens[i].partial = true
	}
}

// again forgets what was made on an unfinished summary, so that the next round makes it anew.
func (a *analysis) again(from int) {
	if len(a.partials)-from <= maxAgain {
		for _, m := range a.partials[from:] {
			delete(a.sums, m)
		}
	}
	a.partials = a.partials[:from]
}

// aliasKey is a method two of whose parameters are one object.
type aliasKey struct {
	m    *Method
	i, j int
}

// summaryFor returns the summary of a method for a call: where two parameters are one object and the method writes to it,
// one that knows.
func (a *analysis) summaryFor(m *Method, args []value) *summary {
	s := a.summary(m)
	if !s.done {
		return s
	}
	for j := 1; j < len(args); j++ {
		for i := range j {
			if args[i] == args[j] && a.object(args[i]) && a.writes(s, i, j) {
				return a.aliased(aliasKey{m, i, j})
			}
		}
	}
	return a.forConstants(m, args, s)
}

// object reports whether a value is one object that the program made.
func (a *analysis) object(v value) bool {
	at, one := a.t.single(v)
	return one && a.t.node(at).kind == kObj
}

func (a *analysis) writes(s *summary, i, j int) bool {
	for _, e := range s.heap {
		if n := a.t.node(e.base); n.kind == kParam && (int(n.a) == i || int(n.a) == j) {
			return true
		}
	}
	return false
}

func (a *analysis) aliased(k aliasKey) *summary {
	if s := a.alias[k]; s != nil {
		return s
	}
	s := &summary{rounds: 1}
	a.alias[k] = s
	if f := a.newFrame(k.m); f != nil && a.stack < maxStack {
		a.stack++
		second := a.t.of(node{kind: kParam, a: uint32(k.j)})
		for r, v := range f.in[0].regs {
			if v == second {
				f.in[0].regs[r] = a.t.of(node{kind: kParam, a: uint32(k.i)})
			}
		}
		f.run()
		a.finish(f, s)
		a.stack--
	}
	s.done = true
	return s
}
