package dataflow

import (
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// outward is what code of a library does, as far as it takes to tell whether an app that calls it has to be looked at,
// and which of its methods are entered.
type outward struct {
	sends   map[string]bool // methods by reference: from here data may leave, or another is reached from which it may
	matters map[string]bool // methods that are entered
	classes map[string]bool // with a method that sends and that the platform calls by itself
	supers  map[string]string
}

// outwardWork finds the methods of a library that reach calls of a sort, by the methods they name and the classes they
// make objects of.
type outwardWork struct {
	voc      *Vocabulary
	out      *outward
	defined  map[string]bool     // methods, true where they have a body
	all      map[string][]string // methods by class
	from     map[string][]string // callers by callee
	sending  []string            // where to begin
	mattered []string
}

// Outward prepares a library: which of its methods are entered, and which apps have to be looked at because of it; see
// [Vocabulary.ConcernsWith]. Entered is what reaches a place where data leaves, is read, is kept or is changed, or calls
// what an app may implement; and all methods of classes that send, for what they send is given to them before. Of others, such as
// those that format numbers, what they are given and what they return is all there is to know. Behind are the libraries
// that this one may call.
func (p *Program) Outward(v *Vocabulary, behind *Program) {
	o := &outward{sends: map[string]bool{}, matters: map[string]bool{}, classes: map[string]bool{}, supers: map[string]string{}}
	w := &outwardWork{voc: v, out: o, defined: map[string]bool{}, all: map[string][]string{}, from: map[string][]string{}}
	w.each(p, func(f *dex.File, class string, m dex.EncodedMethod) {
		ref := f.MethodRef(m.Method)
		w.defined[ref] = m.Code != 0
		w.all[class] = append(w.all[class], ref)
	})
	w.each(p, func(f *dex.File, class string, m dex.EncodedMethod) { w.calls(p, f, m, behind) })
	w.spread(o.sends, w.sending)
	w.spread(o.matters, w.mattered)
	for class, list := range w.all {
		for _, ref := range list {
			o.matters[ref] = o.matters[ref] || o.kept(class)
		}
	}
	for ref := range o.sends {
		class, name := classAndName(ref)
		if lifeNames[name] || strings.HasPrefix(name, "on") || name == "<init>" {
			o.classes[class] = true
		}
		for c, n := class, 0; c != "" && n < maxChain; c, n = o.supers[c], n+1 {
			for _, m := range w.all[c] {
				o.matters[m] = true
			}
		}
	}
	p.out = o
}

// kept reports whether a class of a library is of constants, which their constructors number and name, or of containers: what
// they hold, and under which keys, is known only where their methods are entered.
func (o *outward) kept(class string) bool {
	for range maxChain {
		if class = o.supers[class]; class == "" {
			return false
		}
		if class == enumClass || strings.HasPrefix(class, "Ljava/util/") && (strings.HasSuffix(class, "Map;") || strings.HasSuffix(class, "List;") || strings.HasSuffix(class, "Set;")) {
			return true
		}
	}
	return false
}

func classAndName(ref string) (class, name string) {
	class, rest, _ := strings.Cut(ref, "->")
	name, _, _ = strings.Cut(rest, "(")
	return class, name
}

// spread marks methods and all that reach them.
func (w *outwardWork) spread(marks map[string]bool, todo []string) {
	for len(todo) > 0 {
		ref := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !marks[ref] {
			marks[ref] = true
			todo = append(todo, w.from[ref]...)
		}
	}
}

// each calls yield with all methods of the classes of a library that are entered.
func (w *outwardWork) each(p *Program, yield func(*dex.File, string, dex.EncodedMethod)) {
	p.each(func(f *dex.File, name string, def *dex.ClassDef) {
		if def.Super != dex.NoIndex {
			w.out.supers[name] = f.Type(def.Super)
		}
	}, yield)
}

// calls notes what a method calls and makes.
func (w *outwardWork) calls(p *Program, f *dex.File, m dex.EncodedMethod, behind *Program) {
	self := f.MethodRef(m.Method)
	p.outgoing(f, m, func(op dex.Op, ref string) {
		switch {
		case op.Invoke():
			w.call(self, ref, behind)
		case op == dex.OpNewInstance:
			for _, callee := range w.all[ref] {
				w.edge(self, callee)
			}
		}
	})
}

func (w *outwardWork) edge(from, to string) {
	if l := w.from[to]; from != to && (len(l) == 0 || l[len(l)-1] != from) { // a method's edges come together
		w.from[to] = append(l, from)
	}
}

func (w *outwardWork) call(self, ref string, behind *Program) {
	class, name := classAndName(ref)
	rest := ref[min(len(class)+2, len(ref)):]
	for c, n := class, 0; c != "" && n < maxChain; c, n = w.out.supers[c], n+1 {
		callee := c + "->" + rest
		if body, ok := w.defined[callee]; ok {
			if w.edge(self, callee); !body {
				w.mattered = append(w.mattered, self) // an app may have the body
			}
			return
		}
	}
	if w.voc.leaving[name] && w.voc.leaves(class, name, w.out.supers, leaving, 0) || behind != nil && behind.sends(class, rest, w.out.supers) {
		w.sending = append(w.sending, self)
		w.mattered = append(w.mattered, self)
	} else if settingsClasses[class] || w.voc.leaves(class, name, w.out.supers, touching, 0) || behind != nil && behind.enters(ref) {
		w.mattered = append(w.mattered, self)
	}
}

// settingsClasses are where gates are read.
var settingsClasses = map[string]bool{
	"Landroid/content/SharedPreferences;": true, "Landroid/content/SharedPreferences$Editor;": true, "Landroid/os/SystemProperties;": true,
	"Landroid/provider/Settings$System;": true, "Landroid/provider/Settings$Secure;": true, "Landroid/provider/Settings$Global;": true,
}

// touching reports whether a call reads personal data, or reaches what is outside the objects it is given: places where
// values are kept, other components, what runs later.
func touching(c *Call) bool {
	switch c.Op {
	case "store", "read", "write", "class", "method-call", "start", "task", "register", "set-result", "file", "file-stream", "file-exists", "listen",
		"callback", "register-listener", "bind", "provider-write", "db-write", "db-read", "permission-check", "own-intent", "pending", "set-field", "get-field",
		"add-service", "system-service":
		return true
	}
	return reading(c) || changing(c) || strings.HasPrefix(c.Op, "async")
}

// changing reports whether a call hashes, encrypts, encodes or compresses what it is given: what comes out of a method that
// calls it is not what went in.
func changing(c *Call) bool {
	return c.Op == "wrap" && transformBits[c.Text] != 0 || slices.ContainsFunc(c.Flow, func(m Move) bool { return m.Bits != 0 })
}

// enters reports whether a method of a library is entered.
func (p *Program) enters(ref string) bool {
	if p.asked != nil {
		class, _ := classAndName(ref)
		p.mark(class)
	}
	for _, part := range p.parts {
		if part.enters(ref) {
			return true
		}
	}
	return p.parts == nil && (p.out == nil || p.out.matters[ref])
}

// sends reports whether a call of a method may reach one of a library from which data leaves.
func (p *Program) sends(class, rest string, supers map[string]string) bool {
	return p.above(class, supers, func(o *outward, class string) bool { return o.sends[class+"->"+rest] })
}

// starts reports whether the platform may call a method that a class inherits from a library and from which data leaves.
func (p *Program) starts(class string) bool {
	return p.above(class, nil, func(o *outward, class string) bool { return o.classes[class] })
}

// above reports whether something holds of a class or of one above it, in any of the libraries. supers are those of classes
// outside of them.
func (p *Program) above(class string, supers map[string]string, holds func(o *outward, class string) bool) bool {
	for _, part := range p.leaves() {
		if part.out == nil {
			continue
		}
		c := class
		for n := 0; c != "" && n < maxChain; n++ {
			p.mark(c)
			if holds(part.out, c) {
				return true
			}
			if s, ok := supers[c]; ok {
				c = s
			} else {
				c = part.out.supers[c]
			}
		}
	}
	return false
}

// ConcernsWith reports what [Vocabulary.Concerns] does of code that is linked to libraries.
func (v *Vocabulary) ConcernsWith(files []*dex.File, lib *Program) bool {
	if v.Concerns(files) {
		return true
	}
	if lib == nil {
		return false
	}
	supers := map[string]string{}
	for _, f := range files {
		for i := range f.NumClasses() {
			if def, ok := f.Class(i); ok && def.Super != dex.NoIndex {
				name, super := f.Type(def.Class), f.Type(def.Super)
				supers[name] = super
				if lib.starts(super) {
					return true
				}
			}
		}
	}
	for _, f := range files {
		for i := range uint32(f.NumMethods()) {
			class, rest, _ := strings.Cut(f.MethodRef(i), "->")
			if !platformClass(class) && lib.sends(class, rest, supers) {
				return true
			}
		}
	}
	return false
}
