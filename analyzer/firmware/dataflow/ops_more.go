package dataflow

import "strings"

// opListen gives objects to the platform that are called back later.
func opListen(f *frame, c *call) (value, bool) {
	for i := range c.r.params {
		f.callbacks(c.r, c.at(0), c.at(i+1), c.site)
	}
	return f.a.any(), false
}

// scripted is the class that marks objects whose public methods a page's script may call.
const scripted = "scripted"

// opScript gives an object to the scripts of web pages.
func opScript(f *frame, c *call) (value, bool) {
	f.register(c.r, c.at(0), c.at(1), event{kind: evAsync, ref: &methodRef{class: scripted, name: c.r.name}, args: []value{c.at(1)}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}

// opBind starts a service and hands over a connection that is called back.
func opBind(f *frame, c *call) (value, bool) {
	f.start(c, c.at(1), "service", c.at(2))
	return opListen(f, c)
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

// opCompare compares texts.
func opCompare(f *frame, c *call) (value, bool) {
	a := f.a
	x, y := c.at(0), c.at(1)
	if len(c.r.params) > 1 {
		x, y = c.at(1), c.at(2)
	}
	if c.r.name == "equals" && (a.enumerated(x) || a.enumerated(y)) {
		return a.sameConstant(x, y), false
	}
	x, y = f.text(x), f.text(y)
	s, ok1 := a.t.text(x)
	r, ok2 := a.t.text(y)
	if ok1 && ok2 {
		return a.t.num(truthOf(s == r || c.r.name == "equalsIgnoreCase" && strings.EqualFold(s, r))), false
	}
	if v, ok := a.sameAsNull(x, y); ok {
		return v, false
	}
	f.asksEntries(x)
	f.asksEntries(y)
	if c.r.name != "equalsIgnoreCase" && a.differ(x, y) {
		return a.t.num(0), false
	}
	if a.profile == "droidbench" {
		return a.derive(a.t.join(x, y), asAnswer), false
	}
	if c.r.name == "equalsIgnoreCase" {
		if v, ok := a.questionTo(x, y, "same", -1); ok {
			return v, false
		}
		if v, ok := a.questionTo(y, x, "same", -1); ok {
			return v, false
		}
	}
	return a.t.of(node{kind: kCompare, a: uint32(x), b: uint32(y)}), false
}

// opListenThis gives the receiver itself to the platform.
func opListenThis(f *frame, c *call) (value, bool) {
	f.callbacks(c.r, c.at(0), c.at(0), c.site)
	return f.a.any(), false
}

// ofProgram reports whether the receiver is an object of the caller's, of a class of the program: which of its fields are
// written is known there.
func (f *frame) ofProgram(c *call) bool {
	return f.a.t.symbolic(c.at(0)) && f.m != nil && c.r.class == "Ljava/lang/Object;" && !f.m.Static() && f.a.u.is(f.m.Class.Name, "Ljava/lang/Cloneable;")
}

// opClone copies an object.
func opClone(f *frame, c *call) (value, bool) {
	a := f.a
	if f.ofProgram(c) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		n := *a.t.node(at)
		if a.ofCaller(at) && a.u.is(c.r.class, "Ljava/util/Map;") {
			v := f.object(c.r.class)
			f.copyAll(a.t.one(at), v)
			out = a.t.join(out, v)
			continue
		}
		if n.kind != kObj {
			out = a.t.join(out, a.t.one(at))
			continue
		}
		v := f.object(n.s)
		for _, k := range a.slots(f.s, at) {
			a.store(f.s, v, k.field, f.s.at(k))
		}
		out = a.t.join(out, v)
	}
	return out, false
}

// opClassOf is getClass.
func opClassOf(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		switch n := *a.t.node(at); n.kind {
		case kObj, kHome:
			out = a.t.join(out, a.t.of(node{kind: kClass, s: n.s}))
		default:
			if a.t.symbolic(a.t.one(at)) {
				return nothing, true
			}
			out = a.t.join(out, a.any())
		}
	}
	return out, false
}

// opConstructor is Class.getConstructor.
func opConstructor(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := *a.t.node(at); n.kind == kClass {
			out = a.t.join(out, a.t.of(node{kind: kMethod, s: n.s, n: int64(a.t.str("<init>"))}))
		}
	}
	return out, a.t.symbolic(c.at(0))
}

