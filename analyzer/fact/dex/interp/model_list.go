package interp

import "slices"

// list is the state of the lists and of the sets and maps' views: elements in the order of iteration.
type list struct {
	items []*object
	fixed bool // as Arrays.asList returns it
}

// iterator is the state of an Iterator or Enumeration; it walks a list that may grow meanwhile.
type iterator struct {
	of   *list
	next int
}

func (m *Machine) add(l *list, i int, o *object) error {
	if l.fixed {
		return m.throw("java/lang/UnsupportedOperationException", "")
	}
	if len(l.items) == cap(l.items) {
		if err := m.alloc(16 * int64(len(l.items)+4)); err != nil {
			return err
		}
	}
	l.items = slices.Insert(l.items, i, o)
	return m.work(int64(len(l.items)-i) / 16)
}

func (m *Machine) remove(l *list, i int) (reg, error) {
	if l.fixed {
		return reg{}, m.throw("java/lang/UnsupportedOperationException", "")
	}
	o := l.items[i]
	l.items = slices.Delete(l.items, i, i+1)
	return reg{o: o}, m.work(int64(len(l.items)-i) / 16)
}

func (m *Machine) within(i int64, n int) error {
	if i < 0 || i >= int64(n) {
		return m.throw("java/lang/IndexOutOfBoundsException", "Index: %d, Size: %d", i, n)
	}
	return nil
}

