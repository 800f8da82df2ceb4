package props

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

const input = `# begin
ro.build.type=user
import /system/x_${ro.sku}.prop
 ro.spaced = a=b 

=nameless
no equals
persist.sys.x=
a.b=1
c.d=2
e.f=3
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
		`property {"name":"ro.build.type","value":"user"}`,
		`property {"name":"import","value":"/system/x_${ro.sku}.prop"}`,
		`property {"name":"ro.spaced","value":"a=b"}`,
		`property {"name":"persist.sys.x"}`,
		`property {"name":"a.b","value":"1"}`,
		`property {"name":"c.d","value":"2"}`,
		`property {"name":"e.f","value":"3"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(out.Gaps) != 0 {
		t.Error(out.Gaps)
	}
}

func TestWants(t *testing.T) {
	for _, other := range []string{"", "just words", "a=b\nc=d\n", "#!/system/bin/sh\nsetprop ro.x 1\nif [ a ]; then\nfi\n", "ro.x=\x00"} {
		if _, out := read(t, other); len(out.Ran) != 0 {
			t.Errorf("%q is read", other)
		}
	}
}

func FuzzProps(f *testing.F) {
	f.Add(input)
	f.Add("ro.a=1\r\nro.b=2")
	f.Fuzz(func(t *testing.T, text string) {
		_, out := read(t, text)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
				t.Error(g.Detail)
			}
		}
	})
}