// opAddAny appends to a container whose order is not followed.
func opAddAny(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), countField, f.a.any())
	f.a.add(f.s, c.at(0), "[?]", c.at(1))
	return f.a.any(), false
}

func opArgText(f *frame, c *call) (value, bool) {
	if len(c.Args) == 0 && len(c.r.params) > 0 {
		return f.textArg(c, 0), false
	}
	return f.text(c.at(1)), false
}

func opCharText(f *frame, c *call) (value, bool) { return f.character(c.at(1)), false }

// opPair is a name and a value.
func opPair(f *frame, c *call) (value, bool) {
	f.a.add(f.s, c.at(0), "[value]", c.at(2))
	return nothing, false
}

func opPackageName(f *frame, c *call) (value, bool) { return f.a.t.str(f.a.app.Package), false }

// opPermission reads whether a permission is held.
func opPermission(f *frame, c *call) (value, bool) {
	s, ok := f.a.t.text(c.at(1))
	if !ok {
		return f.a.any(), false
	}
	return f.a.t.of(node{kind: kCell, a: uint32(f.a.t.atom(node{kind: kStore, s: "permission"})), s: "[" + s + "]"}), false
}

// opProviderWrite gives rows to a provider; opDBWrite and opDBRead keep them in a table.
func opProviderWrite(f *frame, c *call) (value, bool) {
	a := f.a
	uri := f.uri(c.at(1))
	if a.t.symbolic(uri) {
		return nothing, true
	}
	f.rows(c, uri)
	for _, s := range a.spellings(uri) {
		if rest, ok := strings.CutPrefix(s, "content://"); ok {
			authority, _, _ := strings.Cut(rest, "/")
			a.add(f.s, a.t.of(node{kind: kStore, s: "provider:" + authority}), "[?]", a.reach(f.s, c.at(2)))
		}
	}
	return a.any(), false
}

// opProviderCall has a provider do something of which nothing comes back.
func opProviderCall(f *frame, c *call) (value, bool) {
	uri := f.uri(c.at(1))
	if f.a.t.symbolic(uri) {
		return nothing, true
	}
	f.rows(c, uri)
	return f.a.any(), false
}

func (f *frame) table(v value) value {
	name := "*"
	if s, ok := f.a.t.text(v); ok {
		name = s
	}
	return f.a.t.of(node{kind: kStore, s: "db:" + name})
}

// opDBWrite keeps a row in a table, each of its columns by itself where its name is known.
func opDBWrite(f *frame, c *call) (value, bool) {
	a := f.a
	row := c.arg(1)
	if a.t.symbolic(c.arg(0)) || a.t.symbolic(row) {
		return nothing, true
	}
	table := f.table(c.arg(0))
	for _, at := range a.t.atomsOf(row) {
		o := f.s.heap[at]
		if a.t.node(at).kind != kObj || o == nil {
			a.add(f.s, table, "[?]", a.reach(f.s, a.t.one(at)))
			continue
		}
		for i, name := range o.names {
			if !strings.HasPrefix(name, "[") || name == "[*]" {
				name = "[?]"
			}
			v := a.reach(f.s, o.values[i])
			a.add(f.s, table, name, v)
			f.keep(table, name, v, noArgument, c.site)
		}
	}
	return a.any(), false
}

// opDBExec runs a statement: what it is given besides goes into the table that it names after INTO or UPDATE.
func opDBExec(f *frame, c *call) (value, bool) {
	a := f.a
	if len(c.r.params) < 2 {
		return a.any(), false
	}
	sql := f.text(c.at(1))
	if a.t.symbolic(sql) || a.t.symbolic(c.at(2)) {
		return nothing, true
	}
	for _, table := range writtenTables(a.spellings(sql)) {
		a.add(f.s, f.table(a.t.str(table)), "[?]", a.reach(f.s, c.at(2)))
	}
	return a.any(), false
}

