package analyzer

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
	"romscan/analyzer/store"
)

const cloudMessaging = "../fixtures/cloud-messaging/before.zip"

func readCached(t *testing.T, cache *Cache, name string) []byte {
	t.Helper()
	root, done, err := OpenInput(name)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits(), Jobs: 2, Flows: true, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := rec.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func newCache(t *testing.T, dir, build string) *Cache {
	t.Helper()
	s, err := store.Open(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return &Cache{Store: s, Build: build}
}

func entries(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestCacheSame holds that a scan gives the same bytes without a cache, with an empty one, with a full one, with one that
// is damaged, and with one that another build of the program filled.
func TestCacheSame(t *testing.T) {
	dir := t.TempDir()
	want := readCached(t, nil, cloudMessaging)
	if got := readCached(t, newCache(t, dir, "a"), cloudMessaging); !bytes.Equal(got, want) {
		t.Error("other facts when the cache was empty")
	}
	cold := entries(t, dir)
	if len(cold) == 0 {
		t.Fatal("nothing was kept")
	}
	if got := readCached(t, newCache(t, dir, "a"), cloudMessaging); !bytes.Equal(got, want) {
		t.Error("other facts when the cache was full")
	}
	if n := len(entries(t, dir)); n != len(cold) {
		t.Errorf("%d entries after the second scan, %d after the first", n, len(cold))
	}
	for _, name := range cold {
		if err := os.WriteFile(name, []byte("something else altogether, and long enough to be a sum"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := readCached(t, newCache(t, dir, "a"), cloudMessaging); !bytes.Equal(got, want) {
		t.Error("other facts when the cache was damaged")
	}
	if got := readCached(t, newCache(t, dir, "b"), cloudMessaging); !bytes.Equal(got, want) {
		t.Error("other facts from another build")
	}
	if n := len(entries(t, dir)); n != 2*len(cold) {
		t.Errorf("%d entries of two builds, %d of one", n, len(cold))
	}
}

// TestCacheHit holds that an app whose code is known is not looked at again, wherever it lies now, unless a system
// property that it asked for has changed.
func TestCacheHit(t *testing.T) {
	r, rec, fw := readApps(t, cloudMessaging)
	r.opt.Cache = newCache(t, t.TempDir(), "")
	var calls int
	b := newBasis(nil)
	b.props = []dataflow.PropAsked{{Name: "ro.product.mod_device", Want: "x", Text: true}, {Name: "ro.not.there"}}
	compute := func() (followed, *basis) {
		calls++
		return followed{Used: []string{"http://collector.example/"}}, b
	}
	app := fw.Apps[0]
	for _, a := range fw.Apps {
		if len(r.codeOf(rec, fw, a)) > 0 {
			app = a
		}
	}
	get := func() { r.cached(t.Context(), rec, fw, app, compute) }
	get()
	if get(); calls != 1 {
		t.Fatalf("%d looks at one app", calls)
	}
	for i := range rec.Units {
		rec.Units[i].File.Size++ // of no account
	}
	if get(); calls != 1 {
		t.Errorf("%d looks, though nothing changed that counts", calls)
	}
	rec.Units[r.codeOf(rec, fw, app)[0]].File.SHA256 = fact.Digest{1}
	if get(); calls != 2 {
		t.Errorf("%d looks, though the code changed", calls)
	}
	r.opt.Profile = "droidbench"
	if get(); calls != 3 {
		t.Errorf("%d looks, though the profile changed", calls)
	}
}

// TestCacheBetween holds the same of apps that hand something to each other, and for any number of workers.
func TestCacheBetween(t *testing.T) {
	var cases []*flowCase
	for _, c := range loadFlowCases(t) {
		switch c.id() {
		case "between/Action", "between/Registered", "between/SettingOptIn", "consent/OtherApp", "consent/OtherAppPreference":
			cases = append(cases, c)
		}
	}
	if len(cases) != 5 {
		t.Fatalf("%d cases", len(cases))
	}
	built := buildFlowCases(t, cases)
	for _, c := range cases {
		dir := t.TempDir()
		want := readCached(t, nil, c.path(built))
		if !bytes.Contains(want, []byte("collector.example")) {
			t.Errorf("%s: no flow", c.id())
		}
		for _, when := range []string{"empty", "full"} {
			if got := readCached(t, newCache(t, dir, "a"), c.path(built)); !bytes.Equal(got, want) {
				t.Errorf("%s: other facts when the cache was %s", c.id(), when)
			}
		}
		if len(entries(t, dir)) != 2 {
			t.Errorf("%s: %d apps were kept", c.id(), len(entries(t, dir)))
		}
	}
}
