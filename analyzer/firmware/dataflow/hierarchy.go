package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// maxChain bounds chains of superclasses, which hostile files close to a circle.
const maxChain = 64

// find returns the method that a class has or inherits from the program; nil where it is the platform's.
func (u *universe) find(class, key string) *Method {
	k := [2]string{class, key}
	if m, ok := u.found[k]; ok {
		return m
	}
	m := u.seek(class, key)
	u.found[k] = m
	return m
}

func (u *universe) seek(class, key string) *Method {
	for c, n := u.class(class), 0; c != nil && n < maxChain; c, n = u.class(c.Super), n+1 {
		u.load(c)
		if m := c.methods[key]; m != nil && m.Access&dex.AccAbstract == 0 {
			return m
		}
	}
	return u.findDefault(class, key)
}

// member names a field of an object: as slot does, and where a class above the one that declares it has such a field too, by
// that class besides. A reference means the field of the nearest class that declares one (JVMS 5.4.3.2), whatever class it names.
func (u *universe) member(r *fieldRef) string {
	if r.member != "" {
		return r.member
	}
	r.member = r.slot()
	declared := ""
	for c, n := u.class(r.class), 0; c != nil && n < maxChain; c, n = u.class(c.Super), n+1 {
		switch {
		case !u.holds(c, r):
		case declared == "":
			declared = c.Name
		default:
			r.member = declared + "." + r.slot()
			return r.member
		}
	}
	return r.member
}

// holds reports whether a class declares a field of objects that has the name and the kind of type of another.
func (u *universe) holds(c *Class, r *fieldRef) bool {
	u.load(c)
	for key, access := range c.fields {
		if name, typ, _ := strings.Cut(key, ":"); name == r.name && typ[:min(1, len(typ))] == r.typ[:min(1, len(r.typ))] && access&dex.AccStatic == 0 {
			return true
		}
	}
	return false
}

// findDefault looks for a default method of the interfaces, nearest first. Each class is looked at once: hostile files
// close hierarchies to circles.
func (u *universe) findDefault(class, key string) *Method {
	var found *Method
	u.supers(class, func(name string) bool {
		c := u.class(name)
		if c == nil || c.Access&dex.AccInterface == 0 {
			return true
		}
		u.load(c)
		if m := c.methods[key]; m != nil && m.Code != 0 {
			found = m
		}
		return found == nil
	})
	return found
}

// platform returns the first class of the chain that the program does not define: what a call to an inherited method
// of the platform really names.
func (u *universe) platform(class string) string {
	for n := 0; n < maxChain; n++ {
		c := u.class(class)
		if c == nil {
			return class
		}
		class = c.Super
	}
	return ""
}

// supers calls yield with every superclass and interface of a class, itself first, program and platform alike, until
// it returns false.
func (u *universe) supers(class string, yield func(string) bool) {
	seen := map[string]bool{}
	queue := []string{class}
	for len(queue) > 0 && len(seen) < 4*maxChain {
		name := queue[0]
		queue = queue[1:]
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		if !yield(name) {
			return
		}
		if c := u.class(name); c != nil {
			queue = append(queue, c.Super)
			queue = append(queue, c.Interfaces...)
			continue
		}
		queue = append(queue, u.lists[name]...)
	}
}

// is reports whether a class is another or below it.
func (u *universe) is(class, of string) bool {
	found := false
	u.supers(class, func(s string) bool { found = s == of; return !found })
	return found
}

// own calls yield with every class that the app itself defines, in the order of its files; of a class that stands in
// several, the first counts. What belongs to the platform is left out.
func (u *universe) own(yield func(*Class) bool) {
	for fi, f := range u.app.files {
		for i := range f.NumClasses() {
			def, _ := f.Class(i)
			name := u.typ(f, def.Class)
			if p, ok := u.app.where[name]; !ok || p.file != fi || p.def != i {
				continue
			}
			if c := u.class(name); c != nil && !yield(c) {
				return
			}
		}
	}
}

// link finds the children of all classes of the app itself.
func (u *universe) link() {
	if u.linked {
		return
	}
	u.linked = true
	for c := range u.own {
		for _, s := range append([]string{c.Super}, c.Interfaces...) {
			if sc := u.class(s); sc != nil {
				sc.children = append(sc.children, c)
			}
		}
	}
}

// maxTargets bounds the bodies that one call may reach by class hierarchy alone.
const maxTargets = 8

// targets returns the bodies a virtual call on a receiver of unknown exact class may reach; more reports that there are
// too many to name.
func (u *universe) targets(class, key string) (list []*Method, more bool) {
	u.link()
	seen := map[*Method]bool{}
	if m := u.find(class, key); m != nil {
		list, seen[m] = append(list, m), true
	}
	root := u.class(class)
	if root == nil {
		return list, false
	}
	visited := map[*Class]bool{root: true}
	for queue := []*Class{root}; len(queue) > 0; {
		c := queue[0]
		queue = queue[1:]
		for _, k := range c.children {
			if visited[k] {
				continue
			}
			visited[k] = true
			queue = append(queue, k)
			u.load(k)
			m := k.methods[key]
			if m == nil && k.Access&dex.AccAbstract == 0 && c.Access&dex.AccInterface != 0 {
				m = u.find(k.Name, key)
			}
			if m != nil && m.Access&dex.AccAbstract == 0 && !seen[m] {
				if len(list) == maxTargets {
					return list, true
				}
				list, seen[m] = append(list, m), true
			}
		}
	}
	return list, false
}
