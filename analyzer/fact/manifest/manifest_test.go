package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// run analyzes a container of the given members.
func analyzeFS(files map[string][]byte) fact.Outcome {
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data}
	}
	s := &fact.Subject{File: image.NewFile("a.apk", bytes.NewReader(nil), 0), FS: m, Kind: "zip"}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
}

const plainManifest = `<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.vendor.app"
    android:versionCode="7" android:versionCodeMajor="1" android:versionName="1.2" android:sharedUserId="android.uid.system">
  <uses-sdk android:minSdkVersion="9" android:targetSdkVersion="16"/>
  <uses-permission android:name="android.permission.INTERNET"/>
  <uses-permission android:name="android.permission.WRITE_EXTERNAL_STORAGE" android:maxSdkVersion="18"/>
  <permission android:name="com.vendor.P" android:protectionLevel="0x13" android:permissionGroup="g"/>
  <permission android:name="com.vendor.Q"/>
  <uses-feature android:name="android.hardware.telephony" android:required="false"/>
  <application android:name=".App" android:permission="com.vendor.APP" android:process=":main"
      android:persistent="true" android:usesCleartextTraffic="true" android:debuggable="@0x7f000001">
    <meta-data android:name="channel" android:value="cmcc"/>
    <uses-library android:name="com.vendor.lib" android:required="false"/>
    <activity android:name="Main" android:permission=""><intent-filter><action android:name="android.intent.action.MAIN"/></intent-filter></activity>
    <activity-alias android:name=".Alias" android:targetActivity="Main" android:exported="false"/>
    <service android:name=".Push" android:process="com.vendor.push" android:directBootAware="true"/>
    <receiver android:name="com.other.Boot" android:enabled="false">
      <intent-filter android:priority="1000">
        <action android:name="android.intent.action.BOOT_COMPLETED"/>
        <action android:name="android.intent.action.SIM_STATE_CHANGED"/>
        <category android:name="android.intent.category.DEFAULT"/>
        <data android:scheme="package" android:host="h" android:mimeType="a/b"/>
      </intent-filter>
      <meta-data android:name="k" android:resource="@xml/r"/>
    </receiver>
    <provider android:name=".Data" android:authorities="a.b;c.d" android:readPermission="com.vendor.R"><grant-uri-permission android:path="/"/></provider>
    <provider android:name=".Open" android:authorities="e" android:permission="" android:exported="true"/>
  </application>
</manifest>`

// lines prints facts one a line: kind {fields} member:line.
func lines(t *testing.T, o fact.Outcome) []string {
	t.Helper()
	var out []string
	for _, f := range o.Facts {
		j, err := json.Marshal(f.Fields)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(f.Kind)+" "+string(j)+" "+f.At.Member)
	}
	return out
}

