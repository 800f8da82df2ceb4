package dataflow

import (
	"strings"
)

// opAsync runs a method of an object later: text is its name and prototype, args the object and then its parameters.
func opAsync(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(c.Args[0])
	for _, at := range a.t.atomsOf(recv) {
		if n := a.t.node(at); n.kind == kObj && a.u.class(n.s) == nil {
			recv = a.t.join(recv, a.load(f.s, a.t.one(at), wrappedField))
		}
	}
	args := []value{recv}
	for _, i := range c.Args[1:] {
		args = append(args, c.at(i))
	}
	if strings.HasPrefix(c.Text, "handleMessage(") {
		if len(args) == 1 && len(c.r.params) > 0 && c.r.params[0] == "I" {
			args = append(args, f.message(f.object("Landroid/os/Message;"), c.at(1)))
		}
		f.sends(args[len(args)-1])
	}
	f.escape(recv)
	if !strings.HasPrefix(c.Class, "Landroid/") { // those run on the same thread
		f.concurrent(recv, 0)
	}
	name, proto, _ := strings.Cut(c.Text, "(")
	f.register(c.r, c.at(0), c.at(c.Args[0]), event{kind: evAsync, ref: &methodRef{class: "", name: name, proto: "(" + proto}, args: args, conds: f.gates[f.block], site: c.site})
	if c.r.ret == "Ljava/util/concurrent/Future;" || strings.HasSuffix(c.r.ret, "Future;") {
		return recv, false
	}
	return a.any(), false
}

// opTask is AsyncTask.execute: its methods run one after the other, each with what the one before returned.
func opTask(f *frame, c *call) (value, bool) {
	params := c.at(len(c.r.params))
	f.concurrent(c.at(0), 0)
	for _, step := range [...]struct{ name, from string }{{"onPreExecute", ""}, {"doInBackground", "params"}, {"onProgressUpdate", "$progress"}, {"onPostExecute", resultField}} {
		args := []value{c.at(0)}
		switch step.from {
		case "":
		case "params":
			args = append(args, params)
		}
		f.record(event{kind: evAsync, ref: &methodRef{class: "task", name: step.name, proto: step.from}, args: args, conds: f.gates[f.block], site: c.site})
	}
	return c.at(0), false
}

// messageNumbers are the fields of a message in the order that its makers are given them.
var messageNumbers = [...]string{"what:I", "arg1:I", "arg2:I"}

// opResultData keeps what a receiver of an ordered broadcast leaves for the next, and reads it.
func opResultData(f *frame, c *call) (value, bool) {
	place := f.a.t.of(node{kind: kStore, s: "broadcast"})
	if c.r.name == "getResultExtras" { // what was set, and one that is made for who asks
		return f.a.t.join(f.a.load(f.s, place, "[*]"), f.a.t.of(node{kind: kStore, s: "broadcast extras"})), false
	}
	if len(c.r.params) == 0 || c.r.ret != "V" {
		return f.a.load(f.s, place, "[*]"), false
	}
	f.a.add(f.s, place, "[?]", f.params(c))
	return nothing, false
}

// message writes the numbers of a new message.
func (f *frame) message(v, what value) value {
	for i, field := range messageNumbers {
		n := f.a.t.num(0)
		if i == 0 {
			n = what
		}
		f.a.store(f.s, v, field, n)
	}
	return v
}

// opMessage makes a message: a handler among the parameters is where it goes, others are its fields.
func opMessage(f *frame, c *call) (value, bool) {
	if c.r.name == "<init>" {
		f.message(c.at(0), f.a.t.num(0))
		return nothing, false
	}
	v := f.message(f.object("Landroid/os/Message;"), f.a.t.num(0))
	if c.r.name == "obtainMessage" { // of a handler, or of a class below it
		f.a.store(f.s, v, wrappedField, c.at(0))
	}
	numbers := 0
	for i, p := range c.r.params {
		switch p {
		case "Landroid/os/Handler;":
			f.a.store(f.s, v, wrappedField, c.at(i+1))
		case "Ljava/lang/Object;":
			f.a.store(f.s, v, "obj:L", c.at(i+1))
		case "I":
			if numbers < len(messageNumbers) {
				f.a.store(f.s, v, messageNumbers[numbers], c.at(i+1))
				numbers++
			}
		case "Landroid/os/Message;": // a copy
			f.copyAll(c.at(i+1), v)
		}
	}
	return v, false
}
