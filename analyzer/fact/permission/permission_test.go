package permission

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

const input = `<?xml version="1.0"?>
<!-- grants -->
<permissions>
  <privapp-permissions package="com.a">
    <permission name="P"/>
    <deny-permission name="Q"/>
  </privapp-permissions>
  <permission name="R">
    <group gid="inet"/>
  </permission>
  <library name="lib" file="/system/framework/lib.jar"/>
  <allow-in-power-save package="com.b"/>
  <exception package="com.c">
    <permission name="S" fixed="true"/>
  </exception>
</permissions>
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
		`privapp {"allowed":"yes","package":"com.a","permission":"P"}`,
		`privapp {"allowed":"no","package":"com.a","permission":"Q"}`,
		`sysconfig {"entry":"permission","name":"R"}`,
		`sysconfig {"entry":"permission-group","name":"inet","value":"R"}`,
		`sysconfig {"entry":"library","name":"lib","value":"/system/framework/lib.jar"}`,
		`sysconfig {"entry":"allow-in-power-save","package":"com.b"}`,
		`default-grant {"fixed":"yes","package":"com.c","permission":"S"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(out.Gaps) != 0 {
		t.Error(out.Gaps)
	}
}

func TestWants(t *testing.T) {
	for _, other := range []string{"", "<resources/>", "permissions", "<permissionsx a=1>"} {
		if _, out := read(t, other); len(out.Ran) != 0 {
			t.Errorf("%q is read", other)
		}
	}
}

func FuzzPermission(f *testing.F) {
	f.Add(input)
	f.Add("<config><a><b></a>")
	f.Fuzz(func(t *testing.T, text string) {
		_, out := read(t, text)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
				t.Error(g.Detail)
			}
		}
	})
}