func TestFacts(t *testing.T) {
	o := analyzeFS(map[string][]byte{manifestName: []byte(plainManifest)})
	want := []string{
		`package {"allow_backup":"yes","application":"com.vendor.app.App","cleartext":"yes","debuggable":"no","direct_boot":"no","has_code":"yes","label":".App","min_sdk":"9","name":"com.vendor.app","persistent":"yes","process":"com.vendor.app:main","shared_uid":"android.uid.system","target_sdk":"16","version_code":"4294967303","version_name":"1.2"} /manifest`,
		`permission {"name":"android.permission.INTERNET"} /manifest/uses-permission[1]`,
		`permission {"max_sdk":"18","name":"android.permission.WRITE_EXTERNAL_STORAGE"} /manifest/uses-permission[2]`,
		`permission-declared {"group":"g","name":"com.vendor.P","protection":["signature","privileged"]} /manifest/permission[1]`,
		`permission-declared {"name":"com.vendor.Q","protection":"normal"} /manifest/permission[2]`,
		`feature {"name":"android.hardware.telephony","required":"no"} /manifest/uses-feature`,
		`meta-data {"name":"channel","value":"cmcc"} /manifest/application/meta-data`,
		`uses-library {"name":"com.vendor.lib","required":"no"} /manifest/application/uses-library`,
		`component {"action":"android.intent.action.MAIN","direct_boot":"no","enabled":"yes","explicit":"no","exported":"yes","guarded":"no","name":"com.vendor.app.Main","process":"com.vendor.app:main","type":"activity"} /manifest/application/activity`,
		`intent-filter {"action":"android.intent.action.MAIN","component":"com.vendor.app.Main","exported":"yes","type":"activity"} /manifest/application/activity/intent-filter`,
		`component {"direct_boot":"no","enabled":"yes","explicit":"yes","exported":"no","guarded":"no","name":"com.vendor.app.Alias","process":"com.vendor.app:main","target":"com.vendor.app.Main","type":"alias"} /manifest/application/activity-alias`,
		`component {"direct_boot":"yes","enabled":"yes","explicit":"no","exported":"no","guarded":"yes","name":"com.vendor.app.Push","permission":"com.vendor.APP","process":"com.vendor.push","type":"service"} /manifest/application/service`,
		`component {"action":["android.intent.action.BOOT_COMPLETED","android.intent.action.SIM_STATE_CHANGED"],"category":"android.intent.category.DEFAULT","direct_boot":"no","enabled":"no","explicit":"no","exported":"yes","guarded":"yes","name":"com.other.Boot","permission":"com.vendor.APP","process":"com.vendor.app:main","type":"receiver"} /manifest/application/receiver`,
		`intent-filter {"action":["android.intent.action.BOOT_COMPLETED","android.intent.action.SIM_STATE_CHANGED"],"category":"android.intent.category.DEFAULT","component":"com.other.Boot","exported":"yes","host":"h","mime":"a/b","priority":"1000","scheme":"package","type":"receiver"} /manifest/application/receiver/intent-filter`,
		`meta-data {"component":"com.other.Boot","name":"k","value":"@xml/r"} /manifest/application/receiver/meta-data`,
		`component {"authority":["a.b","c.d"],"direct_boot":"no","enabled":"yes","explicit":"no","exported":"yes","grant_uri":"yes","guarded":"yes","name":"com.vendor.app.Data","permission":"com.vendor.APP","process":"com.vendor.app:main","read_permission":"com.vendor.R","readable":"no","stock":"no","type":"provider","write_permission":"com.vendor.APP"} /manifest/application/provider[1]`,
		`component {"authority":"e","direct_boot":"no","enabled":"yes","explicit":"yes","exported":"yes","grant_uri":"no","guarded":"no","name":"com.vendor.app.Open","process":"com.vendor.app:main","readable":"yes","stock":"no","type":"provider"} /manifest/application/provider[2]`,
	}
	if d := cmp.Diff(want, lines(t, o)); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
	if len(o.Gaps) != 0 {
		t.Error(o.Gaps)
	}
}

