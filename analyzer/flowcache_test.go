package analyzer

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	b := newBasis(nil, true)
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
	strange := 0
	for _, i := range app.Units { // the strings of a new version: of account where code may be meant
		for _, tab := range rec.Units[i].Tables {
			if tab.Kind == "string" && !slices.Contains(r.codeOf(rec, fw, app), i) {
				tab.Values = append(tab.Values, "5.0-1447944700")
				strange++
			}
		}
	}
	if get(); calls != 1 || strange == 0 {
		t.Errorf("%d looks, though of %d files only texts changed that nothing looks for", calls, strange)
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

// TestCacheRests holds that a result is good as long as the image says the same to all that was asked of it.
func TestCacheRests(t *testing.T) {
	r, rec, fw := readApps(t, cloudMessaging)
	app := fw.Apps[0]
	unit := -1
	for _, i := range app.Units {
		if slices.ContainsFunc(rec.Units[i].Tables, func(t *fact.Table) bool { return t.Kind == "string" }) {
			unit = i
		}
	}
	if unit < 0 {
		t.Fatal("no strings")
	}
	entries := map[uint32][]string{1: {"one", "eins"}, 2: {"two"}}
	image := func() *imageOf {
		return &imageOf{r: r, rec: rec, fw: fw, app: app, asked: true, texts: func(id uint32) []string { return entries[id] }}
	}
	b := newBasis(nil, true)
	b.texts[1], b.texts[7] = true, true
	b.named("Hidden")
	b.named("onClick")
	b.packages = []string{app.Package, "not.there"}
	for _, q := range []string{"ro.build.version.sdk", "ro.not.there"} {
		b.props = append(b.props, dataflow.PropAsked{Name: q, Want: "19", Text: true})
	}
	on, ok := image().restsOf(b)
	if !ok {
		t.Fatal("nothing to rest on")
	}
	more := func(s string) func() {
		return func() {
			rec.Units[unit].Tables = append(slices.Clone(rec.Units[unit].Tables), &fact.Table{Kind: "string", Values: []string{s}})
		}
	}
	before := rec.Units[unit].Tables
	for _, c := range []struct {
		name   string
		change func()
		want   bool
	}{
		{"nothing", func() {}, true},
		{"a text that was not asked for", func() { entries[2] = nil }, true},
		{"a text that was", func() { entries[1] = []string{"one", "uno"} }, false},
		{"one that was not there", func() { entries[7] = []string{"seven"} }, false},
		{"a string that was not looked for", more("V2.0"), true},
		{"one that was", more("onClick"), false},
	} {
		entries = map[uint32][]string{1: {"one", "eins"}, 2: {"two"}}
		c.change()
		if got := image().holds(&on); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		rec.Units[unit].Tables = before
	}
	for i := range on.Props {
		on.Props[i].Answer = "no answer at all"
		if image().holds(&on) {
			t.Errorf("another answer to %+v", on.Props[i].Asked)
		}
		on.Props[i].Answer = on.Props[i].Asked.Answer(fw.Properties())
	}
	for i, want := range []bool{true, false} {
		if on.Packages[i].There != want {
			t.Errorf("%+v", on.Packages[i])
		}
		on.Packages[i].There = !want
		if image().holds(&on) {
			t.Errorf("another answer to %+v", on.Packages[i])
		}
		on.Packages[i].There = want
	}
}

// TestCacheVariants holds that of one app no more is kept than there is room for.
func TestCacheVariants(t *testing.T) {
	dir := t.TempDir()
	r := &reader{opt: Options{Cache: newCache(t, dir, "")}}
	var key store.Key
	var kept keptFlows
	for n := range 3 * maxVariants {
		r.keep(key, kept.Variants, followed{Used: []string{fmt.Sprint(n)}}, rests{})
		data, ok := r.opt.Cache.Store.Get(key)
		kept = keptFlows{}
		if !ok || gob.NewDecoder(bytes.NewReader(data)).Decode(&kept) != nil || len(kept.Variants) != min(n+1, maxVariants) {
			t.Fatalf("%d variants after %d", len(kept.Variants), n+1)
		}
	}
	var last followed
	if err := gob.NewDecoder(bytes.NewReader(kept.Variants[0].Found)).Decode(&last); err != nil || last.Used[0] != fmt.Sprint(3*maxVariants-1) {
		t.Errorf("first is %v, %v", last.Used, err)
	}
}
