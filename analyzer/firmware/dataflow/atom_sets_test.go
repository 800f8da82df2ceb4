package dataflow

import (
	"slices"
	"testing"
)

// TestSetTable: equal sets have one number, however many others there are, and the number gives back the set.
func TestSetTable(t *testing.T) {
	table := newSetTable()
	numbers := map[value]string{}
	var lists [][]atom
	for i := range atom(40) {
		for j := range atom(40) {
			for k := range atom(4) {
				list := []atom{i, i + j, i + j + 3*k}
				lists = append(lists, slices.Compact(list))
			}
		}
	}
	for _, list := range lists {
		v := table.set(list)
		if !slices.Equal(table.atomsOf(v), list) {
			t.Fatalf("set %v: number %d is %v", list, v, table.atomsOf(v))
		}
		numbers[v] = ""
	}
	for _, list := range lists {
		if v := table.set(list); !slices.Equal(table.atomsOf(v), list) {
			t.Fatalf("set %v again: number %d is %v", list, v, table.atomsOf(v))
		} else if _, known := numbers[v]; !known {
			t.Fatalf("set %v got a second number, %d", list, v)
		}
	}
	if len(numbers) != len(table.sets)-1 {
		t.Errorf("%d numbers of %d sets", len(numbers), len(table.sets)-1)
	}
	if v := table.set(nil); v != nothing {
		t.Errorf("the empty set has the number %d", v)
	}
}

func TestUnion(t *testing.T) {
	table := newSetTable()
	for _, c := range []struct{ x, y, want []atom }{
		{nil, nil, nil},
		{[]atom{1, 3}, nil, []atom{1, 3}},
		{[]atom{1, 3, 9}, []atom{2, 3, 4}, []atom{1, 2, 3, 4, 9}},
		{[]atom{5}, []atom{1, 2}, []atom{1, 2, 5}},
	} {
		if got := table.union(c.x, c.y); !slices.Equal(got, c.want) {
			t.Errorf("union of %v and %v: %v", c.x, c.y, got)
		}
	}
}
