package dataflow_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware/dataflow"
	"romscan/signatures"
)

// leaks is testdata/Leaks.java as DEX, made with javac and dx; nil where one of them, or the API, is absent.
var leaks = sync.OnceValues(func() ([]byte, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	maven := filepath.Join(home, ".m2", "repository")
	dx := filepath.Join(maven, "com/jakewharton/android/repackaged/dalvik-dx/9.0.0_r3/dalvik-dx-9.0.0_r3.jar")
	api := filepath.Join(maven, "com/google/android/android/4.1.1.4/android-4.1.1.4.jar")
	dir, err := os.MkdirTemp("", "dataflow")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "classes.dex")
	for _, args := range [][]string{
		{"javac", "-nowarn", "--release", "8", "-g:none", "-cp", api, "-d", dir, filepath.Join("testdata", "Leaks.java")},
		{"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", dx, "com.android.dx.command.Main", "--dex", "--output=" + out, dir},
	} {
		if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", args[0], err, text)
		}
	}
	return os.ReadFile(out)
})

// bases are the DEX files that tests change: the fixture where it can be built, and two small ones.
func bases(tb testing.TB) (out [][]byte) {
	tb.Helper()
	for _, name := range []string{"calls", "arrays"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "fact", "dex", "testdata", name+".dex"))
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, data)
	}
	data, err := leaks()
	if err != nil {
		tb.Logf("without Leaks.java: %v", err)
		return out
	}
	return append([][]byte{data}, out...)
}

// api returns the vocabulary in use. It knows everything there is to know, so that changed code meets all operations.
func api(tb testing.TB) *dataflow.Vocabulary {
	tb.Helper()
	voc, err := signatures.API()
	if err != nil {
		tb.Fatal(err)
	}
	return voc
}

// follow analyses code of which every public method may be called.
func follow(data []byte, voc *dataflow.Vocabulary, l dataflow.Limits) *dataflow.Result {
	files, err := dex.Open(data)
	if err != nil && len(files) == 0 {
		return &dataflow.Result{}
	}
	app := &dataflow.App{Package: "p", System: true}
	for _, f := range files {
		for i := range f.NumClasses() {
			if def, ok := f.Class(i); ok {
				app.Components = append(app.Components, dataflow.Component{Kind: "object", Class: f.Type(def.Class), Enabled: true, Triggers: []string{"unknown"}})
			}
		}
	}
	return dataflow.Analyze(dataflow.NewProgram(files), nil, app, voc, "", l)
}

// spell writes a result down, in the order it comes in: two that read alike are alike.
func spell(r *dataflow.Result) string {
	var b strings.Builder
	site := func(s dataflow.Site) string {
		if s.Method == nil {
			return "-"
		}
		return fmt.Sprintf("%s+%#x", s.Method.Ref(), s.Addr)
	}
	sites := func(list []dataflow.Site) (out []string) {
		for _, s := range list {
			out = append(out, site(s))
		}
		return out
	}
	for i := range r.Flows {
		f := &r.Flows[i]
		fmt.Fprintln(&b, "flow", f.Data, f.Transforms, site(f.Source), site(f.Sink), f.SinkKind, f.SinkCall, f.Transport, f.Unchecked,
			f.Endpoints, f.Exact, f.Activation, f.Guard, f.Off, sites(f.Calls), sites(f.Way))
		for _, g := range f.Gates {
			fmt.Fprintln(&b, "gate", g.Guard, g.Reads, g.Default, site(g.Site), g.Off)
		}
	}
	for _, u := range r.Uses {
		fmt.Fprintln(&b, "use", u.Endpoints, site(u.Sink), u.SinkCall, u.Transport)
	}
	for _, s := range r.Strings {
		fmt.Fprintf(&b, "text %q %s %s\n", s.Value, s.How, site(s.Site))
	}
	for _, m := range r.Mentions {
		fmt.Fprintf(&b, "mention %s %q %s\n", m.Type, m.Value, site(m.Site))
	}
	fmt.Fprintln(&b, "cuts", r.Cuts, "steps", r.Steps, "methods", r.Methods)
	return b.String()
}

// difference returns the first line in which two texts differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}

// tight limits stop an analysis early: a changed loop costs no more than that.
var tight = dataflow.Limits{Steps: 40_000, MethodSteps: 4_000, Rounds: 2}

// TestFollowsFixture makes sure that what the fuzz test changes has something to find before it is changed.
func TestFollowsFixture(t *testing.T) {
	data, err := leaks()
	if err != nil {
		t.Skip("cannot build Leaks.java (fixtures/build.sh fetches the libraries): ", err)
	}
	r := follow(data, api(t), dataflow.Limits{})
	text := spell(r)
	for _, want := range []string{"device.imei", "device.serial", "http://a.b", "http://run.example/", "https://reflect.example/", "sms"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// changed is a DEX with some bytes changed, each entry of changes a step and a value.
func changed(data, changes []byte, at int) []byte {
	data = slices.Clone(data)
	for ; len(changes) >= 3; changes = changes[3:] {
		at = (at + int(binary.LittleEndian.Uint16(changes))) % len(data)
		if at >= 0x70 { // the header is the reader's concern
			data[at] = changes[2]
		}
	}
	return data
}

// FuzzAnalyze changes bytes of a DEX, each entry of the input a step and a value, and follows data through what is
// left, twice: it ends within its limits and both results are the same.
func FuzzAnalyze(f *testing.F) {
	from, voc := bases(f), api(f)
	f.Add([]byte{}, uint16(0), byte(0))
	for i := range uint16(36) {
		f.Add([]byte{byte(i * 11), byte(i % 3), 0x71, byte(i), 0, 0x22, 200, 0, byte(i * 7)}, i*61, byte(i))
	}
	f.Fuzz(func(t *testing.T, changes []byte, start uint16, which byte) {
		data := changed(from[int(which)%len(from)], changes, int(start))
		first := follow(data, voc, tight)
		if first.Steps > 4*tight.Steps {
			t.Errorf("%d steps, the limit is %d", first.Steps, tight.Steps)
		}
		if a, b := spell(first), spell(follow(data, voc, tight)); a != b {
			t.Errorf("two runs differ, %s", difference(a, b))
		}
	})
}
