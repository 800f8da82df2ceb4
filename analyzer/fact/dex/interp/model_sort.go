package interp

import (
	"cmp"
	"slices"
)

// sortObjects is Arrays.sort.
func (m *Machine) sortObjects(o, by *object) error {
	n, err := m.array(o)
	if err != nil {
		return err
	}
	if err := m.work(4 * n); err != nil {
		return err
	}
	switch a := o.native.(type) {
	case []int8:
		slices.Sort(a)
	case []uint16:
		slices.Sort(a)
	case []int16:
		slices.Sort(a)
	case []int32:
		slices.Sort(a)
	case []int64:
		slices.Sort(a)
	case []*object:
		return m.sortList(a, by)
	default:
		return stop(Unmodelled, "sort of %s", o.class.name)
	}
	return nil
}

// sortList sorts with a comparator; the order of equals is kept, as Java keeps it.
func (m *Machine) sortList(items []*object, by *object) (err error) {
	slices.SortStableFunc(items, func(a, b *object) int {
		if err == nil {
			err = m.work(4)
		}
		if err != nil {
			return 0
		}
		var n int32
		n, err = m.compareObjects(by, a, b)
		return cmp.Compare(n, 0)
	})
	return err
}
