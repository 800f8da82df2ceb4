package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"romscan": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs testdata/script/*.txtar: what a user types and sees. $FIXTURES is the fixtures folder.
func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs("../../fixtures")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			e.Setenv("PAIR", filepath.Join(fixtures, "cloud-messaging"))
			return nil
		},
	})
}

// TestEveryVerbHasAScript: a verb without a script that asks for its help, uses it and misuses it is not done.
func TestEveryVerbHasAScript(t *testing.T) {
	for _, c := range command().Commands() {
		if c.Run == nil && c.RunE == nil || slices.Contains([]string{"help", "completion"}, c.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", "script", c.Name()+".txtar"))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{"exec romscan " + c.Name() + " -h", "! exec romscan " + c.Name(), "\nexec romscan " + c.Name()} {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s.txtar has no %q", c.Name(), strings.TrimSpace(want))
			}
		}
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
	}{{"4096", 4096}, {"1KiB", 1024}, {"1.5GiB", 3 << 29}, {"200GB", 200e9}, {"512 MiB", 512 << 20}, {"10B", 10}} {
		if got, err := parseSize(c.in); err != nil || got != c.want {
			t.Errorf("%q: %d, %v; want %d", c.in, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "x", "-1", "0", "1PiB", "NaN", "9999999999999TB"} {
		if n, err := parseSize(bad); err == nil {
			t.Errorf("%q is taken as %d", bad, n)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob, path string
		want       bool
	}{
		{"*.apk", "system.img//app/X.apk", true}, {"*.apk", "system.img//app/X.apk//classes.dex", false},
		{"**.apk", "system.img//app/X.apk", true}, {"system.img//app/*", "system.img//app/X.apk", true},
		{"system.img//*", "system.img//app/X.apk", false}, {"system.img//**", "system.img//app/X.apk", true},
		{"X.ap?", "a/X.apk", true}, {"a+b", "a+b", true}, {"", "anything", true},
	} {
		m, err := compileGlob(c.glob)
		if err != nil {
			t.Fatal(err)
		}
		if got := m(c.path); got != c.want {
			t.Errorf("%q on %q: %v", c.glob, c.path, got)
		}
	}
}
