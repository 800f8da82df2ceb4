package dataflow

// initialiser is the static initialiser of a class of the program.
type initialiser struct {
	m       *Method
	checked bool
	outside bool // it does something besides filling the fields of its class
}

func (a *analysis) initialiserOf(class string) *initialiser {
	i, ok := a.initialisers[class]
	if !ok {
		if c := a.u.class(class); c != nil {
			a.u.load(c)
			if m := c.methods["<clinit>()V"]; m != nil && m.Code != 0 {
				i = &initialiser{m: m}
			}
		}
		a.initialisers[class] = i
	}
	return i
}

// initialise notes that an instruction needs a class to be initialised. That may happen here, if it did not before.
func (f *frame) initialise(class string) {
	a := f.a
	a.touch(class)
	i := a.initialiserOf(class)
	if i == nil || f.m == nil || f.m == i.m || f.m.Class == i.m.Class {
		return
	}
	if !f.silent {
		a.edge(f.m, i.m, f.gates[f.block], f.here(), nil)
	}
	if !i.checked {
		i.checked = true
		i.outside = a.actsOutside(i.m)
	}
	if !i.outside {
		return
	}
	before := f.s.clone()
	f.apply(i.m, nil, f.here())
	a.merge(f.s, before)
	f.over = false
}

// actsOutside reports whether a static initialiser leaves a call to its caller, or writes what is not of its own class.
func (a *analysis) actsOutside(m *Method) bool {
	s := a.summary(m)
	if len(s.events) > 0 {
		return true
	}
	for _, e := range s.heap {
		if n := a.t.node(e.base); n.kind != kObj && (n.kind != kHome || n.s != m.Class.Name) {
			return true
		}
	}
	return false
}
