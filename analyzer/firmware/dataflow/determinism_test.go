package dataflow_test

import (
	"archive/zip"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/firmware/dataflow"
)

// corpusCode returns the first DEX of up to n APKs of real firmware, every few of a folder.
func corpusCode(t *testing.T, n int) map[string][]byte {
	t.Helper()
	list := corpustest.Glob(t, "miui", "miui-3.6.7", "system", "app", "*.apk")
	out := map[string][]byte{}
	for _, path := range list {
		z, err := zip.OpenReader(path)
		if err != nil {
			continue
		}
		if r, err := z.Open("classes.dex"); err == nil && len(out) < n {
			if data, err := io.ReadAll(r); err == nil {
				out[filepath.Base(path)] = data
			}
			r.Close()
		}
		z.Close()
	}
	return out
}

// TestDeterminism follows real apps twice, each time from a program made anew.
func TestDeterminism(t *testing.T) {
	if testing.Short() {
		t.Skip("follows 20 apps twice over")
	}
	voc := api(t)
	limits := dataflow.Limits{Steps: 25_000}
	found := 0
	for name, data := range corpusCode(t, 20) {
		a, b := spell(follow(data, voc, limits)), spell(follow(data, voc, limits))
		if a != b {
			t.Errorf("%s: two runs differ, %s", name, difference(a, b))
		}
		found += strings.Count(a, "\n")
	}
	if found < 200 {
		t.Errorf("%d lines in all: nothing was followed", found)
	}
}
