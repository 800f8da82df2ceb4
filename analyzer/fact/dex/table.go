package dex

import (
	"cmp"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// classMember marks a member that is a class and not a method; indices of methods are smaller, as eight
// bytes stand for each.
const classMember = 1 << 31

// uses collects who uses what, in the order of the walk.
type uses struct {
	ids     []uint32    // what is used
	sites   []fact.Site // by whom: Member counts in members
	members []uint32    // methods and, with classMember, types
}

func (u *uses) add(id, member uint32, site fact.Site) {
	if n := len(u.members); n == 0 || u.members[n-1] != member {
		u.members = append(u.members, member)
	}
	site.Member = uint32(len(u.members) - 1)
	u.ids = append(u.ids, id)
	u.sites = append(u.sites, site)
}

// table groups the uses by value. count bounds the ids, value spells one.
func (u *uses) table(t *fact.Table, count int, value func(uint32) string, member func(uint32) string) *fact.Table {
	if len(u.ids) == 0 {
		return nil
	}
	type row struct {
		id    uint32
		value string
	}
	var rows []row
	seen := make([]bool, count)
	for _, id := range u.ids {
		if !seen[id] {
			seen[id] = true
			rows = append(rows, row{id, value(id)})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(strings.Compare(a.value, b.value), cmp.Compare(a.id, b.id))
	})
	rank := make([]uint32, count)
	distinct := 0
	for i := range rows {
		if i == 0 || rows[i].value != rows[i-1].value {
			distinct++
		}
		rank[rows[i].id] = uint32(distinct - 1)
	}
	t.Values = make([]string, 0, distinct)
	for i := range rows {
		if i == 0 || rows[i].value != rows[i-1].value {
			t.Values = append(t.Values, rows[i].value)
		}
	}
	u.place(t, rank)
	t.Members = make([]string, len(u.members))
	for i, m := range u.members {
		t.Members[i] = member(m)
	}
	return t
}

// place sorts the sites under their values by counting, which keeps the order of the walk.
func (u *uses) place(t *fact.Table, rank []uint32) {
	t.Starts = make([]uint32, len(t.Values)+1)
	for _, id := range u.ids {
		t.Starts[rank[id]+1]++
	}
	for i := 1; i < len(t.Starts); i++ {
		t.Starts[i] += t.Starts[i-1]
	}
	next := slices.Clone(t.Starts)
	t.Sites = make([]fact.Site, len(u.sites))
	for i, id := range u.ids {
		r := rank[id]
		t.Sites[next[r]] = u.sites[i]
		next[r]++
	}
}

// names keeps strings in few large blocks and bounds what they take together.
type names struct {
	block strings.Builder
	left  int64
	buf   []byte

	member func(uint32) string // spells members, made on first use
}

const blockSize = 64 << 10

// keep returns b as a string; "" once the bound is reached.
func (n *names) keep(b []byte) string {
	n.left -= int64(len(b))
	if n.left < 0 || len(b) == 0 {
		return ""
	}
	if n.block.Cap()-n.block.Len() < len(b) {
		n.block = strings.Builder{}
		n.block.Grow(max(blockSize, len(b)))
	}
	start := n.block.Len()
	n.block.Write(b)
	return n.block.String()[start:]
}

// memberName spells a member; methods are kept for the next table.
func (s *scan) memberName() func(uint32) string {
	cache := make([]string, s.f.NumMethods())
	return func(m uint32) string {
		if s.names.left < 0 { // nothing more is kept: do not spell it either
			return ""
		}
		if m&classMember != 0 {
			s.names.buf = s.f.appendString(s.names.buf[:0], s.f.TypeString(m&^classMember))
			return s.names.keep(s.names.buf)
		}
		if uint64(m) >= uint64(len(cache)) {
			return ""
		}
		if cache[m] == "" {
			s.names.buf = s.f.AppendMethodRef(s.names.buf[:0], m)
			cache[m] = s.names.keep(s.names.buf)
		}
		return cache[m]
	}
}

func (s *scan) classTable() *fact.Table {
	var list []string
	for i := range s.f.NumClasses() {
		c, _ := s.f.Class(i)
		b := s.f.appendString(s.names.buf[:0], s.f.TypeString(c.Class))
		s.names.buf = b
		if len(b) < 3 || b[0] != 'L' || b[len(b)-1] != ';' {
			continue
		}
		b = b[1 : len(b)-1]
		for i := range b {
			if b[i] == '/' {
				b[i] = '.'
			}
		}
		if name := s.names.keep(b); name != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return &fact.Table{Kind: "class", Column: "name", Values: slices.Clip(slices.Compact(list))}
}

func (s *scan) callTable() *fact.Table {
	t := &fact.Table{Kind: "api", Column: "call"}
	value := func(method uint32) string {
		if s.names.left < 0 {
			return ""
		}
		id, _ := s.f.Method(method)
		s.names.buf = s.f.appendCall(s.names.buf[:0], s.callee(method)-outside, id)
		return s.names.keep(s.names.buf)
	}
	return s.calls.table(t, s.f.NumMethods(), value, s.members())
}

// nativeTable lists the methods that a native library implements.
func (s *scan) nativeTable() *fact.Table {
	slices.Sort(s.natives)
	var list []string
	for _, m := range slices.Compact(s.natives) {
		if ref := s.members()(m); ref != "" {
			list = append(list, ref)
		}
	}
	slices.Sort(list)
	return &fact.Table{Kind: "native-declared", Column: "method", Values: slices.Clip(slices.Compact(list))}
}

// stringTables returns the tables of plain and of recovered strings, in that order.
func (s *scan) stringTables() []*fact.Table {
	var out []*fact.Table
	common := func(recovered string) *fact.Table {
		return &fact.Table{Kind: "string", Column: "value", Common: fact.F("source", "dex", "recovered", recovered)}
	}
	value := func(i uint32) string {
		if s.names.left < 0 {
			return ""
		}
		b, _ := s.f.MUTF8(i)
		s.names.buf = AppendMUTF8(s.names.buf[:0], b)
		return s.names.keep(s.names.buf)
	}
	if t := s.strings.table(common("plain"), s.f.NumStrings(), value, s.members()); t != nil {
		t.Idle = s.idleMembers(s.strings.members)
		out = append(out, t)
	}
	for k := range s.arrays {
		a := &s.arrays[k]
		value := func(i uint32) string { return a.values[i] }
		if t := a.uses.table(common(arrayKinds[k]), len(a.values), value, s.members()); t != nil {
			t.Idle = s.idleMembers(a.uses.members)
			out = append(out, t)
		}
	}
	return out
}

// members returns the one memo of member names of this scan.
func (s *scan) members() func(uint32) string {
	if s.names.member == nil {
		s.names.member = s.memberName()
	}
	return s.names.member
}
