package permission

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact/facttest"
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

func TestFacts(t *testing.T) {
	got, out := facttest.Run(t, Analyzer(), input)
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
	facttest.Listed(t, out)
}

func TestWants(t *testing.T) {
	facttest.Unwanted(t, Analyzer(), "", "<resources/>", "permissions", "<permissionsx a=1>")
}

func FuzzPermission(f *testing.F) {
	f.Add(input)
	f.Add("<config><a><b></a>")
	f.Fuzz(func(t *testing.T, text string) { facttest.Run(t, Analyzer(), text) })
}
