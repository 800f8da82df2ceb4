package dataflow

// workPlace begins the name of the place of what a worker is given as its input.
const workPlace = "work:"

// workField is, of a request for work, the class of the worker.
const workField = "$work"

// opWork has the worker of a request run (androidx.work.WorkManager).
func opWork(f *frame, c *call) (value, bool) {
	a := f.a
	worker := a.load(f.s, c.arg(0), workField)
	if a.t.symbolic(worker) {
		return nothing, true
	}
	for _, at := range a.t.atomsOf(worker) {
		n := a.t.node(at)
		if n.kind != kClass {
			continue
		}
		if m := a.u.find(n.s, "doWork()Landroidx/work/ListenableWorker$Result;"); m != nil {
			home := a.t.of(node{kind: kHome, s: n.s})
			f.record(event{kind: evAsync, target: m, args: []value{home}, conds: f.gates[f.block], site: c.site})
		}
	}
	return a.any(), false
}

// opWorkInput gives the worker of a request its input, under a key what was put there (androidx.work.WorkRequest.Builder), and is
// what it was given.
func opWorkInput(f *frame, c *call) (value, bool) {
	a := f.a
	if len(c.r.params) == 0 {
		return f.ownInput(c.at(0))
	}
	worker, input := a.load(f.s, c.at(0), workField), c.arg(0)
	if a.t.symbolic(worker) || a.t.symbolic(input) {
		return nothing, true
	}
	for _, at := range a.t.atomsOf(worker) {
		if n := a.t.node(at); n.kind == kClass {
			f.copyAll(input, a.t.of(node{kind: kStore, s: workPlace + n.s}))
		}
	}
	return c.at(0), false
}

// ownInput is the input of a worker.
func (f *frame) ownInput(worker value) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(worker) {
		switch n := a.t.node(at); {
		case n.kind == kHome, n.kind == kObj:
			out = a.t.join(out, a.t.of(node{kind: kStore, s: workPlace + n.s}))
		case a.t.symbolic(a.t.one(at)):
			return nothing, true
		}
	}
	return out, false
}
