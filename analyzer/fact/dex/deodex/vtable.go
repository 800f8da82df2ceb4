package deodex

import "romscan/analyzer/fact/dex"

// buildVTable gives a class its slots: those of its superclass with the methods it overrides, then its own, then those of
// interfaces that nothing implements (miranda methods). Sources: createVtable and createIftable in dalvik/vm/oo/Class.cpp,
// LinkVirtualMethods and LinkInterfaceMethods in art/runtime/class_linker.cc.
func (l *linker) buildVTable(c *class) {
	if c.super == nil { // Object
		c.vtable = c.virtual[:min(len(c.virtual), maxVTable)]
		l.spend(c, len(c.vtable))
		return
	}
	above := c.super.vtable
	if c.iface || !c.super.whole {
		c.vtable = above
		return
	}
	fresh := l.newInterfaces(c)
	if len(c.virtual) == 0 && len(fresh) == 0 {
		c.vtable = above
		return
	}
	if !l.spend(c, len(above)+len(c.virtual)) {
		return
	}
	own := make(map[string]int, len(c.virtual)) // number in c.virtual
	for i := len(c.virtual) - 1; i >= 0; i-- {
		own[c.virtual[i].sig] = i
	}
	placed := make([]bool, len(c.virtual))
	table := make([]*method, len(above), len(above)+len(c.virtual))
	copy(table, above)
	for j, old := range above {
		i, ok := own[old.sig]
		if !ok || placed[i] {
			continue
		}
		if !l.rt.strict || accessible(c, old) {
			table[j], placed[i] = c.virtual[i], true
		} else if l.rt.consumes {
			delete(own, old.sig)
		}
	}
	for i, m := range c.virtual {
		if !placed[i] {
			table = append(table, m)
		}
	}
	c.vtable = l.mirandas(c, table, fresh)
	if len(c.vtable) > maxVTable {
		c.vtable, c.whole = nil, false
	}
}

// accessible is CanAccessMember for an inherited method.
func accessible(c *class, m *method) bool {
	return m.access&(accPublic|accProtected) != 0 || m.access&accPrivate == 0 && samePackage(c.name, m.owner.name)
}

// newInterfaces returns the interfaces that the superclass has not.
func (l *linker) newInterfaces(c *class) []*class { return c.ifaces[len(c.super.ifaces):] }

func (l *linker) mirandas(c *class, table []*method, fresh []*class) []*method {
	var known map[string]bool
	for _, i := range fresh {
		for _, m := range i.virtual {
			if known == nil {
				known = make(map[string]bool, len(table))
				for _, t := range table {
					known[t.sig] = true
				}
			}
			if known[m.sig] {
				continue
			}
			if len(table) >= maxVTable || !l.spend(c, 1) {
				c.whole = false
				return table
			}
			known[m.sig] = true
			table = append(table, &method{owner: c, access: m.access | dex.AccAbstract, sig: m.sig})
		}
	}
	return table
}

// spend takes n slots; where none are left the class is incomplete.
func (l *linker) spend(c *class, n int) bool {
	if l.slots += n; l.slots > maxSlots {
		c.whole = false
		return false
	}
	return true
}
