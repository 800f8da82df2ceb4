package dataflow

// What a test of personal data decides tells something of it: only under a profile that follows such flows.

// chosenField keeps, with an object, what decided that it was made.
const chosenField = "$chosen"

func (a *analysis) followsTests() bool { return a.profile == "droidbench" }

// followsViews reports whether what layouts name is entered, texts of views that are found out late are followed, and listeners
// that nobody registered are left out: what that does to the flows of whole phones was not held against their code yet.
func (a *analysis) followsViews() bool { return a.profile != "" }

// chosen is what decided which objects a value may be.
func (f *frame) chosen(v value) value {
	out := nothing
	if !f.a.followsTests() {
		return out
	}
	for _, at := range f.a.t.atomsOf(v) {
		out = f.a.t.join(out, f.s.at(slot{at, chosenField}))
	}
	return out
}

// asAnswers is what a test of values leaves in what is done after it: the result of a comparison with them.
func (a *analysis) asAnswers(v value) value {
	if v == nothing {
		return nothing
	}
	return a.derive(v, asAnswer)
}

// refuses notes that a call raises an exception where what it is given is not of the form that it wants: that it does tells
// something of it.
func (f *frame) refuses(v value, class string) {
	if why := f.a.secrets(v); why != nothing && f.a.followsTests() {
		e := f.object(class)
		f.s.put(slot{firstAtom(f.a, e), chosenField}, f.a.asAnswers(why))
		f.raised = f.a.t.join(f.raised, e)
	}
}

// under runs a call that something more decides than what decides the block.
func (f *frame) under(why value, run func() value) value {
	if why == nothing {
		return run()
	}
	before := f.implied
	f.implied = f.a.t.join(before, why)
	defer func() { f.implied = before }()
	return run()
}

// hollow is a sink as callers see it that decide whether it is reached: what leaves there is settled already.
func (a *analysis) hollow(e event) event {
	e.payload = nothing
	return e
}
