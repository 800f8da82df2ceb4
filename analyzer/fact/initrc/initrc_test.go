package initrc

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

const input = `import /init.x.rc
on boot && property:a=1
    start updater
    setprop a b
    exec u:r:x:s0 -- /system/bin/sh -c "a b"
service updater /system/bin/updater --daemon \"q # comment
    class main late
    user root
    group root inet
    socket ctl stream 660
    oneshot
    disabled
on property:sys.x=1
    restart updater
`

// read reads text as the analyzer would meet it and prints the facts.
func read(t testing.TB, text string) ([]string, fact.Outcome) {
	t.Helper()
	f := image.NewFile("f", bytes.NewReader([]byte(text)), int64(len(text)))
	s := &fact.Subject{File: f, Head: image.Head(f, fact.HeadSize)}
	out := fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
	var lines []string
	for _, x := range out.Facts {
		fields, err := x.Fields.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(x.Kind)+" "+string(fields))
		if x.At.Line == 0 || x.Evidence == nil || x.Evidence.Text == "" {
			t.Errorf("%s has no line or no listing", lines[len(lines)-1])
		}
	}
	return lines, out
}

func TestFacts(t *testing.T) {
	got, out := read(t, input)
	want := []string{
		`init-action {"command":"start updater","trigger":"boot \u0026\u0026 property:a=1"}`,
		`init-action {"command":"exec u:r:x:s0 -- /system/bin/sh -c a b","trigger":"boot \u0026\u0026 property:a=1"}`,
		`service {"class":["main","late"],"command":"/system/bin/updater --daemon \"q","disabled":"yes","group":["root","inet"],"name":"updater","oneshot":"yes","program":"/system/bin/updater","socket":"ctl","user":"root"}`,
		`init-action {"command":"restart updater","trigger":"property:sys.x=1"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(out.Gaps) != 0 {
		t.Error(out.Gaps)
	}
}

func TestWants(t *testing.T) {
	for _, other := range []string{"", "turn it on boot now", "service with a smile", "ro.x=1"} {
		if _, out := read(t, other); len(out.Ran) != 0 {
			t.Errorf("%q is read", other)
		}
	}
}

func FuzzInitRC(f *testing.F) {
	f.Add(input)
	f.Add("on boot\n\tstart \"x")
	f.Fuzz(func(t *testing.T, text string) {
		_, out := read(t, text)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
				t.Error(g.Detail)
			}
		}
	})
}
