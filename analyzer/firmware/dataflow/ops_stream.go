package dataflow

import "strings"

// outlet is where a stream leads.
type outlet struct {
	stores value  // files and other places
	net    value  // addresses of connections
	ends   []atom // the innermost streams
	bits   uint32 // transforms on the way
	trust  bool   // the connection accepts every certificate
	open   bool   // depends on the caller
	named  bool   // what file it is depends on the caller
	answer value  // what a server answered, of a stream of which nothing else is known
}

// outlets follows a stream through what it wraps.
func (f *frame) outlets(v value) outlet {
	a := f.a
	var o outlet
	seen := map[atom]bool{}
	var visit func(v value, depth int)
	visit = func(v value, depth int) {
		for _, at := range a.t.atomsOf(v) {
			if seen[at] || depth > 6 {
				continue
			}
			seen[at] = true
			one := a.t.one(at)
			switch n := a.t.node(at); n.kind {
			case kStore:
				o.stores = a.t.join(o.stores, one)
				continue
			case kApi:
				if n.s == "remote" {
					o.answer = a.t.join(o.answer, one)
				}
			case kObj, kHome, kCell, kLoad, kParam, kResult:
				if mark, ok := f.s.get(slot{at, "$mark"}); ok {
					if s, ok := a.t.text(mark); ok {
						o.bits |= transformBits[s]
					}
				}
				if addr, ok := f.s.get(slot{at, addressField}); ok {
					o.net = a.t.join(o.net, addr)
					if via, ok := f.s.get(slot{at, "$via"}); ok {
						for _, b := range a.t.atomsOf(via) {
							_, trust := f.s.get(slot{b, "$trust"})
							o.trust = o.trust || trust
						}
						o.ends = append(o.ends, a.t.atomsOf(via)...)
					}
				}
				in, ok := f.s.get(slot{at, wrappedField})
				if ok {
					visit(in, depth+1)
					continue
				}
				if file, ok := f.s.get(slot{at, openedField}); ok {
					place, open := f.filePlace(file)
					o.stores = a.t.join(o.stores, place)
					o.open, o.named = o.open || open, o.named || open
					continue
				}
				if n.kind == kHome && n.b != 0 || n.kind == kCell || n.kind == kLoad {
					o.net = a.t.join(o.net, a.initial(at, addressField))
				}
				if a.t.symbolic(one) {
					o.open = true
				}
				o.ends = append(o.ends, at)
			}
		}
	}
	visit(v, 0)
	return o
}

var (
	streamCall = &Call{Sink: "network"}
	fileCall   = &Call{Sink: "file"}
	logCall    = &Call{Sink: "log"}
)

// opPutOut writes its parameters to a stream: to a file, over a connection, or into what is read again.
func opPutOut(f *frame, c *call) (value, bool) {
	v := nothing
	for i, p := range c.r.params {
		if p == "Ljava/util/Locale;" {
			continue
		}
		x := c.at(i + 1)
		if strings.HasPrefix(p, "[") {
			x = f.arrayText(x)
		} else if c.r.name == "writeObject" {
			x = f.serialized(x)
		} else if p == "Ljava/lang/Object;" {
			x = f.a.t.join(x, f.text(x))
		} else {
			x = f.text(x)
		}
		v = f.a.t.join(v, x)
	}
	return f.writeTo(c, c.at(0), v)
}

func (f *frame) writeTo(c *call, stream, v value) (value, bool) {
	a := f.a
	o := f.outlets(stream)
	if o.open && o.net == nothing && o.stores == nothing {
		return nothing, true
	}
	held := a.reach(f.s, v)
	if o.bits != 0 {
		held = a.derive(held, o.bits)
		v = held
	}
	for _, at := range a.t.atomsOf(o.stores) {
		a.add(f.s, a.t.one(at), "[?]", v)
		if a.profile == "droidbench" {
			call := fileCall
			if strings.HasPrefix(a.t.node(at).s, "log:") {
				call = logCall
			}
			f.record(event{kind: evSink, call: call, ref: c.r, payload: held, conds: f.gates[f.block], site: c.site})
		}
	}
	if o.net != nothing {
		f.record(event{kind: evSink, call: streamCall, ref: c.r, payload: held, to: o.net, conds: f.gates[f.block], site: c.site, trust: o.trust || a.trustDefault})
	}
	for _, at := range o.ends {
		if a.carries(held) || a.t.node(at).kind == kObj {
			a.add(f.s, a.t.one(at), "[?]", v)
		}
	}
	return c.at(0), false
}

