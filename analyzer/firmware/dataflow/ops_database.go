package dataflow

import "strings"

// opProviderWrite gives rows to a provider; opDBWrite and opDBRead keep them in a table.
func opProviderWrite(f *frame, c *call) (value, bool) {
	a := f.a
	uri := f.uri(c.at(1))
	if a.t.symbolic(uri) || a.t.symbolic(c.at(2)) && a.ownRows(uri) { // who made the row may go on to fill it
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
