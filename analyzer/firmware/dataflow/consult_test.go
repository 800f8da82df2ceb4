package dataflow_test

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware/dataflow"
)

// linked follows the code of an app that is one half of the classes of a DEX, linked to the other half, which is taken from
// other bytes. It returns what was asked of that half, and the half.
func linked(app, lib []byte, voc *dataflow.Vocabulary, l dataflow.Limits) (text string, asked *dataflow.Consulted, library *dataflow.Program) {
	mine := func(class string) bool {
		h := fnv.New32a()
		h.Write([]byte(class))
		return h.Sum32()%2 == 0
	}
	files, _ := dex.Open(app)
	about := &dataflow.App{Package: "p"}
	for _, f := range files {
		for i := range f.NumClasses() {
			if def, ok := f.Class(i); ok && mine(f.Type(def.Class)) {
				about.Components = append(about.Components, dataflow.Component{Kind: "object", Class: f.Type(def.Class), Enabled: true, Triggers: []string{"unknown"}})
			}
		}
	}
	behind, _ := dex.Open(lib)
	library = dataflow.NewLibrary(behind, func(class string) bool { return !mine(class) && dataflow.SharedClass(class) })
	library.Outward(voc, nil)
	watched := dataflow.Linked(library).Watched()
	prog := dataflow.NewLibrary(files, mine)
	if len(files[0].Data)%2 == 0 { // some as the system server is
		prog.Narrow(voc, watched)
	}
	text = spell(dataflow.Analyze(prog, watched, about, voc, "", l))
	asked, _ = watched.Consulted()
	return text, asked, library
}

// How much of the corpus is put to the test.
const consultApps, consultTries = 3, 8

// TestConsulted changes bytes of libraries: where one still agrees with what was asked of it, the same is found.
func TestConsulted(t *testing.T) {
	if testing.Short() {
		t.Skip("follows real apps many times over")
	}
	voc, limits, agreed, changed := api(t), dataflow.Limits{Steps: 10_000, Library: 10_000}, 0, 0
	for name, data := range corpusCode(t, consultApps) {
		want, asked, _ := linked(data, data, voc, limits)
		random := rand.New(rand.NewPCG(1, uint64(len(data))))
		for range consultTries {
			lib := slices.Clone(data)
			for range 1 + random.IntN(20) {
				lib[0x70+random.IntN(len(lib)-0x70)] ^= 1 << random.IntN(8)
			}
			if files, _ := dex.Open(lib); len(files) == 0 {
				continue
			}
			got, _, library := linked(data, lib, voc, limits)
			agrees := library.Agrees(asked)
			if agrees && got != want {
				t.Errorf("%s: it agrees, but %s", name, difference(want, got))
			}
			if agrees {
				agreed++
			} else if got != want {
				changed++
			}
		}
		if _, _, same := linked(data, data, voc, limits); !same.Agrees(asked) {
			t.Errorf("%s: the same library does not agree", name)
		}
	}
	t.Logf("%d agreed, of the others %d made a difference", agreed, changed)
	if agreed == 0 || changed == 0 {
		t.Error("nothing was put to the test")
	}
}

// TestPropAsked: a property's answer is all that counts of it.
func TestPropAsked(t *testing.T) {
	props := map[string]string{"on": "true", "off": "0", "name": "x", "empty": "", "ver": "4.9.2", "model": "Peak 1"}
	for _, c := range []struct {
		q    dataflow.PropAsked
		want string
	}{
		{dataflow.PropAsked{Name: "name", Want: "x", Text: true}, "yes"}, {dataflow.PropAsked{Name: "name", Want: "y", Text: true}, "no"},
		{dataflow.PropAsked{Name: "none", Text: true}, "yes"}, {dataflow.PropAsked{Name: "none", Want: "x", Text: true}, "no"},
		{dataflow.PropAsked{Name: "on"}, "1"}, {dataflow.PropAsked{Name: "off"}, "0"}, {dataflow.PropAsked{Name: "empty"}, "0"},
		{dataflow.PropAsked{Name: "name"}, ""}, {dataflow.PropAsked{Name: "none"}, ""},
		{dataflow.PropAsked{Name: "none", Want: "x", Text: true, Else: "x"}, "yes"},
		{dataflow.PropAsked{Name: "ver", Test: "matches", Want: `\d+.\d+.\d+(.ALPHA)?`, N: -1}, "1"}, {dataflow.PropAsked{Name: "ver", Test: "matches", Want: `V\d+`, N: -1}, "0"},
		{dataflow.PropAsked{Name: "ver", Test: "matches", Want: `\p{Digit}.*`, N: -1}, ""}, {dataflow.PropAsked{Name: "ver", Test: "matches", Want: `[0-9&&[4]].*`, N: -1}, ""},
		{dataflow.PropAsked{Name: "ver", Test: "matches", Want: `4.9.2$`, N: -1}, "1"}, {dataflow.PropAsked{Name: "ver", Test: "matches", Want: `(4)\1.*`, N: -1}, ""},
		{dataflow.PropAsked{Name: "ver", Test: "index", Want: "9", N: -1}, "2"}, {dataflow.PropAsked{Name: "ver", Test: "index", N: '.'}, "1"},
		{dataflow.PropAsked{Name: "model", Test: "lower contains", Want: "peak", N: -1}, "1"}, {dataflow.PropAsked{Name: "model", Test: "contains", Want: "peak", N: -1}, "0"},
		{dataflow.PropAsked{Name: "model", Test: "same", Want: "PEAK 1", N: -1}, "1"}, {dataflow.PropAsked{Name: "model", Test: "length", N: -1}, "6"},
		{dataflow.PropAsked{Name: "ro.none", Test: "empty", N: -1}, "1"}, {dataflow.PropAsked{Name: "persist.none", Test: "empty", N: -1}, ""},
		{dataflow.PropAsked{Name: "ro.boot.none", Test: "empty", N: -1}, ""}, {dataflow.PropAsked{Name: "ro.none", Test: "prefix", Want: "a", N: -1, Else: "ab"}, "1"},
	} {
		if got := c.q.Answer(props); got != c.want {
			t.Errorf("%+v: %q, want %q", c.q, got, c.want)
		}
	}
}
