package analyzer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// readApps reads an image and puts its apps together, flows not yet followed.
func readApps(tb testing.TB, path string) (*reader, *fact.Record, *firmware.Firmware) {
	tb.Helper()
	root, closeRoot, err := OpenInput(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeRoot() })
	r, rec, err := gather(context.Background(), root, Options{Jobs: 1, Limits: image.DefaultLimits()})
	if err != nil {
		tb.Fatal(err)
	}
	return r, rec, firmware.Assemble(rec)
}

// TestDroidBench counts the distinct pairs of source and sink calls in the apps of DroidBench 2.0 against its labels.
// ROMSCAN_DROIDBENCH=name runs the apps whose path holds the name and says more.
func TestDroidBench(t *testing.T) {
	dir := corpustest.Dir(t, "droidbench")
	f, err := os.Open(filepath.Join(dir, "ground_truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	only := os.Getenv("ROMSCAN_DROIDBENCH")
	cases, err := ReadBench(f, dir, map[string]string{"branch": "master"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var sum Score
	for _, c := range cases {
		if only != "" && !strings.Contains(c.Name, only) {
			continue
		}
		got, err := c.Run(context.Background(), Options{Jobs: 1, Limits: image.DefaultLimits(), Profile: "droidbench"})
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(len(got.Pairs), c.Leaks)
		if len(got.Pairs) != c.Leaks || only != "" {
			t.Log(got)
		}
	}
	if only != "" {
		return
	}
	t.Logf("%v in %v", sum, time.Since(start))
	const found, wrong = 109, 2 // what was reached: fewer or more is a step back
	if sum.True < found || sum.False > wrong {
		t.Errorf("%d leaks found and %d false, %d and %d before", sum.True, sum.False, found, wrong)
	}
}
