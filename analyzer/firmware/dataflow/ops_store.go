package dataflow

import (
	"maps"
	"slices"
	"strings"
)

// key returns the field an entry with a key is kept in; wait where the caller decides it.
func (f *frame) key(v value) (field string, wait bool) {
	if s, ok := f.a.t.text(v); ok {
		return "[" + s + "]", false
	}
	if n, ok := f.a.t.number(v); ok {
		return element(n), false
	}
	if at, one := f.a.t.single(v); one && f.a.enums.of[at] != nil {
		title, named := f.a.t.text(f.a.enums.of[at].fields.at(titleField))
		if !named {
			title = f.a.enums.of[at].in
		}
		return "[" + f.a.t.node(at).s + "." + title + "]", false
	}
	return "[?]", f.a.t.symbolic(v)
}

// stored reports whether all a value may be are places outside the heap, or may be once the caller is known.
func (f *frame) stored(v value) bool {
	for _, at := range f.a.t.atomsOf(v) {
		switch f.a.t.node(at).kind {
		case kStore, kParam, kLoad, kResult:
		default:
			return false
		}
	}
	return v != nothing
}

// opPut keeps a value under a key: maps, bundles, intents, preferences.
func opPut(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(0)
	key, wait := f.key(c.at(c.Key))
	if wait && f.stored(recv) {
		return nothing, true
	}
	f.asked(c.at(c.Key), a.any(), equalsKey, hashKey, orderKey)
	v := c.arg(0)
	if len(c.Args) == 0 {
		v = c.at(c.Key + 1)
	}
	if key == "[?]" || f.looping() {
		a.add(f.s, recv, key, v)
	} else {
		a.store(f.s, recv, key, v)
	}
	if c.Class == "Landroid/content/SharedPreferences$Editor;" {
		param := c.Key + 1
		if len(c.Args) > 0 {
			param = c.Args[0]
		}
		f.keep(recv, key, v, param, c.site)
	}
	if k := a.derive(f.text(c.at(c.Key)), 0); a.carries(k) && !f.stored(recv) {
		a.add(f.s, recv, "[?]", k)
	}
	return recv, false
}

// opGet reads what is kept under a key; the parameter after it may be a default.
func opGet(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(0)
	key := "[*]"
	if c.Key > 0 {
		k, wait := f.key(c.at(c.Key))
		if wait && f.stored(recv) {
			return nothing, true
		}
		if k != "[?]" {
			key = k
		}
	}
	def := nothing
	if c.Key > 0 && len(c.r.params) > c.Key {
		def = c.at(c.Key + 1)
	}
	if def != nothing && c.Class == "Landroid/content/SharedPreferences;" && a.t.symbolic(recv) {
		return nothing, true // the default belongs to the place, which the caller knows
	}
	v := nothing
	if data, ok := a.voc.Fields["extra:"+strings.Trim(key, "[]")]; ok && (c.Class == "Landroid/content/Intent;" || c.Class == "Landroid/os/Bundle;") {
		v = f.read(data, c.site)
	}
	for _, at := range a.t.atomsOf(recv) {
		if m, ok := f.meta(c, at, key); ok {
			v = a.t.join(v, m)
			continue
		}
		got := a.element(f.s, a.t.one(at), key)
		if c := a.t.atom(node{kind: kCell, a: uint32(at), s: key}); a.t.node(at).kind == kStore && slices.Contains(a.t.atomsOf(got), c) {
			got = a.t.one(c) // what was stored on some way here is among what it holds
		}
		_, sure := a.t.single(got)
		for _, one := range a.t.atomsOf(got) {
			if n := *a.t.node(one); def != nothing && n.b == 0 && (n.kind == kCell || sure && n.kind == kLoad && carriers[c.Class] && !strings.HasPrefix(c.r.ret, "L")) {
				n.b = uint32(def)
				one = a.t.atom(n)
			}
			v = a.t.join(v, a.t.one(one))
		}
	}
	if v == nothing {
		v = a.t.join(def, a.any())
	}
	if a.followsTests() && len(c.r.ret) == 1 { // a number or a truth value that was kept: a test of it is none for null
		v = a.t.join(v, a.asAnswers(v))
	}
	return v, false
}

// opAdd appends to a list.
func opAdd(f *frame, c *call) (value, bool) {
	a := f.a
	recv, v := c.at(0), c.at(len(c.r.params))
	if len(c.Args) > 0 {
		v = c.at(c.Args[0])
	}
	f.asked(v, a.any(), equalsKey, hashKey, orderKey)
	at, one := a.t.single(recv)
	if one && a.t.node(at).kind == kObj && !f.looping() && len(c.r.params) == 1 {
		n, known := int64(0), true
		if old, ok := f.s.get(slot{at, countField}); ok {
			n, known = a.t.number(old)
		}
		if known && n < 64 {
			a.store(f.s, recv, element(n), v)
			a.store(f.s, recv, countField, a.t.num(n+1))
			return a.t.num(1), false
		}
	}
	a.store(f.s, recv, countField, a.any())
	a.add(f.s, recv, "[?]", v)
	return a.t.num(1), false
}

