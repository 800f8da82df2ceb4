package analyzer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/diff"
	"romscan/analyzer/finding"
)

// TestNumberLookup compares the messaging app of two real builds, before and after August 2014: the number of
// whoever writes went to the maker over plain HTTP with nothing before it; later it goes over TLS behind the account
// state of the service, and the IMEI goes along.
func TestNumberLookup(t *testing.T) {
	if testing.Short() {
		t.Skip("follows data through two large apps")
	}
	root := corpustest.Dir(t, "miui")
	scans := make([]*Scan, 2)
	for i, name := range []string{"miui-3.6.7/system/app/Mms.apk", "miui6-4.9.2/system/priv-app/Mms.apk"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Skip("no " + name + " in the corpus")
		}
		_, device, _ := strings.Cut(name, "/")
		tree := t.TempDir()
		for path, content := range map[string][]byte{device: data, "system/build.prop": []byte("ro.build.version.sdk=19\n")} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, path)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(tree, path), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		scans[i] = Judge(follow(t, tree, 2), builtin(t))
	}
	for i, want := range [][]string{
		{"ROM1106 pref:com.android.mms_preferences [pref_key_enable_mx] other-app none", "ROM1107 pref:com.android.mms_preferences [pref_key_enable_mx] boot opt-in"},
		{"ROM1106 pref:pref_mx [pref_mx_account_info] other-app none"},
	} {
		for _, w := range want {
			if !slices.ContainsFunc(scans[i].Findings, func(f finding.Finding) bool { return switched(&f) == w }) {
				t.Errorf("scan %d does not tell %s", i, w)
			}
		}
	}
	const lookup = "api.account.xiaomi.com"
	moved, gained := "", ""
	for _, f := range Compare(scans[0], scans[1], "test").Findings {
		if f.Finding.Identity["flow.host"] != lookup {
			continue
		}
		switch f.Finding.Identity["flow.from"] {
		case "sms.peer":
			if f.State == diff.Fixed {
				t.Errorf("fixed: %s", f.Reason)
			}
			if f.State == diff.Changed && f.Before.ID == "ROM2011" {
				moved = f.Reason
			}
		case "device.imei":
			gained = f.Reason
		}
	}
	for _, want := range []string{"gate appeared: ", "pref:pref_mx", "transport: http → https"} {
		if !strings.Contains(moved, want) {
			t.Errorf("the look-up changed so: %q, without %q", moved, want)
		}
	}
	if want := "data gained: device.imei goes where "; !strings.HasPrefix(gained, want) || !strings.Contains(gained, "sms.peer") {
		t.Errorf("%q, want %q", gained, want)
	}
}

// TestOptInAppears: the fixture's update asks first and uses TLS; that is told of each flow.
func TestOptInAppears(t *testing.T) {
	before := Judge(follow(t, fixtures+"/cloud-messaging/before.zip", 2), builtin(t))
	after := Judge(follow(t, fixtures+"/cloud-messaging/after.zip", 2), builtin(t))
	n := 0
	for _, f := range Compare(before, after, "test").Findings {
		if f.Finding.Identity["flow.from"] == "" {
			continue
		}
		n++
		const want = "gate appeared: opt-in (pref:com.northpeak.cloudmsg_preferences [cloud_messaging_on], default off); transport: http → https"
		if f.State != diff.Fixed || !strings.Contains(f.Reason, want) {
			t.Errorf("%s %s: %s %s", f.Finding.ID, f.Finding.Identity["flow.from"], f.State, f.Reason)
		}
	}
	if n != 4 {
		t.Errorf("%d flows, want 4", n)
	}
}

// switched spells what a finding says of a setting.
func switched(f *finding.Finding) string {
	if len(f.Steps) == 0 || f.Steps[0].Fact.Kind != "setting" {
		return ""
	}
	s := f.Steps[0].Fact.Fields
	return strings.Join([]string{f.Signature.ID, s.Get("key"), s.Get("activation"), s.Get("guard")}, " ")
}
