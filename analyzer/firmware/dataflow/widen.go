package dataflow

import (
	"slices"
	"strings"
)

// A value that may be too many things is made coarser: first what loses nothing, then what loses only how a text goes on, which
// number it is, or that data leaves in a second form too. Only what is still too much after that is cut off, and the value says so; see missed.go.

// shrink makes a set small enough.
func (t *tables) shrink(list []atom) []atom {
	steps := [...]func([]atom) []atom{
		t.stated,
		t.prefixes,
		t.plain,
		t.leastChanged,
	}
	for _, step := range steps {
		if list = step(list); unmarked(list) <= maxSet {
			return list
		}
	}
	var kept []atom
	for _, at := range list {
		if len(kept) < maxAddresses && t.address(at) {
			kept = append(kept, at)
		}
	}
	slices.SortStableFunc(list, func(x, y atom) int { return t.weight(x) - t.weight(y) })
	lost := t.losing(slices.DeleteFunc(slices.Clone(list[maxSet-1:]), func(at atom) bool { return slices.Contains(kept, at) }))
	return compacted(slices.Concat(list[:maxSet-1], []atom{anyAtom}, lost, kept))
}

// maxAddresses bounds the addresses that stay in a set beside what is kept of the rest.
const maxAddresses = 4

// address reports whether a text begins as one that a connection is opened to: where data goes matters more than all
// it may be made of. A path or a query behind what the caller gives or a place holds is one too.
func (t *tables) address(a atom) bool {
	n := t.node(a)
	if n.kind == kConcat {
		parts := n.parts()
		if k, next := t.node(parts[0]).kind, t.node(parts[1]); k == kParam || k == kLoad || k == kCell || k == kPattern {
			return next.kind == kStr && strings.ContainsAny(next.s, "/?")
		}
		n = t.node(parts[0])
	}
	return n.kind == kStr && strings.Contains(n.s, "://") && !strings.HasPrefix(n.s, "content:")
}

// stated drops what is said twice: what comes from anything in an atom, where what comes from the atom is there.
func (t *tables) stated(list []atom) []atom {
	return t.without(list, func(at atom, n *node) bool {
		if n.kind != kDerived || t.node(atom(n.a)).kind != kAllOf {
			return false
		}
		w := *n
		w.a = t.node(atom(n.a)).a
		b, ok := t.atoms[w]
		if !ok {
			return false
		}
		_, there := slices.BinarySearch(list, b)
		return there
	})
}

func (t *tables) without(list []atom, drop func(at atom, n *node) bool) []atom {
	out := make([]atom, 0, len(list))
	for _, at := range list {
		if !drop(at, t.node(at)) {
			out = append(out, at)
		}
	}
	return out
}

// prefixes replaces joined texts by how they begin, and what their parts carry: a constant, or what the caller gives or a place holds
// with the constant behind it. By themselves such parts are nothing that the text may be.
func (t *tables) prefixes(list []atom) []atom {
	var out []atom
	for _, at := range list {
		if t.node(at).kind != kConcat {
			out = append(out, at)
			continue
		}
		parts := t.node(at).parts()
		switch first := t.node(parts[0]).kind; {
		case first == kStr:
			out = append(out, t.concat(parts[0], anyAtom))
		case first != kParam && first != kLoad && first != kResult && first != kCell && first != kPattern:
			out = append(out, anyAtom)
		case t.node(parts[1]).kind == kStr:
			out = append(out, t.concat(t.concat(parts[0], parts[1]), anyAtom))
		default:
			out = append(out, t.concat(parts[0], anyAtom))
		}
		for _, p := range parts {
			switch t.node(p).kind {
			case kStr, kInt, kPattern:
			case kAny:
				if marked(p) {
					out = append(out, p)
				}
			case kParam, kLoad, kResult, kCell, kAllOf:
				out = append(out, t.atom(node{kind: kDerived, a: uint32(p)}))
			default:
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// plain replaces numbers, answers and their like by something of no interest: a choice that is made by them may go any way.
func (t *tables) plain(list []atom) []atom {
	n := len(list)
	out := t.without(list, func(at atom, n *node) bool {
		switch n.kind {
		case kInt, kWhen, kCompare, kAsk:
			return true
		case kAny:
			return !marked(at)
		case kApi:
			return n.s != "remote"
		}
		return false
	})
	if len(out) == n {
		return out
	}
	return slices.Insert(out, 0, anyAtom)
}

// leastChanged drops data that is also there with fewer transforms: what is lost is one of the forms it leaves in, not that it leaves.
func (t *tables) leastChanged(list []atom) []atom {
	return t.without(list, func(_ atom, n *node) bool {
		if n.kind != kDerived && n.kind != kSource || n.b == 0 {
			return false
		}
		for _, at := range list {
			m := *t.node(at)
			if fewer := m.b; fewer != n.b && fewer&^n.b == 0 {
				if m.b = n.b; m == *n {
					return true
				}
			}
		}
		return false
	})
}

// weight orders kinds by what is lost first when a set is too large.
func (t *tables) weight(a atom) int {
	switch n := t.node(a); n.kind {
	case kSource:
		if n.s != "" {
			return 4
		}
		return 0
	case kParam, kLoad, kResult, kDerived, kCell, kAllOf:
		return 1
	case kObj, kHome, kStore:
		return 2
	case kConcat, kStr, kPattern, kClass, kMethod, kField:
		return 3
	case kWhen, kApi:
		return 4
	}
	return 5
}

// labels is what a value carries that is made of one: no text of it is the text of the other.
func (a *analysis) labels(v value) value {
	if v == nothing {
		return v
	}
	return a.derive(v, 0)
}