// opArrayCopy is System.arraycopy.
func opArrayCopy(f *frame, c *call) (value, bool) {
	a := f.a
	from, ok1 := a.t.number(c.at(2))
	to, ok2 := a.t.number(c.at(4))
	n, ok3 := a.t.number(c.at(5))
	at, one := a.t.single(c.at(1))
	if ok1 && ok2 && ok3 && one && n >= 0 && n <= maxElements && a.t.node(at).kind == kObj && !f.looping() {
		if _, mixed := f.s.get(slot{at, "[?]"}); !mixed {
			for i := range n {
				if v := f.s.at(slot{at, element(from + i)}); v != nothing {
					a.store(f.s, c.at(3), element(to+i), v)
				}
			}
			return nothing, false
		}
	}
	v := f.a.load(f.s, c.at(1), "[*]")
	if v != nothing {
		f.a.add(f.s, c.at(3), "[?]", v)
	}
	return nothing, false
}

// worldWriteable is the mode of a file that every app may write (android.content.Context#MODE_WORLD_WRITEABLE).
const worldWriteable = 2

// opStore returns a place outside the heap: text is its kind, args the parameter with its name.
func opStore(f *frame, c *call) (value, bool) {
	name := "*"
	if len(c.Args) > 0 {
		v := f.text(c.at(c.Args[0]))
		if s, ok := f.a.t.text(v); ok {
			name = s
		} else if at, one := f.a.t.single(v); one && f.a.t.node(at).kind == kConcat {
			name = f.a.spell(v)
		} else if f.a.t.symbolic(v) {
			return nothing, true
		}
	} else if c.Text == "pref" {
		name = f.a.app.Package + "_preferences"
	}
	name = f.ofPackage(c, name)
	v := f.a.t.of(node{kind: kStore, s: c.Text + ":" + name})
	if mode, ok := f.a.t.number(c.at(2)); ok && c.Text == "pref" && len(c.Args) > 0 && mode&worldWriteable != 0 {
		f.a.writeable[c.Text+":"+name] = true
	}
	if c.r.name == "<init>" { // a stream or file object stands for its place
		f.a.store(f.s, c.at(0), wrappedField, v)
		f.a.store(f.s, c.at(0), nameField, f.a.t.str(name))
		return nothing, false
	}
	return v, false
}

// place returns the stores behind a value: the value itself, or what a stream writes to.
func (f *frame) place(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kStore:
			out = a.t.join(out, a.t.one(at))
		case kObj, kHome:
			if in := a.load(f.s, a.t.one(at), wrappedField); in != nothing {
				for _, i := range a.t.atomsOf(in) {
					if a.t.node(i).kind == kStore {
						out = a.t.join(out, a.t.one(i))
					} else if i != at {
						out = a.t.join(out, f.place(a.t.one(i)))
					}
				}
			}
		}
	}
	return out
}

// opRead reads a place named by text and a key: Settings.Secure.getString, SystemProperties.get.
func opRead(f *frame, c *call) (value, bool) {
	a := f.a
	key, wait := f.key(c.at(c.Key))
	if wait {
		return nothing, true
	}
	if data, ok := a.voc.Fields["setting:"+c.Text+":"+strings.Trim(key, "[]")]; ok {
		return f.read(data, c.site), false
	}
	if key != "[?]" {
		f.mention(map[bool]string{true: "property", false: "setting"}[c.Text == "prop" || c.Text == "jprop"], strings.Trim(key, "[]"))
	}
	def := nothing
	if len(c.r.params) > c.Key {
		def = c.at(c.Key + 1)
	}
	base := a.t.atom(node{kind: kStore, s: c.Text})
	if v, ok := f.s.get(slot{base, key}); ok {
		return v, false
	}
	return a.t.of(node{kind: kCell, a: uint32(base), b: uint32(def), s: key}), false
}

// opWrite writes a place named by text and a key.
func opWrite(f *frame, c *call) (value, bool) {
	key, wait := f.key(c.at(c.Key))
	if wait {
		return nothing, true
	}
	place := f.a.t.of(node{kind: kStore, s: c.Text})
	f.a.store(f.s, place, key, c.at(c.Key+1))
	f.keep(place, key, c.at(c.Key+1), c.Key, c.site)
	return f.a.t.num(1), false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
