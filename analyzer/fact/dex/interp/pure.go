package interp

import (
	"strings"
)

// maxReach bounds the methods that Pure looks at.
const maxReach = 512

// Pure tells whether the interpreter can run a method of the program, as far as its code and the code that it calls
// tell: it calls nothing but methods of the program and modelled ones, writes no static field, and reads none that
// other methods write. The string says why not. A call of an interface, or of a method that subclasses override, is
// taken to be what its declaration says, and static initialisers are not looked at: a run may still stop.
func (p *Program) Pure(ref string) (bool, string) {
	if why, ok := p.pure.Load(ref); ok {
		return why == "", why.(string)
	}
	why := p.impurity(ref)
	p.pure.Store(ref, why)
	return why == "", why
}

func (p *Program) impurity(ref string) string {
	name, sig, _ := strings.Cut(ref, "->")
	t, ok := p.class(name).lookup(sig)
	if !ok || t.m == nil {
		return "no method " + ref + " in the program"
	}
	seen := map[*method]bool{t.m: true}
	for queue := []*method{t.m}; len(queue) > 0; queue = queue[1:] {
		m := queue[0]
		if why := m.local(); why != "" {
			return why + " in " + m.ref()
		}
		for _, k := range m.code.calls {
			c, why := k.callee()
			if why != "" {
				return why + " in " + m.ref()
			}
			if c == nil || seen[c] {
				continue
			}
			if seen[c] = true; len(seen) > maxReach {
				return "more methods than Pure looks at"
			}
			queue = append(queue, c)
		}
	}
	return ""
}

// local says what a method's own instructions do that a run cannot.
func (m *method) local() string {
	c, err := m.linked()
	if err != nil {
		return err.Error()
	}
	for _, s := range c.stops[:max(0, len(c.stops)-1)] { // the last one stands behind the code
		return s.What
	}
	for i := range c.insts {
		in := &c.insts[i]
		switch in.op {
		case opStaticPut:
			if r := c.statics[in.x]; !m.clinit() || r.field == nil || r.field.class != m.class {
				return "write to a static field"
			}
		case opStaticGet:
			switch r := c.statics[in.x]; {
			case r.err != nil:
				return r.err.What
			case r.mutable:
				return "read of " + r.field.class.name + "->" + r.field.name + ", which other methods write"
			}
		case opFieldGet, opFieldPut:
			if r := c.fields[in.x]; r.err != nil {
				return r.err.What
			}
		case opNew:
			if k := c.types[in.x]; k.unknown {
				return "new " + k.name
			}
		}
	}
	return ""
}

// standIn names a class that models the methods of an interface.
var standIn = map[string]string{
	"Ljava/util/List;": "Ljava/util/ArrayList;", "Ljava/util/Collection;": "Ljava/util/ArrayList;", "Ljava/lang/Iterable;": "Ljava/util/ArrayList;",
	"Ljava/util/Map;": "Ljava/util/HashMap;", "Ljava/util/Set;": "Ljava/util/HashSet;", "Ljava/util/Iterator;": "Ljava/util/ListIterator;",
	"Ljava/util/Enumeration;": "Ljava/util/ListIterator;", "Ljava/util/Map$Entry;": "Ljava/util/AbstractMap$SimpleEntry;",
	"Ljava/lang/CharSequence;": "Ljava/lang/String;", "Ljava/lang/Comparable;": "Ljava/lang/String;", "Ljava/util/Queue;": "Ljava/util/LinkedList;",
	"Ljava/util/Deque;": "Ljava/util/LinkedList;", "Ljava/util/zip/Checksum;": "Ljava/util/zip/CRC32;",
	"Ljava/lang/Appendable;": "Ljava/lang/StringBuilder;",
}

// callee is the method of the program that a call runs, nil for a model or one that only the run can tell.
func (k *call) callee() (*method, string) {
	t, ok := k.fixed, k.found
	if k.virtual {
		if t, ok = k.class.lookup(k.sig); !ok && k.class.file != nil && !k.class.unknown {
			return nil, ""
		}
		if stand := standIn[k.class.name]; !ok && stand != "" {
			t, ok = k.class.p.class(stand).lookup(k.sig)
		}
	}
	switch {
	case !ok:
		return nil, "call of " + k.ref()
	case t.m != nil && t.m.offset == 0 && k.virtual && k.class.file != nil:
		return nil, "" // abstract
	}
	return t.m, ""
}
