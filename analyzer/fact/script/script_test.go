package script

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact/facttest"
)

func TestFacts(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"# Script to start \"am\" on the device, which has a very rudimentary\n# shell.\n#\nbase=/system\nexport CLASSPATH=$base/framework/am.jar\nexec app_process $base/bin com.android.commands.am.Am \"$@\"\n",
			`app-process {"class":"com.android.commands.am.Am","classpath":"/system/framework/am.jar","command":"app_process /system/bin com.android.commands.am.Am $@"}`},
		{"#!/system/bin/sh\nCLASSPATH=/a.jar:/b.apk app_process64 -Xmx8m /system/bin --nice-name=up com.maker.Up &\n",
			`app-process {"class":"com.maker.Up","classpath":["/a.jar","/b.apk"],"command":"app_process64 -Xmx8m /system/bin --nice-name=up com.maker.Up"}`},
		{"#!/system/bin/sh\napp_process -Djava.class.path=/c.jar / com.maker.C\n",
			`app-process {"class":"com.maker.C","classpath":"/c.jar","command":"app_process -Djava.class.path=/c.jar / com.maker.C"}`},
		{"#!/system/bin/sh\ndalvikvm -cp ${X}/d.jar com/maker/D\n",
			`app-process {"class":"com.maker.D","classpath":"$X/d.jar","command":"dalvikvm -cp $X/d.jar com/maker/D"}`},
		{"#!/system/bin/sh\napp_process -Xzygote /system/bin --zygote --start-system-server\n# app_process / a.B\necho app_process\n", ""},
	} {
		got, out := facttest.Run(t, Analyzer(), c.in)
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", c.in, diff)
		}
		facttest.Listed(t, out)
	}
}

func TestWants(t *testing.T) {
	facttest.Unwanted(t, Analyzer(), "", "text", "service zygote /system/bin/app_process -Xzygote /system/bin --zygote\n", "#!/usr/bin/perl", "\x00app_process")
}

func FuzzScript(f *testing.F) {
	f.Add("#!/system/bin/sh\nbase=/system\nexport CLASSPATH=$base/${x}/am.jar\nexec app_process $base/bin a.B \"$@\"\n")
	f.Fuzz(func(t *testing.T, text string) { facttest.Run(t, Analyzer(), text) })
}
