package dataflow

import "slices"

// Client is an interface that a library makes a client of, and the base addresses that its paths are joined with; "{}" stands for
// what could not be told of one.
type Client struct {
	Interface string
	Bases     []string
}

// madeClient is the kind of sink that a call is which makes a client: nothing leaves through it.
const madeClient = "client"

// opClient is a call of a library that makes clients of interfaces: it does what its body says, and text tells what it does with the
// base address: takes it, hands it on to its result, or, without text, makes a client.
func opClient(f *frame, c *call) (value, bool) {
	a := f.a
	result := nothing
	base := f.address(c.at(0))
	if m := a.u.find(c.r.class, c.r.key()); m != nil && m.Code != 0 {
		result = f.apply(m, c.args, c.site)
	}
	switch c.Text {
	case "base":
		to := f.text(c.at(1))
		if held := f.address(c.at(1)); held != nothing && !a.plainText(c.at(1)) {
			to = held
		}
		a.store(f.s, c.at(0), addressField, to)
		return c.at(0), false
	case "build":
		if at, one := a.t.single(result); !one || a.t.node(at).kind != kObj {
			result = f.object(c.r.ret)
		}
		a.store(f.s, result, addressField, base)
	}
	if result == nothing {
		result = a.any()
	}
	return result, false
}

// clientOf notes what a client is made of.
func (a *analysis) clientOf(e *settledEvent, r *Result) {
	to := a.spellings(e.to)
	if len(to) == 0 {
		to = []string{"{}"}
	}
	for _, at := range a.t.atomsOf(a.expand(e.payload)) {
		n := a.t.node(at)
		if n.kind != kClass {
			continue
		}
		i := slices.IndexFunc(r.Clients, func(c Client) bool { return c.Interface == n.s })
		if i < 0 {
			i = len(r.Clients)
			r.Clients = append(r.Clients, Client{Interface: n.s})
		}
		for _, s := range to {
			if !slices.Contains(r.Clients[i].Bases, s) {
				r.Clients[i].Bases = append(r.Clients[i].Bases, s)
			}
		}
	}
}