// opPutIn writes what the receiver holds to a stream.
func opPutIn(f *frame, c *call) (value, bool) {
	return f.writeTo(c, c.arg(0), f.a.load(f.s, c.at(0), "[*]"))
}

// opLoadFrom fills the receiver from a stream.
func opLoadFrom(f *frame, c *call) (value, bool) {
	read := *c
	read.at = func(i int) value { return c.at(i + 1) }
	ref := *c.r
	ref.params = nil
	read.r = &ref
	v, wait := opReadIn(f, &read)
	if !wait {
		f.a.add(f.s, c.at(0), "[?]", v)
	}
	return nothing, wait
}

// opPrintStack writes what an exception says to a stream or a writer.
func opPrintStack(f *frame, c *call) (value, bool) {
	_, wait := f.writeTo(c, c.at(1), f.a.load(f.s, c.at(0), "[*]"))
	return nothing, wait
}

// opReadIn reads from a stream: what a file or the buffer behind it holds.
func opReadIn(f *frame, c *call) (value, bool) {
	a := f.a
	o := f.outlets(c.at(0))
	if o.named { // what stands for the answer of the call is in the buffer meanwhile
		if fills(c.r) {
			a.add(f.s, c.at(1), "[?]", a.t.of(node{kind: kResult, a: c.site, s: c.r.String()}))
		}
		return nothing, true
	}
	out := o.answer
	for _, at := range a.t.atomsOf(o.stores) {
		if data, ok := a.voc.Fields[a.t.node(at).s]; ok {
			out = a.t.join(out, f.read(data, c.site))
		}
		out = a.t.join(out, a.loadAtom(f.s, at, "[*]"))
	}
	for _, at := range o.ends {
		out = a.t.join(out, a.loadAtom(f.s, at, "[*]"))
	}
	for i, p := range c.r.params {
		if strings.HasPrefix(p, "[") && out != nothing {
			a.add(f.s, c.at(i+1), "[?]", out)
		}
	}
	if out == nothing || o.stores != nothing && o.answer == nothing && fills(c.r) && f.retries == 0 && f.looping() { // how much was read: whether there is more
		return a.any(), false
	}
	return out, false
}

// opTaken is all that was written to a buffer.
func opTaken(f *frame, c *call) (value, bool) { return f.a.load(f.s, c.at(0), "[*]"), false }

// opHold makes the receiver hold its parameters.
func opHold(f *frame, c *call) (value, bool) {
	a := f.a
	for i := range c.r.params {
		v := c.at(i + 1)
		if a.t.node(firstAtom(a, v)).kind != kInt {
			a.add(f.s, c.at(0), "[?]", v)
		}
	}
	return c.at(0), false
}

// opBody is the answer of a server.
func opBody(f *frame, c *call) (value, bool) {
	v := f.object(c.r.ret)
	f.a.store(f.s, v, "[?]", f.a.t.of(node{kind: kApi, a: c.site, s: "remote"}))
	return v, false
}

// opDatagram is a packet: what it holds and where it goes.
func opDatagram(f *frame, c *call) (value, bool) {
	a := f.a
	for i, p := range c.r.params {
		switch {
		case p == "[B":
			a.add(f.s, c.at(0), "[?]", a.reach(f.s, f.arrayText(c.at(i+1))))
		case strings.HasPrefix(p, "Ljava/net/"):
			a.store(f.s, c.at(0), addressField, f.address(c.at(i+1)))
		}
	}
	return nothing, false
}

func opSocketTo(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), addressField, f.address(c.at(1)))
	return nothing, false
}
