package dataflow

// A call of the platform waits for the caller where its meaning rests on what only the caller knows. Where no more can
// wait, many still say what they do at worst: what is read under an unknown key carries what all things carry that are kept
// there. Which texts and objects these are is lost.

// unasked interprets a call that cannot wait; false where something it does would not be seen.
func (f *frame) unasked(c *Call, args []value) (value, bool) {
	a := f.a
	if c == nil {
		return nothing, false
	}
	switch c.Op {
	case "get", "remove":
		if c.Text == "this" {
			return args[0], true
		}
		return a.t.join(a.derive(join(a.t, args), 0), a.t.make([]atom{anyAtom, lostText, lostThing})), true
	case "column":
		return a.derive(join(a.t, args), 0), true // rows hold data, and nothing else
	case "class-of":
		return a.t.make([]atom{anyAtom, lostText, lostThing}), true
	case "query", "info": // it changes nothing, and nothing is known of what it finds
		return a.t.join(a.derive(join(a.t, args), 0), a.t.make([]atom{anyAtom, lostText, lostData, lostThing})), true
	}
	return nothing, false
}

// unanswered notes that a call was never made, for its receiver or its key did not become known. What is only read is
// told where the result is used.
func (a *analysis) unanswered(f *frame, e *event) {
	if e.call != nil {
		switch e.call.Op {
		case "query", "info", "column", "get", "class-of":
			a.missing[e.result] = true
			return
		case "provider-write":
			held := nothing
			for _, v := range e.args {
				held = a.t.join(held, a.reach(f.s, v))
			}
			if !a.carries(held) && !a.misses(held, lostData, lostThing) {
				return
			}
		}
	}
	a.cut("calls without a receiver")
}
