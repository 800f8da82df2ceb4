// Package corpustest finds the real firmware that tests read. It is no part of the project: where it was not unpacked, a
// test that wants it skips and names what is missing.
package corpustest

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the path of a folder or file of the corpus, whose parts are given; none for the whole corpus.
func Dir(t testing.TB, parts ...string) string {
	t.Helper()
	path := below(t, parts)
	if _, err := os.Stat(path); err != nil {
		t.Skip("no " + name(parts))
	}
	return path
}

// File returns the content of a file of the corpus.
func File(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(below(t, parts))
	if err != nil {
		t.Skip("no " + name(parts))
	}
	return data
}

// Glob returns the paths of the corpus that match a pattern, at least one.
func Glob(t testing.TB, parts ...string) []string {
	t.Helper()
	list, err := filepath.Glob(below(t, parts))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Skip("no " + name(parts))
	}
	return list
}

// below is a path in the folder that the corpus is unpacked to, in the user's cache.
func below(t testing.TB, parts []string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("no corpus: %v", err)
	}
	return filepath.Join(cache, name(parts))
}

// name is a path as a skipped test names it.
func name(parts []string) string {
	return filepath.Join(append([]string{"romscan-corpus"}, parts...)...)
}
