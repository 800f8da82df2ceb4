package dataflow

// opURL makes the receiver, or a new result, lead to its parameters' text.
func opURL(f *frame, c *call) (value, bool) {
	a := f.a
	to := nothing
	if len(c.Args) > 0 {
		for i := range c.Args {
			t := f.leading(c.arg(i), "")
			if to == nothing {
				to = t
			} else {
				to = f.joined(f.joined(to, a.t.str(c.Text)), t)
			}
		}
	} else {
		typ := ""
		if len(c.r.params) > 0 {
			typ = c.r.params[0]
		}
		to = f.leading(c.at(1), typ)
	}
	if c.Text == "scheme-host" { // URL(protocol, host, [port,] file)
		to = f.joined(f.joined(f.text(c.at(1)), a.t.str("://")), f.text(c.at(2)))
		if n := len(c.r.params); n > 2 {
			to = f.joined(to, f.text(c.at(n)))
		}
	}
	if c.r.name == "<init>" {
		a.store(f.s, c.at(0), addressField, to)
		return nothing, false
	}
	if c.r.ret == "V" || c.Key == 1 { // sets the receiver and returns it
		a.store(f.s, c.at(0), addressField, to)
		return c.at(0), false
	}
	v := f.object(c.r.ret)
	a.store(f.s, v, addressField, to)
	return v, false
}

// leading is where a text, or an object of a type that is made of one, leads.
func (f *frame) leading(v value, typ string) value {
	if held := f.address(v); held != nothing && (typ == "Ljava/net/URI;" || !f.a.plainText(v)) {
		return held
	}
	return f.text(v)
}

// opOpen returns an object that leads where the receiver, or the parameter in args, does.
func opOpen(f *frame, c *call) (value, bool) {
	a := f.a
	from := c.at(0)
	if len(c.Args) > 0 {
		from = c.at(c.Args[0])
	}
	v := f.object(c.r.ret)
	a.store(f.s, v, addressField, f.address(from))
	if c.Text != "" {
		a.store(f.s, v, "$via", from)
		a.store(f.s, v, "$as", a.t.str(c.Text))
	}
	return v, false
}

// opWrap makes the receiver a stream around its parameter.
func opWrap(f *frame, c *call) (value, bool) {
	in := c.at(1)
	if len(c.Args) > 0 {
		in = c.arg(0)
	}
	f.a.store(f.s, c.at(0), wrappedField, in)
	if c.Text != "" {
		f.a.store(f.s, c.at(0), "$mark", f.a.t.str(c.Text))
	}
	if p := f.place(in); p != nothing {
		f.a.store(f.s, c.at(0), wrappedField, p)
	}
	return nothing, false
}

// opNew makes an object that holds its parameters.
func opNew(f *frame, c *call) (value, bool) {
	v := f.object(c.r.ret)
	if p := f.params(c); p != nothing {
		if held := f.a.reach(f.s, p); f.a.carries(held) {
			f.a.store(f.s, v, "[?]", held)
		}
	}
	return v, false
}

// opTrust notes that certificate checks are switched off for a connection or a client.
func opTrust(f *frame, c *call) (value, bool) {
	a := f.a
	for i := range c.r.params {
		for _, at := range a.t.atomsOf(c.at(i + 1)) {
			_, passed := f.s.get(slot{at, "$trust"}) // a context made with such a manager, its factory
			inner := a.load(f.s, a.t.one(at), "[*]")
			for _, in := range a.t.atomsOf(inner) { // an array of managers
				if n := a.t.node(in); n.kind == kObj && a.trustsAll(n.s) {
					passed = true
				}
			}
			if n := a.t.node(at); passed || (n.kind == kObj || n.kind == kHome) && a.trustsAll(n.s) {
				if len(c.args) == len(c.r.params) {
					a.trustDefault = true // setDefaultHostnameVerifier and its kin: for all connections
				} else {
					a.store(f.s, c.at(0), "$trust", a.t.str("all"))
				}
			}
		}
	}
	return a.any(), false
}
