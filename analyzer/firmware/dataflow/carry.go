package dataflow

import (
	"slices"
	"strings"
)

// maxWays bounds the strings that alternatives in the parts of one make.
const maxWays = 12

// join maps a joined string, part by part.
func (p *mapping) join(parts []atom) value {
	a := p.f.a
	out := []atom{}
	for i, part := range parts {
		v := p.atom(part)
		if v == nothing && a.t.ofBuilder(part) {
			return nothing // not a builder but a text: the alternative without the field holds it
		}
		out = a.append(out, v, i == 0)
	}
	return a.t.make(out)
}

// append appends what v may be to every string in heads.
func (a *analysis) append(heads []atom, v value, first bool) []atom {
	tails := a.pieces(v)
	if first {
		return tails
	}
	var lost []atom // stays beside the texts
	heads, lost = apartFrom(heads, lost)
	tails, lost = apartFrom(tails, lost)
	if len(heads)*len(tails) > maxWays {
		return append(a.begun(heads, tails), lost...)
	}
	var out []atom
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, a.t.concat(h, t))
		}
	}
	return append(out, lost...)
}

// apartFrom parts the marks of what was lost from a list and adds them to others.
func apartFrom(list, lost []atom) (rest, all []atom) {
	for _, at := range list {
		if marked(at) {
			lost = append(lost, at)
		} else {
			rest = append(rest, at)
		}
	}
	if len(rest) == 0 {
		rest = append(rest, anyAtom)
	}
	return rest, lost
}

// begun is what texts of too many kinds are known by: how they begin, and what they carry.
func (a *analysis) begun(heads, tails []atom) []atom {
	var out []atom
	for _, h := range heads {
		if len(heads) > maxWays {
			h = a.beginning(h)
		}
		switch a.t.node(h).kind {
		case kStr, kConcat, kParam, kLoad, kResult, kCell, kPattern: // what the caller gives may be how an address begins
		default:
			h = anyAtom
		}
		out = append(out, a.t.concat(h, anyAtom))
	}
	if held := a.derive(a.t.make(append(append([]atom{}, heads...), tails...)), 0); a.carries(held) {
		out = append(out, a.t.atomsOf(held)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// beginning is how a joined text begins: its first part, and what is known to follow where the caller gives that.
func (a *analysis) beginning(h atom) atom {
	parts := a.t.partsOf(h)
	if n := a.t.node(parts[0]); n.kind != kStr && len(parts) > 1 && a.t.node(parts[1]).kind == kStr {
		return a.t.concat(parts[0], parts[1])
	}
	return parts[0]
}

// pieces returns what a value may be as text: objects are what they hold.
func (a *analysis) pieces(v value) []atom {
	var out []atom
	for _, held := range a.t.atomsOf(v) {
		at, n := held, a.t.node(held)
		switch n.kind {
		case kObj, kHome, kStore, kClass, kWhen:
			at = anyAtom
			if n.kind == kHome && a.enums.of[held] != nil {
				if title, ok := a.t.single(a.constantField(held, textField)); ok {
					at = title
				}
			}
		case kInt:
			if n.n == 0 {
				at = anyAtom // null as a rule
			} else {
				at = a.t.atom(node{kind: kStr, s: intText(n.n)})
			}
		}
		out = append(out, at)
	}
	if len(out) == 0 {
		out = append(out, anyAtom)
	}
	return out
}

// element reads a field; of an element with a key, also what was stored under keys that are not known.
func (a *analysis) element(s *state, base value, field string) value {
	v := a.load(s, base, field)
	if strings.HasPrefix(field, "[") && field != "[?]" && field != "[*]" {
		for _, b := range a.t.atomsOf(base) {
			if _, ok := s.get(slot{b, "[?]"}); ok && a.copyOnly(s, b) {
				v = a.t.join(v, a.load(s, s.at(slot{b, copiedField}), field))
			} else if ok {
				v = a.t.join(v, a.loadAtom(s, b, "[?]"))
			}
		}
	}
	return v
}

// whole maps a value that is tested: where nothing is known of a field of one of the things that it may be, it may be anything.
func (p *mapping) whole(v value) value {
	out := p.value(v)
	a := p.f.a
	if atoms := a.t.atomsOf(v); len(atoms) > 1 && a.t.symbolic(v) {
		for _, at := range atoms {
			if n := a.t.node(at); n.kind == kLoad && n.s != textField && p.atom(at) == nothing {
				return a.t.join(out, a.any())
			}
		}
	}
	return out
}