// find returns the place of an equal element, -1 for none.
func (m *Machine) find(items []*object, o *object) (int, error) {
	for i, e := range items {
		if err := m.work(1); err != nil {
			return -1, err
		}
		if ok, err := m.same(o, e); ok || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// items returns the elements of an array or a collection.
func (m *Machine) items(o *object) ([]*object, error) {
	if o == nil {
		return nil, m.npe()
	}
	switch s := o.native.(type) {
	case []*object:
		return s, nil
	case *list:
		return s.items, nil
	case *hashMap:
		l, err := m.ordered(s)
		if err != nil {
			return nil, err
		}
		out := make([]*object, len(l))
		for i, e := range l {
			out[i] = e.key
		}
		return out, m.alloc(8 * int64(len(l)))
	}
	return nil, stop(Unmodelled, "elements of %s", o.class.name)
}

// listModels are the lists, queues and iterators.
func listModels() map[string]table {
	at := func(f func(m *Machine, l *list, i int, a []reg) (reg, error)) model {
		return on(func(m *Machine, l *list, a []reg) (reg, error) {
			return then(m.within(a[1].n, len(l.items)), func() (reg, error) { return f(m, l, int(a[1].n), a) })
		})
	}
	end := func(last, drop, empty bool) model {
		return on(func(m *Machine, l *list, a []reg) (reg, error) {
			i := 0
			if last {
				i = len(l.items) - 1
			}
			if len(l.items) == 0 {
				if empty {
					return reg{}, nil
				}
				return reg{}, m.throw("java/util/NoSuchElementException", "")
			}
			if drop {
				return m.remove(l, i)
			}
			return reg{o: l.items[i]}, nil
		})
	}
	appendOne := on(func(m *Machine, l *list, a []reg) (reg, error) { return boolReg(true), m.add(l, len(l.items), a[1].o) })
	front := on(func(m *Machine, l *list, a []reg) (reg, error) { return boolReg(true), m.add(l, 0, a[1].o) })
	t := table{
		"<init>()V":  initial(func(m *Machine, a []reg) (any, error) { return &list{}, nil }),
		"<init>(I)V": initial(func(m *Machine, a []reg) (any, error) { return &list{}, nil }),
		"<init>(" + tC + ")V": initial(func(m *Machine, a []reg) (any, error) {
			x, err := m.items(a[1].o)
			return &list{items: slices.Clone(x)}, err
		}),
		"size()I":                 on(func(m *Machine, l *list, a []reg) (reg, error) { return retInt(len(l.items)) }),
		"isEmpty()Z":              on(func(m *Machine, l *list, a []reg) (reg, error) { return retBool(len(l.items) == 0) }),
		"clear()V":                on(func(m *Machine, l *list, a []reg) (reg, error) { l.items = nil; return reg{}, nil }),
		"add(" + tO + ")Z":        appendOne,
		"offer(" + tO + ")Z":      appendOne,
		"addLast(" + tO + ")V":    appendOne,
		"addElement(" + tO + ")V": appendOne,
		"addFirst(" + tO + ")V":   front,
		"add(I" + tO + ")V": on(func(m *Machine, l *list, a []reg) (reg, error) {
			return then(m.within(a[1].n, len(l.items)+1), func() (reg, error) { return reg{}, m.add(l, int(a[1].n), a[2].o) })
		}),
		"addAll(" + tC + ")Z": on(func(m *Machine, l *list, a []reg) (reg, error) {
			x, err := m.items(a[1].o)
			if err == nil {
				err = m.alloc(8 * int64(len(x)))
			}
			l.items = append(l.items, x...)
			return boolReg(len(x) > 0), err
		}),
		"get(I)" + tO:       at(func(m *Machine, l *list, i int, a []reg) (reg, error) { return reg{o: l.items[i]}, nil }),
		"elementAt(I)" + tO: at(func(m *Machine, l *list, i int, a []reg) (reg, error) { return reg{o: l.items[i]}, nil }),
		"remove(I)" + tO:    at(func(m *Machine, l *list, i int, a []reg) (reg, error) { return m.remove(l, i) }),
		"set(I" + tO + ")" + tO: at(func(m *Machine, l *list, i int, a []reg) (reg, error) {
			old := l.items[i]
			l.items[i] = a[2].o
			return reg{o: old}, nil
		}),
		"remove(" + tO + ")Z": on(func(m *Machine, l *list, a []reg) (reg, error) {
			i, err := m.find(l.items, a[1].o)
			if err != nil || i < 0 {
				return reg{}, err
			}
			_, err = m.remove(l, i)
			return boolReg(true), err
		}),
		"contains(" + tO + ")Z": on(func(m *Machine, l *list, a []reg) (reg, error) {
			i, err := m.find(l.items, a[1].o)
			return boolReg(i >= 0), err
		}),
		"indexOf(" + tO + ")I": on(func(m *Machine, l *list, a []reg) (reg, error) {
			i, err := m.find(l.items, a[1].o)
			return reg{n: int64(i)}, err
		}),
		"iterator()" + tIt: on(func(m *Machine, l *list, a []reg) (reg, error) {
			return m.retNew("java/util/ListIterator", &iterator{of: l})
		}),
		"elements()Ljava/util/Enumeration;": on(func(m *Machine, l *list, a []reg) (reg, error) {
			return m.retNew("java/util/ListIterator", &iterator{of: l})
		}),
		"toArray()[" + tO: on(func(m *Machine, l *list, a []reg) (reg, error) { return m.toArray(l, "["+tO) }),
		"toArray([" + tO + ")[" + tO: on(func(m *Machine, l *list, a []reg) (reg, error) {
			if a[1].o == nil {
				return reg{}, m.npe()
			}
			if dst, ok := a[1].o.native.([]*object); ok && len(dst) >= len(l.items) {
				if copy(dst, l.items); len(dst) > len(l.items) {
					dst[len(l.items)] = nil
				}
				return a[1], nil
			}
			return m.toArray(l, a[1].o.class.name)
		}),
		"toString()" + tS: on(func(m *Machine, l *list, a []reg) (reg, error) {
			return m.spellArray(&object{class: m.p.std.object, native: l.items}, tO)
		}),
		"hashCode()I": on(func(m *Machine, l *list, a []reg) (reg, error) {
			return hashArray(m, []reg{{o: &object{class: m.p.std.object, native: l.items}}})
		}),
		"equals(" + tO + ")Z": on(func(m *Machine, l *list, a []reg) (reg, error) {
			if a[1].o == nil {
				return retBool(false)
			}
			o, ok := a[1].o.native.(*list)
			if !ok {
				return retBool(false)
			}
			return equalArrays(m, []reg{{o: &object{class: m.p.std.object, native: l.items}}, {o: &object{class: m.p.std.object, native: o.items}}})
		}),
		"getFirst()" + tO: end(false, false, false), "getLast()" + tO: end(true, false, false), "peek()" + tO: end(false, false, true),
		"removeFirst()" + tO: end(false, true, false), "removeLast()" + tO: end(true, true, false), "remove()" + tO: end(false, true, false),
		"poll()" + tO: end(false, true, true), "pollFirst()" + tO: end(false, true, true), "pollLast()" + tO: end(true, true, true),
		"pop()" + tO: end(false, true, false), "push(" + tO + ")V": front, "firstElement()" + tO: end(false, false, false), "lastElement()" + tO: end(true, false, false),
	}
	stack := table{
		"push(" + tO + ")" + tO: on(func(m *Machine, l *list, a []reg) (reg, error) { return a[1], m.add(l, len(l.items), a[1].o) }),
		"pop()" + tO:            end(true, true, false), "peek()" + tO: end(true, false, false),
		"empty()Z": t["isEmpty()Z"],
	}
	more := on(func(m *Machine, it *iterator, a []reg) (reg, error) { return retBool(it.next < len(it.of.items)) })
	step := on(func(m *Machine, it *iterator, a []reg) (reg, error) {
		if it.next >= len(it.of.items) {
			return reg{}, m.throw("java/util/NoSuchElementException", "")
		}
		it.next++
		return reg{o: it.of.items[it.next-1]}, nil
	})
	return map[string]table{
		"Ljava/util/AbstractList;": t, "Ljava/util/Stack;": stack,
		"Ljava/util/ListIterator;": {
			"hasNext()Z": more, "next()" + tO: step, "hasMoreElements()Z": more, "nextElement()" + tO: step,
		},
		"Ljava/util/Collections;": {
			"sort(Ljava/util/List;)V":                       given(func(m *Machine, l *list) (reg, error) { return reg{}, m.sortList(l.items, nil) }),
			"sort(Ljava/util/List;Ljava/util/Comparator;)V": on(func(m *Machine, l *list, a []reg) (reg, error) { return reg{}, m.sortList(l.items, a[1].o) }),
			"reverse(Ljava/util/List;)V":                    given(func(m *Machine, l *list) (reg, error) { slices.Reverse(l.items); return reg{}, nil }),
			"unmodifiableMap(" + tM + ")" + tM:              self, "unmodifiableCollection(" + tC + ")" + tC: self, "unmodifiableSet(Ljava/util/Set;)Ljava/util/Set;": self,
			"unmodifiableList(Ljava/util/List;)Ljava/util/List;": self, "synchronizedMap(" + tM + ")" + tM: self, "synchronizedList(Ljava/util/List;)Ljava/util/List;": self,
			"emptyList()Ljava/util/List;": func(m *Machine, a []reg) (reg, error) {
				return m.retNew("java/util/Arrays$ArrayList", &list{fixed: true})
			},
		},
	}
}

func (m *Machine) toArray(l *list, class string) (reg, error) {
	return m.retArray(class, slices.Clone(l.items), 8*int64(len(l.items)))
}
