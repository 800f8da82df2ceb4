package dataflow

// Tasks that run elsewhere, and what they come to.

// opInvokeAll runs all tasks of a collection: it gives a list of what they come to.
func opInvokeAll(f *frame, c *call) (value, bool) {
	a := f.a
	tasks := a.load(f.s, c.at(1), "[*]")
	f.callsLater(tasks, c.site)
	v := f.object("Ljava/util/ArrayList;")
	a.add(f.s, v, "[?]", tasks)
	a.store(f.s, v, countField, a.any())
	return v, false
}

// opComplete runs a task that its service gives back when it is done.
func opComplete(f *frame, c *call) (value, bool) {
	f.callsLater(c.at(1), c.site)
	f.a.add(f.s, c.at(0), "[?]", c.at(1))
	return c.at(1), false
}

// callsLater runs tasks in another thread.
func (f *frame) callsLater(tasks value, site uint32) {
	f.concurrent(tasks, 0)
	f.record(event{kind: evAsync, ref: &methodRef{name: "call", proto: "()Ljava/lang/Object;"}, args: []value{tasks}, conds: f.gates[f.block], site: site})
}

// opExchange keeps a parameter in a named field and returns what was there.
func opExchange(f *frame, c *call) (value, bool) {
	old := f.a.load(f.s, c.at(0), c.Text)
	f.a.store(f.s, c.at(0), c.Text, c.arg(0))
	return old, false
}
