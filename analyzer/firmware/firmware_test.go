package firmware

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func unit(name string, facts ...fact.Fact) fact.Unit {
	p := image.Path{{Name: "in"}, {Container: "otazip", Name: name, Offset: -1}}
	for i := range facts {
		facts[i].At = fact.Place{Path: p, Offset: -1}
	}
	return fact.Unit{File: fact.FileInfo{Path: p, Mode: 0o644}, Facts: facts}
}

func prop(name, value string) fact.Fact {
	return fact.Fact{Kind: "property", Fields: fact.F("name", name, "value", value)}
}

func assemble(units ...fact.Unit) *Firmware {
	return Assemble(&fact.Record{Header: fact.Header{Filesystems: []string{"otazip"}}, Units: units})
}

// TestMergeOrder: before Android 10 the first ro.* value stays, since then the last file wins.
func TestMergeOrder(t *testing.T) {
	for _, c := range []struct{ sdk, want string }{{"27", "system"}, {"29", "vendor"}} {
		fw := assemble(
			unit("vendor/build.prop", prop("ro.product.model", "vendor"), prop("net.x", "vendor")),
			unit("system/build.prop", prop("ro.build.version.sdk", c.sdk), prop("ro.product.model", "system"), prop("net.x", "system")),
		)
		if fw.Identity.Model != c.want {
			t.Errorf("sdk %s: model from %s, want %s", c.sdk, fw.Identity.Model, c.want)
		}
	}
}

func TestMergeImportsAndDerives(t *testing.T) {
	fw := assemble(
		unit("system/build.prop", prop("ro.build.version.sdk", "30"), prop("ro.build.version.release", "11"), prop("ro.build.id", "RP1A"),
			prop("ro.build.version.incremental", "7"), prop("ro.build.type", "user"), prop("ro.build.tags", "release-keys"),
			prop("ro.sku", "2"), prop("import", "/system/sku_${ro.sku}.prop"), prop("import", "/system/sku_${ro.boot.none}.prop")),
		unit("system/sku_2.prop", prop("ro.product.product.name", "peak2")),
		unit("product/etc/build.prop", prop("ro.product.product.brand", "Northpeak"), prop("ro.product.product.device", "peak")),
	)
	want := "Northpeak/peak2/peak:11/RP1A/7:user/release-keys"
	if fw.Identity.Fingerprint != want {
		t.Errorf("fingerprint %q, want %q", fw.Identity.Fingerprint, want)
	}
	var parts []string
	for _, id := range fw.Of {
		parts = append(parts, id.Partition)
	}
	if diff := cmp.Diff([]string{"product", "system"}, parts); diff != "" {
		t.Error(diff)
	}
}

func app(path, pkg, uid, key string, more ...fact.Fact) fact.Unit {
	facts := []fact.Fact{
		{Kind: "package", Fields: fact.F("name", pkg, "shared_uid", uid, "target_sdk", "30")},
		{Kind: "certificate", Fields: fact.F("sha256", key)},
	}
	return unit(path, append(facts, more...)...)
}

func asks(p string) fact.Fact { return fact.Fact{Kind: "permission", Fields: fact.F("name", p)} }

func declares(p string, protection ...string) fact.Fact {
	return fact.Fact{Kind: "permission-declared", Fields: fact.F("name", p).With("protection", protection...)}
}

func TestPrivilegeAndPermissionStates(t *testing.T) {
	framework := app("system/framework/framework-res.apk", "android", "android.uid.system", "K1",
		declares("p.NORMAL", "normal"), declares("p.DANGEROUS", "dangerous"), declares("p.SIGNATURE", "signature"), declares("p.PRIV", "signature", "privileged"))
	all := []fact.Fact{asks("p.NORMAL"), asks("p.DANGEROUS"), asks("p.SIGNATURE"), asks("p.PRIV"), asks("p.NOBODY")}
	fw := assemble(
		unit("system/build.prop", prop("ro.build.version.sdk", "30")),
		framework,
		app("system/app/Plain/Plain.apk", "plain", "", "K2", all...),
		app("system/priv-app/Priv/Priv.apk", "priv", "", "K2", all...),
		app("system/app/Signed/Signed.apk", "signed", "", "K1", all...),
		unit("system/etc/permissions/privapp.xml", fact.Fact{Kind: "privapp", Fields: fact.F("package", "priv", "permission", "p.PRIV", "allowed", "yes")}),
		unit("system/etc/default-permissions/d.xml", fact.Fact{Kind: "default-grant", Fields: fact.F("package", "priv", "permission", "p.DANGEROUS")}),
	)
	got := map[string][]string{}
	for _, a := range fw.Apps {
		for _, f := range a.Derived {
			if f.Kind == "permission" {
				got[a.Package] = append(got[a.Package], f.Fields.Get("state"))
			}
		}
	}
	want := map[string][]string{
		"plain":  {"normal", "runtime", "unknown", "unknown", "unknown"},
		"priv":   {"normal", "pre-granted", "unknown", "privileged", "unknown"},
		"signed": {"normal", "runtime", "signature", "signature", "unknown"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, a := range fw.Apps {
		if p := map[string]string{"android": "yes", "plain": "no", "priv": "no", "signed": "yes"}[a.Package]; a.Platform != p {
			t.Errorf("%s: platform signed %s, want %s", a.Package, a.Platform, p)
		}
	}
}

func TestAutostart(t *testing.T) {
	component := func(kind, name, enabled string, actions ...string) fact.Fact {
		return fact.Fact{Kind: "component", Fields: fact.F("type", kind, "name", name, "enabled", enabled).With("action", actions...)}
	}
	fw := assemble(app("system/app/X.apk", "x", "", "K",
		component("receiver", "x.Boot", "yes", "android.intent.action.BOOT_COMPLETED", "android.intent.action.SIM_STATE_CHANGED"),
		component("receiver", "x.Off", "no", "android.intent.action.BOOT_COMPLETED"),
		component("receiver", "x.Own", "yes", "x.ACTION"),
		component("service", "x.NotByBroadcast", "yes", "android.intent.action.BOOT_COMPLETED"),
		component("service", "x.Sync", "yes", "android.content.SyncAdapter"),
		component("activity", "x.Main", "yes", "android.intent.action.BOOT_COMPLETED"),
	))
	var got []string
	for _, f := range fw.Apps[0].Derived {
		if f.Kind == "autostart" {
			got = append(got, f.Fields.Get("component")+" "+f.Fields.Get("trigger"))
		}
	}
	if diff := cmp.Diff([]string{"x.Boot boot-completed", "x.Boot telephony", "x.Sync sync"}, got); diff != "" {
		t.Error(diff)
	}
}
