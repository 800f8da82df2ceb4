package props

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact/facttest"
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

func TestFacts(t *testing.T) {
	got, out := facttest.Run(t, Analyzer(), input)
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
	facttest.Listed(t, out)
}

func TestWants(t *testing.T) {
	facttest.Unwanted(t, Analyzer(), "", "just words", "a=b\nc=d\n", "#!/system/bin/sh\nsetprop ro.x 1\nif [ a ]; then\nfi\n", "ro.x=\x00")
}

func FuzzProps(f *testing.F) {
	f.Add(input)
	f.Add("ro.a=1\r\nro.b=2")
	f.Fuzz(func(t *testing.T, text string) { facttest.Run(t, Analyzer(), text) })
}
