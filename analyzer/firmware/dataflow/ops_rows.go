package dataflow

import (
	"strings"
)

// opQuery reads rows of a content address: personal data by the address, else what another app's provider gives.
func opQuery(f *frame, c *call) (value, bool) {
	a := f.a
	uri := f.uri(c.arg(0))
	if a.t.symbolic(uri) {
		return nothing, true
	}
	f.rows(c, uri)
	v := f.object("Landroid/database/Cursor;")
	if len(c.r.params) > 1 {
		a.store(f.s, v, "$projection", c.at(2))
	}
	src := func(data string, bits uint32) value {
		f.read(data, c.site)
		return a.t.of(node{kind: kSource, a: a.dataType(data), b: bits, n: int64(c.site)})
	}
	for _, s := range a.spellings(uri) {
		f.mention("content-uri", s)
		data := ""
		for _, u := range a.voc.URIs {
			if strings.HasPrefix(s, u.Prefix) {
				data = u.Data
				break
			}
		}
		columns := a.voc.Columns[data]
		switch rest, ok := strings.CutPrefix(s, "content://"); {
		case columns != nil:
			for _, name := range sortedKeys(columns) {
				if name == "*" {
					a.add(f.s, v, anyColumn, src(columns[name], asInexact))
				} else {
					a.add(f.s, v, columnField+name, src(columns[name], 0))
				}
			}
			a.store(f.s, v, "$columns", a.t.str(data))
			f.numbered(c, v)
		case data != "":
			a.add(f.s, v, "[?]", src(data, 0))
		case ok:
			authority, _, _ := strings.Cut(rest, "/")
			a.add(f.s, v, "[?]", a.t.of(node{kind: kCell, a: uint32(a.t.atom(node{kind: kStore, s: "provider:" + authority})), s: "[*]"}))
		}
	}
	return v, false
}

// maxNumbered bounds the columns of a query that are kept by their number.
const maxNumbered = 40

// numbered keeps the columns that a query asks for under their numbers, for who is given the rows and not the names.
func (f *frame) numbered(c *call, rows value) {
	a := f.a
	for i := range int64(maxNumbered) {
		name, ok := a.t.text(a.element(f.s, c.at(2), element(i)))
		if !ok || len(c.r.params) < 2 {
			return
		}
		if held := a.load(f.s, rows, columnField+name); held != nothing {
			a.store(f.s, rows, columnField+element(i), held)
		}
	}
}

// uri is where a Uri, or a text, leads.
func (f *frame) uri(v value) value {
	if to := f.address(v); to != nothing {
		return to
	}
	return f.text(v)
}

// opColumn reads a column of a row: by name where getColumnIndex or the projection tells it.
func opColumn(f *frame, c *call) (value, bool) {
	a := f.a
	recv, index := c.at(0), c.at(1)
	if a.t.symbolic(index) || a.t.symbolic(recv) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(recv) {
		one := a.t.one(at)
		name, known := a.t.text(index)
		if n, ok := a.t.number(index); ok && !known {
			name, known = a.t.text(a.element(f.s, f.s.at(slot{at, "$projection"}), element(n)))
		}
		if table := f.s.at(slot{at, tableField}); known && table != nothing {
			out = a.t.join(out, a.load(f.s, table, "["+name+"]"))
			continue
		}
		out = a.t.join(out, a.load(f.s, one, "[*]"))
		field := anyColumn
		if known {
			field = columnField + name
		} else if n, ok := a.t.number(index); ok && a.t.node(at).kind != kObj {
			out = a.t.join(out, a.load(f.s, one, columnField+element(n)))
		}
		if k := a.t.node(at).kind; k == kObj {
			out = a.t.join(out, f.s.at(slot{at, field}))
		} else {
			out = a.t.join(out, a.load(f.s, one, field))
		}
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// Fields of a cursor: its columns.
const (
	columnField = "column "
	anyColumn   = "column *"
	tableField  = "$table" // the table of the app's own that it is a row of
)

// opColumnCopy reads a column into a buffer.
func opColumnCopy(f *frame, c *call) (value, bool) {
	v, wait := opColumn(f, c)
	if !wait {
		f.a.add(f.s, c.at(2), "[?]", v)
		f.a.add(f.s, c.at(2), "data:[", v)
	}
	return nothing, wait
}
