package firmware

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func TestCodeOwner(t *testing.T) {
	for device, want := range map[string]string{
		"/system/app/X.odex":                                    "/system/app/X",
		"/system/app/X/arm/X.odex":                              "/system/app/X/X",
		"/system/priv-app/X/oat/arm64/X.vdex":                   "/system/priv-app/X/X",
		"/system/app/X/X.dm":                                    "/system/app/X/X",
		"/system/app/X/oat/arm/X.odex.xz":                       "/system/app/X/X",
		"/data/dalvik-cache/arm/system@app@X@X.apk@classes.dex": "/system/app/X/X",
		"/system/framework/arm64/boot.oat":                      "/system/framework/boot",
		"/system/app/oat/X.apk":                                 "",
		"/system/app/arm/arm.odex":                              "/system/app/arm",
		"":                                                      "",
	} {
		if got := CodeOwner(device); got != want {
			t.Errorf("%s: %q, want %q", device, got, want)
		}
	}
}

func codeUnit(file, member, classes string) fact.Unit {
	u := unit(file, fact.Fact{Kind: "dex", Fields: fact.F("classes", classes)})
	u.File.Path = append(u.File.Path, image.Segment{Container: "oat", Name: member, Offset: -1})
	return u
}

// TestJoinCode: code beside an APK belongs to the app, once, whatever the order of the files is.
func TestJoinCode(t *testing.T) {
	app := func(file string) fact.Unit {
		return unit(file, fact.Fact{Kind: "package", Fields: fact.F("name", file)})
	}
	fw := assemble(
		unit("system/build.prop"),
		app("system/app/A.apk"), codeUnit("system/app/A.odex", "classes.dex", "7"),
		codeUnit("system/app/b/oat/arm/b.odex", "classes.dex", "3"), codeUnit("system/app/b/oat/arm/b.odex", "classes2.dex", "4"),
		codeUnit("system/app/b/oat/arm64/b.odex", "classes.dex", "3"), codeUnit("system/app/b/oat/arm64/b.odex", "classes2.dex", "4"),
		app("system/app/b/b.apk"),
		codeUnit("system/app/c/oat/arm/c.odex", "classes.dex", "5"), app("system/app/c/c.apk"), codeUnit("system/app/c/c.apk", "classes.dex", "5"),
		codeUnit("system/app/orphan.odex", "classes.dex", "9"),
		codeUnit("system/framework/oat/arm/f.odex", "classes.dex", "1"), codeUnit("system/framework/oat/arm64/f.odex", "classes.dex", "1"),
		app("system/app/none.apk"),
	)
	got := map[string][]int{}
	for _, a := range fw.Apps {
		got[a.Device] = a.Units
	}
	want := map[string][]int{"/system/app/A.apk": {1, 2}, "/system/app/b/b.apk": {3, 4, 7}, "/system/app/c/c.apk": {9, 10}, "/system/app/none.apk": {14}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var copies []int
	for i := range fw.Record.Units {
		if fw.Copy(i) {
			copies = append(copies, i)
		}
	}
	if diff := cmp.Diff([]int{5, 6, 8, 13}, copies); diff != "" {
		t.Error(diff)
	}
	if a := fw.AppOf(11); a != nil {
		t.Errorf("code without an app belongs to %s", a.Device)
	}
}