// opDBStatement prepares a statement: what is bound to it goes into the table that it names.
func opDBStatement(f *frame, c *call) (value, bool) {
	a := f.a
	sql := f.text(c.at(1))
	if a.t.symbolic(sql) {
		return nothing, true
	}
	out := nothing
	for _, table := range writtenTables(a.spellings(sql)) {
		out = a.t.join(out, f.table(a.t.str(table)))
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// writtenTables are the tables that statements write to: what they name after INTO, or after UPDATE at their beginning.
func writtenTables(statements []string) (out []string) {
	for _, s := range statements {
		words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n(),;`\"'", r) })
		for i, w := range words {
			if (strings.EqualFold(w, "into") || i == 0 && strings.EqualFold(w, "update")) && i+1 < len(words) {
				out = append(out, words[i+1])
				break
			}
		}
	}
	return out
}

// opDBRead reads rows of a table of the app's own; see opColumn.
func opDBRead(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.object("Landroid/database/Cursor;")
	if len(c.Args) > 0 {
		name, columns := c.arg(0), c.at(2)
		if len(c.r.params) > 2 && c.r.params[0] == "Z" { // whether each row comes once
			name, columns = c.at(2), c.at(3)
		}
		if a.t.symbolic(name) {
			return nothing, true
		}
		table := f.table(name)
		a.store(f.s, v, "[?]", a.load(f.s, table, "[*]"))
		a.store(f.s, v, tableField, table)
		a.store(f.s, v, "$projection", columns)
	} else {
		sql := f.text(c.at(1))
		if a.t.symbolic(sql) {
			return nothing, true
		}
		a.store(f.s, v, "[?]", a.derive(sql, 0))
		for _, s := range a.spellings(sql) {
			words := strings.Fields(s)
			for i, w := range words {
				if strings.EqualFold(w, "from") && i+1 < len(words) {
					a.add(f.s, v, "[?]", a.load(f.s, f.table(a.t.str(strings.Trim(words[i+1], "(),;`\"'"))), "[*]"))
				}
			}
		}
	}
	return v, false
}

// The builder of addresses.

func opURIText(f *frame, c *call) (value, bool) {
	v := f.address(c.at(0))
	if v == nothing {
		v = f.text(c.at(0))
	}
	return v, false
}

func (f *frame) extend(c *call, before string, v value, after string) value {
	a := f.a
	old := a.load(f.s, c.at(0), addressField)
	if old == nothing {
		old = a.t.str("")
	}
	v = f.joined(f.joined(old, a.t.str(before)), f.text(v))
	a.store(f.s, c.at(0), addressField, f.joined(v, a.t.str(after)))
	return c.at(0)
}

func opURIScheme(f *frame, c *call) (value, bool) { return f.extend(c, "", c.at(1), "://"), false }

func opURIPart(f *frame, c *call) (value, bool) { return f.extend(c, "", c.at(1), ""), false }

func opURIPath(f *frame, c *call) (value, bool) {
	if s, ok := f.a.t.text(c.at(1)); ok && strings.HasPrefix(s, "/") {
		return f.extend(c, "", c.at(1), ""), false
	}
	return f.extend(c, "/", c.at(1), ""), false
}

func opURIQuery(f *frame, c *call) (value, bool) {
	mark := "?"
	for _, s := range f.a.spellings(f.a.load(f.s, c.at(0), addressField)) {
		if strings.Contains(s, "?") {
			mark = "&"
		}
	}
	f.extend(c, mark, c.at(1), "=")
	return f.extend(c, "", c.at(2), ""), false
}

// opPartOf is a getter of an object that is personal data as a whole, a location or a message: what it returns was read
// where the object was, or here where that is not known.
func opPartOf(f *frame, c *call) (value, bool) {
	a := f.a
	if a.t.symbolic(c.at(0)) {
		return nothing, true
	}
	var out []atom
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := a.t.node(at); n.kind == kSource && a.types[n.a] == c.Text {
			out = append(out, at)
		}
	}
	if len(out) > 0 {
		return a.t.make(out), false
	}
	return f.read(c.Text, c.site), false
}

// opFields is a constructor that keeps its parameters in public fields, which text names in their order.
func opFields(f *frame, c *call) (value, bool) {
	for i, name := range strings.Split(c.Text, ",") {
		if i < len(c.r.params) {
			f.a.store(f.s, c.at(0), name, c.at(i+1))
		}
	}
	return nothing, false
}

// Operations returns the names of operations that a line of the vocabulary may use.
func Operations() map[string]bool {
	names := map[string]bool{}
	for name := range operations() {
		names[name] = true
	}
	return names
}

// TransformBits returns the bits of a transform's name; "" is none.
func TransformBits(name string) (uint32, bool) {
	b, ok := transformBits[name]
	return b, ok || name == ""
}
