package analyzer

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/image"
)

// TestNativeLeaks: that a native method gets data is a leak where its library speaks to the network, and for the benchmarks
// where it writes logs.
func TestNativeLeaks(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is needed to build libraries")
	}
	cases := loadFlowCases(t)
	c := cases[slices.IndexFunc(cases, func(c *flowCase) bool { return c.id() == "sinks/NativeCall" })]
	app := c.path(buildFlowCases(t, []*flowCase{c}))
	for _, x := range []struct {
		name, calls, method string
		network, logs       int // leaks without and with the benchmarks' sinks
	}{
		{"no library", "", "", 0, 0},
		{"neither", "strlen", "Java_bench_sinks_nativecall_NativeCall_report", 0, 0},
		{"log", "__android_log_print", "Java_bench_sinks_nativecall_NativeCall_report", 0, 1},
		{"network", "getaddrinfo", "Java_bench_sinks_nativecall_NativeCall_report", 1, 1},
		{"another method", "getaddrinfo", "Java_bench_sinks_nativecall_NativeCall_other", 0, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			dir := t.TempDir()
			path := app
			if x.calls != "" {
				source, lib := filepath.Join(dir, "x.c"), filepath.Join(dir, "x.so")
				code := "extern int " + x.calls + "(void*); int " + x.method + "(void* e, void* c, void* s) { return " + x.calls + "(s); }\n"
				if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := runTool("gcc", "-shared", "-fPIC", "-fno-builtin", "-nostdlib", "-o", lib, source); err != nil {
					t.Fatal(err)
				}
				path = filepath.Join(dir, "x.apk")
				if err := joinAPK(path, app, "lib/x86_64/libreport.so", lib); err != nil {
					t.Fatal(err)
				}
			}
			for profile, want := range map[string]int{"": x.network, "droidbench": x.logs} {
				root, done, err := OpenInput(path)
				if err != nil {
					t.Fatal(err)
				}
				defer done()
				if got, _, err := Pairs(context.Background(), root, Options{Limits: image.DefaultLimits(), Profile: profile}); err != nil || len(got) != want {
					t.Errorf("profile %q: %d leaks, want %d: %v %v", profile, len(got), want, got, err)
				}
			}
		})
	}
}
