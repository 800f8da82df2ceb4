package initrc

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact/facttest"
)

const input = `import /init.x.rc
on boot && property:a=1
    start updater
    setprop a b
    export SYSTEMSERVERCLASSPATH /a.jar:/b.jar
    export PATH /bin
    exec u:r:x:s0 -- /system/bin/sh -c "a b"
service updater /system/bin/updater --daemon \"q # comment
    class main late
    user root
    group root inet
    socket ctl stream 660
    oneshot
    setenv CLASSPATH /a.jar
    disabled
on property:sys.x=1
    restart updater
`

func TestFacts(t *testing.T) {
	got, out := facttest.Run(t, Analyzer(), input)
	want := []string{
		`init-action {"command":"start updater","trigger":"boot \u0026\u0026 property:a=1"}`,
		`class-path {"name":"SYSTEMSERVERCLASSPATH","value":"/a.jar:/b.jar"}`,
		`init-action {"command":"exec u:r:x:s0 -- /system/bin/sh -c a b","trigger":"boot \u0026\u0026 property:a=1"}`,
		`service {"class":["main","late"],"command":"/system/bin/updater --daemon \"q","disabled":"yes","group":["root","inet"],"name":"updater","oneshot":"yes","program":"/system/bin/updater","setenv":"CLASSPATH=/a.jar","socket":"ctl","user":"root"}`,
		`init-action {"command":"restart updater","trigger":"property:sys.x=1"}`,
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
	facttest.Unwanted(t, Analyzer(), "", "turn it on boot now", "service with a smile", "ro.x=1")
}

func FuzzInitRC(f *testing.F) {
	f.Add(input)
	f.Add("on boot\n\tstart \"x")
	f.Fuzz(func(t *testing.T, text string) { facttest.Run(t, Analyzer(), text) })
}
