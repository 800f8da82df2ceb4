package dataflow

import (
	"encoding/binary"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

type narrowWork struct {
	p, lib  *Program
	v       *Vocabulary
	supers  map[string]string
	over    map[string][]string // superclass and interfaces
	all     map[string][]string // methods by class
	named   map[string][]string // methods with code by name and prototype
	calls   map[string][]string // callees
	makes   map[string][]string // classes that a method makes objects of
	of      map[string][]string // the class of a method
	above   map[string]map[string]bool
	guesses int
	// where data leaves, and is read
	sending, begin []string
	enter          map[string]bool // true, but of those that are entered for what stands before a call
}

// each calls yield with all methods of the program.
func (w *narrowWork) each(yield func(*dex.File, string, dex.EncodedMethod)) {
	w.p.each(func(f *dex.File, name string, def *dex.ClassDef) {
		if w.over[name] != nil {
			return
		}
		if def.Super != dex.NoIndex {
			w.supers[name] = f.Type(def.Super)
			w.over[name] = append(w.over[name], f.Type(def.Super))
		}
		for l := def.Interfaces; len(l) >= 2; l = l[2:] {
			w.over[name] = append(w.over[name], f.Type(uint32(binary.LittleEndian.Uint16(l))))
		}
	}, yield)
}

func (w *narrowWork) list(f *dex.File, class string, m dex.EncodedMethod) {
	ref := f.MethodRef(m.Method)
	w.all[class] = append(w.all[class], ref)
	w.of[ref] = []string{class}
	if _, key, _ := strings.Cut(ref, "->"); m.Code != 0 && m.Access&(dex.AccStatic|2) == 0 && len(w.named[key]) < maxNamed {
		w.named[key] = append(w.named[key], ref)
	}
}

// look notes what a method calls and makes.
func (w *narrowWork) look(f *dex.File, class string, m dex.EncodedMethod) {
	self := f.MethodRef(m.Method)
	seen := map[string]bool{}
	leaf, sets, sends, begins := true, false, false, w.given(class, self)
	known := w.p.outgoing(f, m, func(op dex.Op, ref string) {
		switch {
		case op.Invoke():
			c, rest, _ := strings.Cut(ref, "->")
			name, _, _ := strings.Cut(rest, "(")
			leaf = false
			sets = sets || settingsClasses[c]
			sends = sends || w.v.leaving[name] && w.v.leaves(c, name, w.supers, networking, 0) || w.lib != nil && w.lib.sends(c, rest, w.supers)
			begins = begins || w.v.reading[name] && w.v.leaves(c, name, w.supers, reading, 0)
			if !seen[ref] && !strings.HasPrefix(c, "Ljava/") && (name != "<init>" || w.all[c] != nil) {
				seen[ref] = true
				w.call(self, c, rest)
			}
		default: // a class that is named is to be made by its name
			w.makes[self] = append(w.makes[self], ref)
		}
	})
	if !known {
		return
	}
	if leaf || sets {
		w.enter[self] = false
	}
	for _, list := range []map[string][]string{w.calls, w.makes} {
		slices.Sort(list[self])
		list[self] = slices.Compact(list[self])
	}
	if begins {
		w.begin = append(w.begin, self)
	}
	if sends {
		w.sending = append(w.sending, self)
	}
}

// call notes which methods a call may mean: that of the class or of the first above it that has it, and those of classes below.
func (w *narrowWork) call(self, class, rest string) {
	for c, n := class, 0; c != "" && n < maxChain; c, n = w.supers[c], n+1 {
		if callee := c + "->" + rest; w.of[callee] != nil {
			w.calls[self] = append(w.calls[self], callee)
			break
		}
	}
	if strings.HasPrefix(rest, "<init>") || w.guesses >= maxGuessed {
		return
	}
	for _, callee := range w.named[rest] {
		if c, _, _ := strings.Cut(callee, "->"); c != class && w.below(c, class) {
			w.calls[self] = append(w.calls[self], callee)
			w.guesses++
		}
	}
}

// networking reports whether data leaves the phone at a call, or goes on the way out: what the system server runs and writes
// is the system's.
func networking(c *Call) bool {
	return c.Profile == "" && (c.Sink == "network" || c.Sink == "sms") || c.Op == "open" && c.Class != "Landroid/net/Uri;"
}

// below reports whether a class is derived from another.
func (w *narrowWork) below(class, of string) bool {
	all, known := w.above[class]
	if !known {
		all = closure(w.over[class], -1, w.over)
		w.above[class] = all
	}
	return all[of]
}

// given reports whether the platform gives a method personal data.
func (w *narrowWork) given(class, self string) bool {
	_, name := classAndName(self)
	return w.v.reading[name] && w.v.leaves(class, name, w.supers, func(c *Call) bool { return c.Source != "" && c.Param > 0 }, 0)
}
