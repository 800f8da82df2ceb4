package interp

// mapModels are the maps and sets. TreeMap is not among them.
func mapModels() map[string]table {
	all := map[string]table{
		"Ljava/util/AbstractMap;": mapTable(), "Ljava/util/AbstractSet;": setTable(),
		"Ljava/util/AbstractMap$SimpleEntry;": {
			"getKey()" + tO:   on(func(m *Machine, e *entry, a []reg) (reg, error) { return retObj(e.key) }),
			"getValue()" + tO: on(func(m *Machine, e *entry, a []reg) (reg, error) { return retObj(e.value) }),
			"setValue(" + tO + ")" + tO: on(func(m *Machine, e *entry, a []reg) (reg, error) {
				old := e.value
				e.value = a[1].o
				return retObj(old)
			}),
		},
	}
	for class, order := range map[string]order3{
		"HashMap": hashed, "LinkedHashMap": linked, "Hashtable": untold, "concurrent/ConcurrentHashMap": untold, "HashSet": hashed, "LinkedHashSet": linked,
	} {
		all["Ljava/util/"+class+";"] = constructors(order)
	}
	return all
}

func constructors(order order3) table {
	sized := initial(func(m *Machine, a []reg) (any, error) {
		if a[1].n < 0 {
			return nil, m.illegal("capacity %d", a[1].n)
		}
		return &hashMap{order: order, initial: tableSize(a[1].n)}, nil
	})
	odd := initial(func(m *Machine, a []reg) (any, error) { return &hashMap{order: order, odd: true}, nil })
	return table{
		"<init>()V":   initial(func(m *Machine, a []reg) (any, error) { return &hashMap{order: order}, nil }),
		"<init>(I)V":  sized,
		"<init>(IF)V": odd,
		"<init>(" + tM + ")V": initial(func(m *Machine, a []reg) (any, error) {
			src, err := state[*hashMap](m, a[1].o)
			if err != nil {
				return nil, err
			}
			h := &hashMap{order: order, initial: tableSize(int64(float64(len(src.entries))/0.75) + 1)}
			return h, m.putAll(h, src)
		}),
		"<init>(" + tC + ")V": initial(func(m *Machine, a []reg) (any, error) {
			items, err := m.items(a[1].o)
			h := &hashMap{order: order, initial: tableSize(max(int64(float64(len(items))/0.75)+1, 16))}
			for _, o := range items {
				if err == nil {
					_, _, err = m.store(h, o, nil)
				}
			}
			return h, err
		}),
	}
}

func (m *Machine) putAll(h, src *hashMap) error {
	entries := src.entries
	if src.order != linked && h.order == linked || h.order == hashed && src.order != hashed {
		var err error
		if entries, err = m.ordered(src); err != nil {
			return err
		}
	} else if src.order == hashed {
		var err error
		if entries, err = m.ordered(src); err != nil {
			h.odd, entries = true, src.entries
		}
	}
	if h.cap > 0 && int64(len(entries)) > h.cap*3/4 {
		h.odd = true // Java makes room first, in a way that differs between versions
	}
	for _, e := range entries {
		if _, _, err := m.store(h, e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

func mapTable() table {
	return table{
		"size()I":    on(func(m *Machine, h *hashMap, a []reg) (reg, error) { return retInt(len(h.entries)) }),
		"isEmpty()Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) { return retBool(len(h.entries) == 0) }),
		"clear()V":   on(func(m *Machine, h *hashMap, a []reg) (reg, error) { h.clear(); return reg{}, nil }),
		"put(" + tO + tO + ")" + tO: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			if h.order == untold && a[2].o == nil {
				return reg{}, m.npe()
			}
			old, _, err := m.store(h, a[1].o, a[2].o)
			return reg{o: old}, err
		}),
		"get(" + tO + ")" + tO: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			e, _, err := m.lookup(h, a[1].o)
			if e == nil {
				return reg{}, err
			}
			return reg{o: e.value}, err
		}),
		"getOrDefault(" + tO + tO + ")" + tO: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			e, _, err := m.lookup(h, a[1].o)
			if e == nil {
				return a[2], err
			}
			return reg{o: e.value}, err
		}),
		"containsKey(" + tO + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			e, _, err := m.lookup(h, a[1].o)
			return boolReg(e != nil), err
		}),
		"containsValue(" + tO + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			for _, e := range h.entries {
				if ok, err := m.same(a[1].o, e.value); ok || err != nil {
					return boolReg(ok), err
				}
			}
			return reg{}, nil
		}),
		"remove(" + tO + ")" + tO: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			old, _, err := m.discard(h, a[1].o)
			return reg{o: old}, err
		}),
		"putAll(" + tM + ")V": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			src, err := state[*hashMap](m, a[1].o)
			if err == nil {
				err = m.putAll(h, src)
			}
			return reg{}, err
		}),
		"keySet()Ljava/util/Set;": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			return m.view(h, func(e *entry) (*object, error) { return e.key, nil })
		}),
		"values()" + tC: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			return m.view(h, func(e *entry) (*object, error) { return e.value, nil })
		}),
		"entrySet()Ljava/util/Set;": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			return m.view(h, func(e *entry) (*object, error) {
				r, err := m.retNew("java/util/AbstractMap$SimpleEntry", e)
				return r.o, err
			})
		}),
		"toString()" + tS: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			entries, err := m.ordered(h)
			if err != nil {
				return reg{}, err
			}
			out := text{'{'}
			for i, e := range entries {
				if i > 0 {
					out = append(out, ',', ' ')
				}
				k, err := m.describe(e.key)
				if err != nil {
					return reg{}, err
				}
				v, err := m.describe(e.value)
				if err == nil {
					err = m.alloc(2 * int64(len(k)+len(v)+3))
				}
				if err != nil {
					return reg{}, err
				}
				out = append(append(append(out, k...), '='), v...)
			}
			return m.retText(append(out, '}'))
		}),
	}
}

func setTable() table {
	return table{
		"size()I":    on(func(m *Machine, h *hashMap, a []reg) (reg, error) { return retInt(len(h.entries)) }),
		"isEmpty()Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) { return retBool(len(h.entries) == 0) }),
		"clear()V":   on(func(m *Machine, h *hashMap, a []reg) (reg, error) { h.clear(); return reg{}, nil }),
		"add(" + tO + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			_, had, err := m.store(h, a[1].o, nil)
			return boolReg(!had), err
		}),
		"remove(" + tO + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			_, had, err := m.discard(h, a[1].o)
			return boolReg(had), err
		}),
		"contains(" + tO + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			e, _, err := m.lookup(h, a[1].o)
			return boolReg(e != nil), err
		}),
		"addAll(" + tC + ")Z": on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			items, err := m.items(a[1].o)
			added := false
			for _, o := range items {
				var had bool
				if err == nil {
					_, had, err = m.store(h, o, nil)
					added = added || !had
				}
			}
			return boolReg(added), err
		}),
		"iterator()" + tIt: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			items, err := m.items(a[0].o)
			return then(err, func() (reg, error) { return m.retNew("java/util/ListIterator", &iterator{of: &list{items: items}}) })
		}),
		"toString()" + tS: on(func(m *Machine, h *hashMap, a []reg) (reg, error) {
			items, err := m.items(a[0].o)
			return then(err, func() (reg, error) { return m.spellArray(&object{class: m.p.std.object, native: items}, tO) })
		}),
	}
}
