package dex

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestUses holds the index against the listing: whoever names something in the disassembly uses it.
func TestUses(t *testing.T) {
	data, err := os.ReadFile("testdata/calls.dex")
	if err != nil {
		t.Fatal(err)
	}
	text, err := Listing(data, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{} // method called to methods that call it
	method := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "# L"); ok {
			method = "L" + strings.Fields(rest)[0]
		}
		if _, op, ok := strings.Cut(line, ": invoke-"); ok && !strings.HasPrefix(op, "custom") {
			name := op[strings.LastIndex(op, "}, ")+3:]
			name, _, _ = strings.Cut(name, ", ") // of invoke-polymorphic, without the prototype
			if !slices.Contains(want[name], method) {
				want[name] = append(want[name], method)
			}
		}
	}
	if len(want) == 0 {
		t.Fatal("the listing calls nothing")
	}
	for name, callers := range want {
		got, err := UsersOf(data, name)
		slices.Sort(got)
		slices.Sort(callers)
		if err != nil || !slices.Equal(got, callers) {
			t.Errorf("%s: used by %q, %v; the listing says %q", name, got, err, callers)
		}
	}
	if got, _ := UsersOf(data, "Lno/such/Type;"); len(got) != 0 {
		t.Errorf("nothing is used by %q", got)
	}
}
