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

// future is what a task that runs elsewhere comes to.
func (f *frame) future(v value, depth int) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		one := a.t.one(at)
		out = a.t.join(out, a.load(f.s, one, resultField))
		if k := a.t.node(at).kind; k == kCell || k == kLoad || k == kHome || k == kParam { // a task that was kept, or asks itself
			out = a.t.join(out, a.load(f.s, a.load(f.s, one, wrappedField), resultField))
		}
		if a.t.node(at).kind != kObj {
			continue
		}
		out = a.t.join(out, a.changed(at, resultField))
		if in := a.load(f.s, one, wrappedField); in != nothing && depth < 3 {
			out = a.t.join(out, f.future(in, depth+1))
		}
	}
	return out
}

// opWrapRunnable keeps the Runnable a thread is made with, the callback of a handler.
func opWrapRunnable(f *frame, c *call) (value, bool) {
	for i, p := range c.r.params {
		switch p {
		case "Ljava/lang/Runnable;", "Ljava/util/concurrent/Callable;", "Landroid/os/Handler$Callback;":
			f.a.store(f.s, c.at(0), wrappedField, c.at(i+1))
		}
	}
	return nothing, false
}

// opAsyncCall is ExecutorService.submit of a Callable.
func opAsyncCall(f *frame, c *call) (value, bool) {
	f.callsLater(c.arg(0), c.site)
	return c.arg(0), false
}

// opAsyncTarget is Message.sendToTarget; opAsyncMessenger is Messenger.send.
func opAsyncTarget(f *frame, c *call) (value, bool) {
	return f.handle(c, f.a.load(f.s, c.at(0), wrappedField), c.at(0))
}

func opAsyncMessenger(f *frame, c *call) (value, bool) {
	return f.handle(c, f.a.load(f.s, c.at(0), wrappedField), c.at(1))
}

func (f *frame) handle(c *call, handler, msg value) (value, bool) {
	f.sends(msg)
	f.record(event{kind: evAsync, ref: &methodRef{name: "handleMessage", proto: "(Landroid/os/Message;)V"}, args: []value{handler, msg}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}
