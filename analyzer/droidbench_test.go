package analyzer

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
	"romscan/signatures"
)

func benchRoot(tb testing.TB, sub string) string {
	base := os.Getenv("XDG_CACHE_HOME")
	if base == "" {
		home, _ := os.UserHomeDir()
		base = filepath.Join(home, ".cache")
	}
	dir := filepath.Join(base, "romscan-corpus", sub)
	if _, err := os.Stat(dir); err != nil {
		tb.Skip("corpus absent: " + sub)
	}
	return dir
}

// readApps reads an image and puts its apps together, flows not yet followed.
func readApps(tb testing.TB, path string) (*reader, *fact.Record, *firmware.Firmware) {
	tb.Helper()
	root, closeRoot, err := OpenInput(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeRoot() })
	opt := Options{Jobs: 1, Limits: image.DefaultLimits()}
	opener, err := opt.opener()
	if err != nil {
		tb.Fatal(err)
	}
	list, err := Analyzers()
	if err != nil {
		tb.Fatal(err)
	}
	rec := &fact.Record{}
	r := &reader{list: list, budget: opener.Budget, opt: opt, boot: newVerifiedBoot()}
	units, err := image.Walk(context.Background(), opener, root, 1, func(f *image.File, c *image.Container) *fact.Unit {
		return r.visit(context.Background(), f, c)
	})
	if err != nil {
		tb.Fatal(err)
	}
	for _, u := range units {
		if u != nil {
			rec.Units = append(rec.Units, *u)
		}
	}
	return r, rec, firmware.Assemble(rec)
}

// flowsIn runs the flow analysis on the apps of one image.
func flowsIn(tb testing.TB, path, profile string) []*dataflow.Result {
	tb.Helper()
	voc, err := signatures.API()
	if err != nil {
		tb.Fatal(err)
	}
	r, rec, fw := readApps(tb, path)
	var out []*dataflow.Result
	for _, app := range fw.Apps {
		if _, res := r.analyse(rec, fw, app, voc, profile); res != nil {
			out = append(out, res)
		}
	}
	return out
}

// TestDroidBench counts the distinct pairs of source and sink calls in the apps of DroidBench 2.0 against its labels.
// ROMSCAN_DROIDBENCH=name runs the apps whose path holds the name and says more.
func TestDroidBench(t *testing.T) {
	dir := benchRoot(t, "droidbench")
	f, err := os.Open(filepath.Join(dir, "ground_truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := map[string]int{}
	for i, n := range rows[0] {
		col[n] = i
	}
	only := os.Getenv("ROMSCAN_DROIDBENCH")
	var tp, fp, fn int
	start := time.Now()
	for _, row := range rows[1:] {
		if row[col["branch"]] != "master" || only != "" && !strings.Contains(row[col["apk"]], only) {
			continue
		}
		want, _ := strconv.Atoi(row[col["adjudicated_leaks"]])
		path := filepath.Join(dir, strings.TrimPrefix(row[col["apk"]], "master/"))
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(dir, row[col["apk"]])
		}
		got := map[string]bool{}
		for _, res := range flowsIn(t, path, "droidbench") {
			for _, fl := range res.Flows {
				if fl.SinkKind == "native" {
					continue
				}
				got[fmt.Sprintf("%s@%x -> %s@%x", fl.Source.Method.Ref(), fl.Source.Addr, fl.Sink.Method.Ref(), fl.Sink.Addr)+" "+fl.Data+" "+fl.SinkCall] = true
			}
			if only != "" {
				t.Log("methods", res.Methods, "steps", res.Steps, "uses", len(res.Uses))
				for k, n := range res.Cuts {
					t.Log("cut", k, n)
				}
			}
		}
		n := len(got)
		tp += min(n, want)
		fp += max(n-want, 0)
		fn += max(want-n, 0)
		if n != want || only != "" {
			t.Logf("%s/%s: %d, want %d (%s -> %s)", row[col["category"]], row[col["name"]], n, want, row[col["sources_seen"]], row[col["sinks_seen"]])
			var keys []string
			for k := range got {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			for _, k := range keys {
				t.Log("    ", k)
			}
		}
	}
	if only != "" {
		return
	}
	p, r := float64(tp)/float64(max(tp+fp, 1)), float64(tp)/float64(max(tp+fn, 1))
	t.Logf("TP %d FP %d FN %d  P %.3f R %.3f F1 %.3f in %v", tp, fp, fn, p, r, 2*p*r/(p+r), time.Since(start))
	const found, wrong = 109, 2 // what was reached: fewer or more is a step back
	if tp < found || fp > wrong {
		t.Errorf("%d leaks found and %d false, %d and %d before", tp, fp, found, wrong)
	}
}
