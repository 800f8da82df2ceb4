package finding

import (
	"fmt"
	"sort"

	"romscan/analyzer/fact"
	"romscan/signatures"
)

// TestResult is the outcome of one test of a signature.
type TestResult struct {
	Signature *signatures.Signature
	Test      signatures.Test
	Got       int
	OK        bool
	Skipped   string // why it did not run here: "" or "pair"
}

// RunTests runs the tests that every signature of a pack carries. Tests that need a pair of images are
// returned as skipped: they run where an image can be opened.
func RunTests(pack *signatures.Pack) []TestResult {
	var out []TestResult
	for _, s := range pack.Signatures {
		for _, t := range s.Tests {
			r := TestResult{Signature: s, Test: t}
			if t.Pair != "" {
				r.Skipped = "pair " + t.Pair
			} else {
				r.Got = count(pack, s, t)
				r.OK = r.Got == t.Hits
			}
			out = append(out, r)
		}
	}
	return out
}

// Idle names the clauses of a signature that no miss test needs: dropped one at a time, none of the tests
// that expect no hit starts to hit. A clause nobody would miss is either untested or superfluous.
func Idle(pack *signatures.Pack, s *signatures.Signature) []string {
	var out []string
	lists := []struct {
		name string
		of   func(*signatures.Match) *[]signatures.Clause
	}{
		{"all", func(m *signatures.Match) *[]signatures.Clause { return &m.All }},
		{"none", func(m *signatures.Match) *[]signatures.Clause { return &m.None }},
	}
	for _, l := range lists {
		n := len(*l.of(&s.Match))
		for i := range n {
			if l.name == "all" && n == 1 && len(s.Match.Any) == 0 {
				continue // the only clause: without it nothing is left to match
			}
			cut := *s
			list := l.of(&cut.Match)
			*list = append(append([]signatures.Clause{}, (*list)[:i]...), (*list)[i+1:]...)
			if !caught(pack, &cut) {
				out = append(out, fmt.Sprintf("%s[%d]", l.name, i))
			}
		}
	}
	return out
}

func caught(pack *signatures.Pack, s *signatures.Signature) bool {
	for _, t := range s.Tests {
		if t.Pair == "" && t.Hits == 0 && count(pack, s, t) > 0 {
			return true
		}
	}
	return false
}

// count runs one signature over the facts of a test.
func count(pack *signatures.Pack, s *signatures.Signature, t signatures.Test) int {
	m := &matcher{pack: pack, done: map[string]map[*group][]Finding{}}
	n := 0
	for _, g := range testGroups(s.Scope, t.Facts) {
		n += len(m.match(s, g))
	}
	return n
}

// The app and file a fact of a test belongs to where it does not say.
const (
	testApp  = "com.example.app"
	testFile = "/system/app/Example/Example.apk"
)

func testGroups(scope string, facts []signatures.TestFact) []*group {
	byKey := map[string]*group{}
	var keys []string
	for _, tf := range facts {
		p := piece{app: testApp, partition: "system", device: testFile}
		var fields fact.Fields
		for _, name := range sortedNames(tf.Fields) {
			v := tf.Fields[name]
			switch name {
			case "app":
				p.app = v[0]
				p.device = "/system/app/" + p.app + ".apk"
			case "path":
				p.device = v[0]
			case "partition":
				p.partition = v[0]
			default:
				fields = fields.With(name, v...)
			}
		}
		p.facts = []fact.Fact{{Kind: fact.Kind(tf.Kind), Fields: fields, At: fact.Nowhere()}}
		key := map[string]string{"app": p.app, "file": p.device}[scope]
		g := byKey[key]
		if g == nil {
			g = &group{}
			if scope != "image" {
				g.app, g.partition, g.device = p.app, p.partition, p.device
			}
			byKey[key] = g
			keys = append(keys, key)
		}
		g.pieces = append(g.pieces, p)
	}
	out := make([]*group, len(keys))
	for i, k := range keys {
		out[i] = byKey[k]
	}
	return out
}

// sortedNames puts app before path, so that an explicit path wins.
func sortedNames(m map[string][]string) []string {
	out := make([]string, 0, len(m))
	for n := range m {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}
