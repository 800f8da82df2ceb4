package analyzer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
)

// TestRecoveredCalls: calls that dexopt took the names from are named with the boot class path that lies in the image, the
// same with any number of workers; without it fewer are, and a gap says so.
func TestRecoveredCalls(t *testing.T) {
	from := corpustest.Dir(t, "trees", "trees", "htc-protou-404-odex", "system", "framework")
	tree := func(names ...string) string {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "system", "framework"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				t.Skip("no " + name + " in the corpus")
			}
			if err := os.WriteFile(filepath.Join(dir, "system", "framework", name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "system", "build.prop"), []byte("ro.build.version.sdk=15\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	junit := func(rec *fact.Record) (calls int, gap string) {
		for _, u := range rec.Units {
			if !strings.Contains(u.File.Path.String(), "android.test.runner.odex") {
				continue
			}
			for _, g := range u.Gaps {
				gap = g.Detail
			}
			for _, table := range u.Tables {
				if table.Kind != "api" || table.Common.Get("recovered") != "deodexed" {
					continue
				}
				for i, call := range table.Values {
					if strings.HasPrefix(call, "Ljunit/framework/") {
						calls += len(table.SitesOf(i))
						if f := table.Row(i); f.Evidence == nil || !strings.Contains(f.Evidence.Text, "invoke-virtual") && !strings.Contains(f.Evidence.Text, "invoke-super") {
							t.Errorf("%s: evidence %v", call, f.Evidence)
						}
					}
				}
			}
		}
		return calls, gap
	}
	whole := tree("android.test.runner.odex", "core-junit.odex")
	one, many := read(t, whole, 1), read(t, whole, 4)
	var a, b bytes.Buffer
	if err := one.Encode(&a); err != nil {
		t.Fatal(err)
	}
	if err := many.Encode(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the records of one worker and of four differ")
	}
	with, gap := junit(one)
	without, gapWithout := junit(read(t, tree("android.test.runner.odex"), 2))
	t.Logf("%d calls of junit with its classes (%s), %d without (%s)", with, gap, without, gapWithout)
	if with < without+40 || !strings.Contains(gap, "boot class path not in the image") || gap == gapWithout {
		t.Errorf("%d calls of junit with its classes, %d without; gaps %q and %q", with, without, gap, gapWithout)
	}
}
