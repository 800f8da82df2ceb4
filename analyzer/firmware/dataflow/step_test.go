package dataflow

import (
	"testing"

	"romscan/analyzer/fact/dex"
)

// TestShift folds shifts: the distance counts modulo 32 for an int, modulo 64 for a long.
func TestShift(t *testing.T) {
	const shlInt, shrInt, shlLong, shrLong = 0x98 - 0x90, 0x99 - 0x90, 0xa3 - 0x90, 0xa4 - 0x90
	f := &frame{a: &analysis{t: newTables()}, g: &graph{loops: []bool{false}}, visit: []int{0}}
	for _, c := range []struct {
		op         dex.Op
		x, y, want int64
	}{
		{shlLong, 1, 40, 1 << 40}, {shlLong, 3, 32, 3 << 32}, {shlLong, 1, 64, 1}, {shlLong, 1, 63, -1 << 63},
		{shrLong, 0x1234 << 40, 40, 0x1234}, {shrLong, -1 << 40, 36, -16},
		{shlInt, 1, 33, 2}, {shlInt, 1, 31, -1 << 31}, {shrInt, -16, 34, -4},
	} {
		got, ok := f.a.t.number(f.binary(c.op, f.a.t.num(c.x), f.a.t.num(c.y)))
		if !ok || got != c.want {
			t.Errorf("op %d: %d by %d: %d, %v; want %d", c.op, c.x, c.y, got, ok, c.want)
		}
	}
}
