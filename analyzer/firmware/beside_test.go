package firmware

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// flat is a file in a folder that is no device's tree.
func flat(file string, facts ...fact.Fact) fact.Unit {
	u := unit(file, facts...)
	u.File.Path[1].Container = "zip"
	return u
}

// TestJoinFlat: an APK and the code beside it are one app outside a device's tree too, each in its folder.
func TestJoinFlat(t *testing.T) {
	app := func(file string) fact.Unit {
		return flat(file, fact.Fact{Kind: "package", Fields: fact.F("name", file)})
	}
	code := func(file, member, classes string) fact.Unit {
		u := codeUnit(file, member, classes)
		u.File.Path[1].Container = "zip"
		return u
	}
	fw := Assemble(&fact.Record{Units: []fact.Unit{
		app("A.apk"), code("A.odex", "classes.dex", "7"),
		app("one/B.apk"), code("one/B.apk", "classes.dex", "3"), code("one/B.odex", "classes.dex", "3"),
		code("one/oat/arm64/C.odex", "classes.dex", "5"), app("one/C.apk"),
		code("two/A.odex", "classes.dex", "9"),
	}})
	got := map[string][]int{}
	for _, a := range fw.Apps {
		got[a.Device] = a.Units
	}
	if diff := cmp.Diff(map[string][]int{"/A.apk": {0, 1}, "/one/B.apk": {2, 3}, "/one/C.apk": {5, 6}}, got); diff != "" {
		t.Error(diff)
	}
	if !fw.Copy(4) || fw.AppOf(7) != nil {
		t.Errorf("copy %v, owner of another folder's code %v", fw.Copy(4), fw.AppOf(7))
	}
	if s := fw.Spots[1]; s.Device != "/A.odex" || s.Member != "classes.dex" {
		t.Errorf("code beside an app lies at %+v", s)
	}
}

// TestVerification: a vdex without code counts where nothing else in the image has that code.
func TestVerification(t *testing.T) {
	vdex := func(u fact.Unit) fact.Unit { u.File.Kind = "vdex"; return u }
	fw := assemble(
		unit("system/build.prop"),
		vdex(unit("system/app/A/oat/arm/A.vdex")),
		vdex(unit("system/app/B/oat/arm/B.vdex")), codeUnit("system/app/B/oat/arm/B.vdex", "classes.dex", "3"),
		vdex(unit("system/app/C/oat/arm/C.vdex")), codeUnit("system/app/C/C.apk", "classes.dex", "4"),
		vdex(unit("system/framework/arm/boot-x.vdex")), codeUnit("system/framework/x.jar", "classes.dex", "5"),
		vdex(unit("system/framework/oat/arm/apex@a@javalib@x.jar@classes.vdex")),
	)
	if diff := cmp.Diff([]int{1}, fw.Verification()); diff != "" {
		t.Error(diff)
	}
	alone := Assemble(&fact.Record{Units: []fact.Unit{{File: fact.FileInfo{Path: image.Path{{Name: "X.vdex"}}, Kind: "vdex"}}}})
	if diff := cmp.Diff([]int{0}, alone.Verification()); diff != "" {
		t.Error(diff)
	}
}