// TestEvidence holds the lines a fact quotes against the decoded manifest.
func TestEvidence(t *testing.T) {
	text, err := Decode([]byte(plainManifest), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(text, "\n")
	o := analyzeFS(map[string][]byte{manifestName: []byte(plainManifest)})
	for _, f := range o.Facts {
		quoted := strings.Split(f.Evidence.Text, "\n")
		if d := cmp.Diff(all[f.Evidence.Line-1:f.Evidence.Line-1+len(quoted)], quoted); d != "" {
			t.Errorf("%s: %s", f.At.Member, d)
		}
		if f.At.Line != f.Evidence.Line || !strings.HasPrefix(strings.TrimSpace(quoted[0]), "<") {
			t.Errorf("%s: line %d, evidence from %d: %s", f.At.Member, f.At.Line, f.Evidence.Line, quoted[0])
		}
	}
}

// TestProviderDefault is the rule of API 17: since then a provider is not exported unless it says so.
func TestProviderDefault(t *testing.T) {
	for target, want := range map[string]string{"16": "yes", "17": "no", "Tiramisu": "no"} {
		m := strings.Replace(plainManifest, `targetSdkVersion="16"`, `targetSdkVersion="`+target+`"`, 1)
		o := analyzeFS(map[string][]byte{manifestName: []byte(m)})
		for _, c := range find(o, "component") {
			if c.Fields.Get("name") == "com.vendor.app.Data" && c.Fields.Get("exported") != want {
				t.Errorf("target %s: exported %s", target, c.Fields.Get("exported"))
			}
		}
	}
}

func TestDecode(t *testing.T) {
	got, err := Decode(sample().bytes(), arsc("Example & Co"))
	want := `<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.example.app">
  <uses-permission android:name="android.permission.READ_SMS"/>
  <application android:label="Example &amp; Co">
    <service android:name=".Sync" android:exported="true"/>
  </application>
</manifest>
`
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	got, err = Decode(sample().bytes(), nil)
	if !strings.Contains(got, `label="@0x7f010000"`) || err != nil {
		t.Errorf("without a table: %v\n%s", err, got)
	}
}

// TestHostile changes single fields of an honest file. The facts stay, and the change is named.
func TestHostile(t *testing.T) {
	honest := sample().bytes()
	poolSize := int(le.Uint32(honest[12:]))
	nodes := 8 + poolSize + 8 + 12
	insert := func(b []byte, at int, chunk ...byte) []byte {
		out := append(append(bytes.Clone(b[:at]), chunk...), b[at:]...)
		le.PutUint32(out[4:], uint32(len(out)))
		return out
	}
	change := func(at int, v uint32) []byte {
		b := bytes.Clone(honest)
		le.PutUint32(b[at:], v)
		return b
	}
	for _, c := range []struct {
		name, trick string
		bytes       []byte
	}{
		{"type", trickType, change(0, 0x00080000)},
		{"size beyond the file", trickSize, change(4, 1<<30)},
		{"size of nothing", trickSize, change(4, 8)},
		{"unknown chunk before the nodes", trickChunk, insert(honest, nodes, 0xbe, 0xba, 8, 0, 12, 0, 0, 0, 1, 2, 3, 4)},
		{"string count", trickStrings, change(16, 1<<31)},
		{"raw value against typed value", trickAttribute, change(nodes+nodeHeader+attrExt+8, 0)},
		{"attribute size", trickAttribute, func() []byte {
			b := bytes.Clone(honest)
			b[nodes+nodeHeader+12] = 40 // more attributes than fit
			return b
		}()},
	} {
		o := analyzeFS(map[string][]byte{manifestName: c.bytes})
		if p := find(o, "package"); len(p) != 1 || p[0].Fields.Get("name") != "com.example.app" {
			t.Errorf("%s: %v %v", c.name, p, o.Gaps)
		}
		if n := len(find(o, "component")); n != 1 {
			t.Errorf("%s: %d components", c.name, n)
		}
		if got := tricks(o); len(got) != 1 || got[0] != c.trick {
			t.Errorf("%s: tricks %v, want %s", c.name, got, c.trick)
		}
	}
}

// TestSharedStrings hides a name inside another string, where a reader that goes through the pool once loses it.
func TestSharedStrings(t *testing.T) {
	a := sample()
	hidden := a.str("com.example.app")
	cover := a.str("\x00" + "\x0fcom.example.app") // the length of the name, as a character of the cover
	b := a.bytes()
	offsets := b[8+28:]
	le.PutUint32(offsets[4*hidden:], le.Uint32(offsets[4*cover:])+4)
	o := analyzeFS(map[string][]byte{manifestName: b})
	if !hasPackage(o) || find(o, "package")[0].Fields.Get("name") != "com.example.app" {
		t.Errorf("%v %v", find(o, "package"), o.Gaps)
	}
	if got := tricks(o); len(got) != 1 || got[0] != trickStrings {
		t.Errorf("tricks %v", got)
	}
}

// TestRepeated uses one long string everywhere: the text may not grow without bound.
func TestRepeated(t *testing.T) {
	long := strings.Repeat("x", 30000)
	b := &axml{}
	b.open("manifest", val{name: "package", typ: 3, s: "p"})
	for range 4000 {
		b.open("e", val{name: "a", typ: 3, s: long})
		b.close("e")
	}
	b.close("manifest")
	text, err := Decode(b.bytes(), nil)
	if image.GapOf(nil, "", err).Reason != image.OverBudget || len(text) > maxText+1<<20 {
		t.Errorf("%d bytes of text, %v", len(text), err)
	}
}

func TestSecondManifest(t *testing.T) {
	o := analyzeFS(map[string][]byte{manifestName: []byte("junk"), manifestName + "#2": sample().bytes()})
	if !hasPackage(o) {
		t.Errorf("the readable one of two manifests is not read: %v", o.Gaps)
	}
}

// TestCut keeps what comes before the end of a file that breaks off.
func TestCut(t *testing.T) {
	b := sample().bytes()
	read := 0
	for n := range b {
		o := analyzeFS(map[string][]byte{manifestName: b[:n]})
		if hasPackage(o) {
			read++
		}
		if len(o.Gaps)+len(find(o, "tamper")) == 0 {
			t.Errorf("cut at %d of %d: nothing said", n, len(b))
		}
	}
	if read == 0 {
		t.Error("no cut file was read in part")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(sample().bytes(), arsc("x"))
	f.Add([]byte(plainManifest), []byte(nil))
	deep := &axml{}
	for range 20 {
		deep.open("a", val{name: "b", typ: 1, n: 0x7f010000})
	}
	f.Add(deep.bytes(), arsc("@"))
	f.Fuzz(func(t *testing.T, manifest, table []byte) {
		o := analyzeFS(map[string][]byte{manifestName: manifest, tableName: table})
		for _, g := range o.Gaps {
			if g.Reason == image.Panicked && !strings.Contains(g.Detail, "apkparser") {
				t.Fatal(g.Detail)
			}
		}
		text, _ := Decode(manifest, table)
		if again, err := Decode([]byte(text), nil); err == nil && strings.Count(again, "\n") != strings.Count(text, "\n") && !strings.Contains(text, "&#") {
			t.Fatalf("decoded text reads differently:\n%s\n%s", text, again)
		}
	})
}
