package analyzer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/signatures"
)

// TestSystemServer: what the system server sends is told of the process "android" and lies in the jar that sends it, with any
// number of workers, from the cache and in a saved scan.
func TestSystemServer(t *testing.T) {
	cases := slices.DeleteFunc(loadFlowCases(t), func(c *flowCase) bool { return c.id() != "system/Server" })
	built := buildFlowCases(t, cases)
	rec := savedAlike(t, cases[0].path(built))
	pack, err := signatures.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	fw := firmware.Assemble(rec)
	var got []string
	for _, f := range finding.Match(fw, pack) {
		if f.App == "android" {
			got = append(got, f.Signature.ID+" "+f.Device+" "+f.Steps[0].Fact.Fields.Get("from"))
		}
	}
	slices.Sort(got)
	want := []string{
		"ROM2001 /system/framework/maker-part.jar phone.number", "ROM2001 /system/framework/services.jar device.imei",
		"ROM2005 /system/framework/services.jar sim.iccid", "ROM2006 /system/framework/services.jar device.imsi", "ROM2006 /system/framework/services.jar sim.iccid",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(fw.Programs) != 1 || len(fw.Programs[0].Derived) != 1 {
		t.Fatalf("%d programs", len(fw.Programs))
	}
	jars := fw.Programs[0].Derived[0].Fields.All("path")
	if diff := cmp.Diff([]string{"/system/framework/services.jar", "/system/framework/maker-part.jar", "/system/framework/maker-more.jar"}, jars); diff != "" {
		t.Error(diff)
	}
}

// TestSystemServerOfTrees: of the system servers of real images all calls are found that go to the network, and none has
// personal data with it.
func TestSystemServerOfTrees(t *testing.T) {
	const server = "Lcom/android/server/"
	for tree, want := range map[string][]string{
		"miui-3.6.7": {server + "location/GpsXtraDownloader;->doDownload(Ljava/lang/String;ZLjava/lang/String;I)[B"},
		"miui6-4.9.2": {
			server + "ConnectivityService$CheckMp;->isMobileOk(Lcom/android/server/ConnectivityService$CheckMp$Params;)Ljava/lang/Integer;",
			server + "connectivity/PacManager;->get(Ljava/lang/String;)Ljava/lang/String;",
			server + "location/GpsXtraDownloader;->doDownload(Ljava/lang/String;ZLjava/lang/String;I)[B",
		},
	} {
		from, to := filepath.Join(corpustest.Dir(t, "miui"), tree, "system"), filepath.Join(t.TempDir(), "system")
		for _, name := range []string{"build.prop", "framework/services.jar", "framework/android.policy.jar"} {
			data, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := writeFiles(map[string]string{filepath.Join(to, name): string(data)}); err != nil {
				t.Fatal(err)
			}
		}
		voc, err := signatures.API()
		if err != nil {
			t.Fatal(err)
		}
		r, rec, fw := readApps(t, filepath.Dir(to))
		r.libs = r.libraries(rec, fw, voc)
		if len(fw.Programs) != 1 {
			t.Fatalf("%s: %d programs", tree, len(fw.Programs))
		}
		_, res := r.analyse(t.Context(), rec, fw, fw.Programs[0], voc, "")
		if res == nil {
			t.Fatalf("%s: not looked at", tree)
		}
		var got []string
		for _, u := range res.Uses {
			got = append(got, u.Sink.Method.Ref())
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
			t.Errorf("%s: %s", tree, diff)
		}
		for _, f := range res.Flows {
			t.Errorf("%s: %s from %s to %s", tree, f.Data, f.Source.Method.Ref(), f.SinkCall)
		}
		if n := res.Cuts["work on an app"]; n > 0 {
			t.Errorf("%s: cut %d times", tree, n)
		}
	}
}
