package firmware

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// TestPrograms: what belongs to which program, what starts it, and what is none.
func TestPrograms(t *testing.T) {
	rec := &fact.Record{}
	unit := func(name, member string, facts []fact.Fact, classes ...string) {
		p := image.Path{{Name: "dump"}, {Container: "dir", Name: name, Offset: -1}}
		if member != "" {
			p = append(p, image.Segment{Container: "zip", Name: member, Offset: -1})
		}
		u := fact.Unit{File: fact.FileInfo{Path: p}, Facts: facts}
		if len(classes) > 0 {
			u.Facts = append(u.Facts, fact.Fact{Kind: "dex", Fields: fact.F("classes", name)})
			u.Tables = []*fact.Table{{Kind: "class", Column: "name", Values: classes}}
		}
		rec.Units = append(rec.Units, u)
	}
	of := func(kind fact.Kind, fields ...string) []fact.Fact {
		return []fact.Fact{{Kind: kind, Fields: fact.F(fields...)}}
	}
	unit("system/build.prop", "", nil)
	unit("system/app/A.apk", "", of("package", "name", "a"))
	unit("system/app/A.apk", "classes.dex", nil, "a.Main")
	unit("system/framework/services.jar", "classes.dex", nil, "com.android.server.SystemServer")
	unit("system/framework/oat/arm/wifi-service.odex", "", nil, "com.android.server.wifi.WifiService")
	unit("system/framework/unnamed-service.jar", "classes.dex", nil, "maker.Service")
	unit("system/framework/android.policy.jar", "classes.dex", nil, "com.android.internal.policy.impl.PhoneWindowManager")
	unit("system/framework/am.jar", "classes.dex", nil, "com.android.commands.am.Am")
	unit("system/framework/off.jar", "classes.dex", nil, "maker.Off")
	unit("system/framework/boot-up.jar", "classes.dex", nil, "maker.Up")
	unit("system/framework/plain.jar", "classes.dex", nil, "maker.Plain")
	unit("system/bin/am", "", of("app-process", "class", "com.android.commands.am.Am", "classpath", "/system/framework/am.jar"))
	unit("system/bin/up", "", of("app-process", "class", "maker.Up", "classpath", "/system/framework/boot-up.jar"))
	unit("system/bin/of-app", "", of("app-process", "class", "a.Main", "classpath", "/system/app/A.apk"))
	unit("system/etc/init/x.rc", "", append(append(append(
		of("service", "name", "up", "program", "/system/bin/up", "command", "/system/bin/up"),
		of("service", "name", "off", "program", "/system/bin/app_process", "command", "/system/bin/app_process /system/bin maker.Off", "disabled", "yes")...),
		of("service", "name", "zygote", "program", "/system/bin/app_process", "command", "/system/bin/app_process -Xzygote /system/bin --zygote --start-system-server")...),
		of("class-path", "name", "SYSTEMSERVERCLASSPATH", "value", "/system/framework/services.jar:/system/framework/wifi-service.jar")...))
	fw := Assemble(rec)
	got := map[string][]string{}
	for _, p := range fw.Programs {
		for _, i := range p.Units {
			got[p.Package] = append(got[p.Package], fw.Spots[i].Device)
		}
		for _, s := range p.Starts {
			got[p.Package] = append(got[p.Package], s.Trigger+" "+s.Class)
		}
	}
	for _, a := range fw.Apps {
		for _, s := range a.Starts {
			got[a.Package] = append(got[a.Package], s.Trigger+" "+s.Class)
		}
	}
	want := map[string][]string{
		"android": {
			"/system/framework/services.jar", "/system/framework/oat/arm/wifi-service.odex", "/system/framework/android.policy.jar",
			"persistent com.android.server.SystemServer", "persistent com.android.internal.policy.impl.PhoneWindowManager",
		},
		"am.jar": {"/system/framework/am.jar", "user com.android.commands.am.Am"}, "off.jar": {"/system/framework/off.jar", "unknown maker.Off"},
		"boot-up.jar": {"/system/framework/boot-up.jar", "init maker.Up"}, "a": {"user a.Main"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
