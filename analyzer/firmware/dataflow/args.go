package dataflow

import (
	"encoding/binary"
	"slices"
	"strings"
)

// args numbers a list of arguments; 0 stands for arguments of which nothing is known.
type args uint32

// argTable numbers lists of arguments.
type argTable struct {
	lists [][]value
	ids   map[string]args
}

func (t *argTable) of(list []value) args {
	if !slices.ContainsFunc(list, func(v value) bool { return v != nothing }) {
		return 0
	}
	if t.ids == nil {
		t.ids, t.lists = map[string]args{}, make([][]value, 1)
	}
	key := make([]byte, 0, 4*len(list))
	for _, v := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(v))
	}
	if id, ok := t.ids[string(key)]; ok {
		return id
	}
	id := args(len(t.lists))
	t.lists, t.ids[string(key)] = append(t.lists, slices.Clone(list)), id
	return id
}

func (t *argTable) list(id args) []value {
	if id == 0 {
		return nil
	}
	return t.lists[id]
}

// argsOf numbers what of arguments may decide a condition: numbers, texts, objects that others know, and what the caller
// itself was handed.
func (a *analysis) argsOf(list []value) args {
	var out []value
	for i, v := range list {
		if i < 32 && a.deciding(v) {
			if out == nil {
				out = make([]value, min(len(list), 32))
			}
			out[i] = v
		}
	}
	return a.handed.of(out)
}

func (a *analysis) deciding(v value) bool {
	atoms := a.t.atomsOf(v)
	if len(atoms) == 0 || len(atoms) > 4 {
		return false
	}
	for _, at := range atoms {
		for range maxDepth {
			if n := a.t.node(at); n.kind == kLoad {
				at = atom(n.a)
			}
		}
		switch n := a.t.node(at); n.kind {
		case kInt, kStr, kParam:
		case kHome:
			if n.b == 0 {
				return false
			}
		case kStore:
			if !strings.HasPrefix(n.s, askedPlace) && n.s != filledPlace {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// askedPlace begins the names of places that stand for an intent with a known action.
const askedPlace = "asked:"

// asked is an intent of which only the action is known.
func (a *analysis) askedFor(action string) value {
	at := a.t.atom(node{kind: kStore, s: askedPlace + action})
	a.writeCell(slot{at, actionField}, a.t.str(action), nil)
	return a.t.one(at)
}

// paramsIn is the set of parameters that conditions rest on.
func (a *analysis) paramsIn(s condset) uint32 {
	out := uint32(0)
	for _, id := range a.c.sets[s] {
		c := a.c.conds[id]
		out |= a.paramsOf(c.x) | a.paramsOf(c.y)
		ways, _, _ := a.waysOf(c)
		for _, w := range ways {
			out |= a.paramsIn(w)
		}
	}
	return out
}

func (a *analysis) paramsOf(v value) uint32 {
	if !a.t.symbolic(v) {
		return 0
	}
	out := uint32(0)
	for _, at := range a.t.atomsOf(v) {
		for range 2 * maxDepth {
			n := a.t.node(at)
			switch n.kind {
			case kCompare:
				out |= a.paramsOf(value(n.a)) | a.paramsOf(value(n.b))
			case kAsk:
				out |= a.paramsOf(value(n.b))
			}
			if n.kind == kParam && n.a < 32 {
				out |= 1 << n.a
			}
			if n.kind != kLoad && n.kind != kCell {
				break
			}
			at = atom(n.a)
		}
	}
	return out
}
