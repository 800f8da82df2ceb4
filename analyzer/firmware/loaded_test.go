package firmware

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
)

// member is a unit with DEX inside a file, whose class calls a loader and holds strings where it is told to.
func member(file, name string, loads bool, texts ...string) fact.Unit {
	u := codeUnit(file, name, "1")
	table := func(kind fact.Kind, column string, values ...string) {
		slices.Sort(values)
		t := &fact.Table{Kind: kind, Column: column, Common: fact.F("source", "dex"), Values: values, Members: []string{"Lx/Load$1;->run()V"}}
		for i := range values {
			t.Starts = append(t.Starts, uint32(i))
			t.Sites = append(t.Sites, fact.Site{})
		}
		t.Starts = append(t.Starts, uint32(len(values)))
		u.Tables = append(u.Tables, t)
	}
	if loads {
		table("api", "call", "Ldalvik/system/DexClassLoader;-><init>(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;Ljava/lang/ClassLoader;)V")
	}
	if len(texts) > 0 {
		table("string", "value", texts...)
	}
	return u
}

// TestLoadedCode: a file an app loads by its path is code of that app and no app of its own.
func TestLoadedCode(t *testing.T) {
	app := func(file string) fact.Unit {
		return unit(file, fact.Fact{Kind: "package", Fields: fact.F("name", file)})
	}
	fw := assemble(
		unit("system/build.prop"),
		app("system/app/A.apk"), member("system/app/A.apk", "classes.dex", true, "/etc/plug.apk", "/system/app/B.apk", "/vendor/etc/both.jar", "more.dex"),
		member("system/app/A.apk", "assets/more.dex", false),
		app("system/app/B.apk"), member("system/app/B.apk", "classes.dex", true, "/vendor/etc/both.jar"),
		app("system/app/C.apk"), member("system/app/C.apk", "classes.dex", false, "/system/etc/alone.apk"),
		app("system/etc/plug.apk"), member("system/etc/plug.apk", "classes.dex", false),
		app("system/etc/alone.apk"), member("system/etc/alone.apk", "classes.dex", false),
		member("vendor/etc/both.jar", "classes.dex", false),
	)
	got := map[string][]int{}
	var loaded []string
	for _, a := range fw.Apps {
		got[a.Device] = a.Units
		for _, f := range a.Derived {
			if f.Kind == "loaded-code" {
				loaded = append(loaded, a.Device+" "+f.Fields.Get("how")+" "+f.Fields.Get("file"))
			}
		}
	}
	want := map[string][]int{"/system/app/A.apk": {1, 2, 3, 9}, "/system/app/B.apk": {4, 5}, "/system/app/C.apk": {6, 7}, "/system/etc/alone.apk": {10, 11}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	facts := []string{
		"/system/app/A.apk path /system/etc/plug.apk", "/system/app/A.apk path /vendor/etc/both.jar",
		"/system/app/A.apk asset /system/app/A.apk//assets/more.dex", "/system/app/B.apk path /vendor/etc/both.jar",
	}
	if diff := cmp.Diff(facts, loaded); diff != "" {
		t.Error(diff)
	}
	if a := fw.AppOf(9); a == nil || !strings.HasSuffix(a.Device, "A.apk") {
		t.Errorf("the code is of %v", a)
	}
}
