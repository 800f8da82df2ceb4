package analyzer

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// layers is the import direction of the project: a package imports only from its own layer's left. Packages
// under one path share its layer, and those of image, fact and report do not import each other.
var layers = []string{
	"romscan/analyzer/store", "romscan/analyzer/corpustest",
	"romscan/analyzer/image/bin", "romscan/analyzer/image", "romscan/analyzer/image/", "romscan/analyzer/fact", "romscan/analyzer/fact/",
	"romscan/analyzer/firmware", "romscan/analyzer/firmware/", "romscan/signatures", "romscan/analyzer/finding", "romscan/analyzer/diff", "romscan/analyzer/report",
	"romscan/analyzer/report/", "romscan/analyzer", "romscan/cmd/",
}

// siblings are the imports inside one layer that are meant: a format that is another with something on top, a codec
// that several formats share.
var siblings = map[string][]string{
	"romscan/analyzer/image/rar":                 {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/htc":         {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/samsung":     {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/oppo/msm":    {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/oppo/ofpmtk": {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/oppo/ofpzip": {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/vendors/oppo/ozip":   {"romscan/analyzer/image/locked"},
	"romscan/analyzer/image/sevenzip":            {"romscan/analyzer/image/locked", "romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/vendors/nothing":     {"romscan/analyzer/image/locked", "romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/otazip":              {"romscan/analyzer/image/zip"},
	"romscan/analyzer/image/erofs":               {"romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/payload":             {"romscan/analyzer/image/lzma", "romscan/analyzer/image/patch"},
	"romscan/analyzer/image/blockota":            {"romscan/analyzer/image/lzma", "romscan/analyzer/image/patch"},
	"romscan/analyzer/image/oat":                 {"romscan/analyzer/image/vdex"},
	"romscan/analyzer/image/jffs2":               {"romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/xz":                  {"romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/lzmaalone":           {"romscan/analyzer/image/lzma"},
	"romscan/analyzer/image/squashfs":            {"romscan/analyzer/image/lzma"},
}

func layer(pkg string) int {
	best := -1
	for i, l := range layers {
		if pkg == l || strings.HasSuffix(l, "/") && strings.HasPrefix(pkg, l) && (best < 0 || len(l) > len(layers[best])) {
			best = i
		}
		if pkg == l {
			return i
		}
	}
	return best
}

func TestImportDirection(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}:{{join .Imports \" \"}}", "romscan/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		from := layer(pkg)
		if from < 0 {
			t.Errorf("%s has no layer", pkg)
			continue
		}
		for imp := range strings.FieldsSeq(imports) {
			if !strings.HasPrefix(imp, "romscan/") || slices.Contains(siblings[pkg], imp) {
				continue
			}
			to := layer(imp)
			inner := strings.HasPrefix(imp, pkg+"/") || strings.HasPrefix(pkg, imp+"/") // a package and its own parts
			part := strings.HasPrefix(imp, "romscan/analyzer/image/bin")
			above := strings.HasPrefix(imp, "romscan/analyzer/fact/") && strings.HasPrefix(pkg, imp+"/") // what reads code builds on its reader
			if to > from || to == from && !inner && !part && !above {
				t.Errorf("%s imports %s, against the direction", pkg, imp)
			}
			if strings.HasPrefix(pkg, "romscan/analyzer/report") && to < layer("romscan/analyzer/fact") && imp != "romscan/analyzer/image" {
				t.Errorf("%s imports %s: a report knows no format", pkg, imp)
			}
		}
	}
}

func source(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}

// formatDir finds the folder that describes a format.
func formatDir(t *testing.T, name string) string {
	t.Helper()
	describes := regexp.MustCompile(`\bName: +"` + name + `"`)
	var found string
	err := filepath.WalkDir("image", func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") {
			return err
		}
		data, err := os.ReadFile(p)
		if err == nil && describes.Match(data) {
			found = filepath.Dir(p)
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no folder describes format %s: %v", name, err)
	}
	return found
}

// TestFormatsAreComplete: a format has a name of its own, says what it is, where that is written, what it
// does not read, and is fuzzed and held against the rules of a file system.
func TestFormatsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, f := range Formats() {
		if f.Name == "" || names[f.Name] || f.Doc == "" || len(f.Refs) == 0 || len(f.Limits) == 0 || f.Sniff == nil || f.Open == nil {
			t.Errorf("format %q: name taken, or Doc, Refs, Limits, Sniff or Open missing", f.Name)
		}
		names[f.Name] = true
		src := source(t, formatDir(t, f.Name))
		if !strings.Contains(src, "func Fuzz") {
			t.Errorf("format %s has no fuzz target", f.Name)
		}
		if !strings.Contains(src, "fstest.TestFS") && !strings.Contains(src, "streamtest.Sound") && !strings.Contains(src, "variants.ReadsBack") {
			t.Errorf("format %s is not held against fstest.TestFS", f.Name)
		}
	}
}

// TestAnalyzersAreComplete: every analyzer is documented and fuzzed or tested, every kind is emitted by
// exactly one of them, by package firmware, or declared to come later.
func TestAnalyzersAreComplete(t *testing.T) {
	list, err := Analyzers()
	if err != nil {
		t.Fatal(err)
	}
	by := map[fact.Kind][]string{}
	for _, a := range list {
		for _, k := range a.Emits {
			by[k] = append(by[k], a.Name)
		}
		if len(a.Refs) == 0 {
			t.Errorf("analyzer %s names no reference", a.Name)
		}
		if !strings.Contains(source(t, filepath.Join("fact", a.Name)), "func Fuzz") {
			t.Errorf("analyzer %s has no fuzz target", a.Name)
		}
	}
	for _, k := range fact.Kinds() {
		n := len(by[k.Kind])
		switch {
		case k.Kind == "string" || k.Kind == "tamper": // one kind of fact, many kinds of file
		case k.Derived || k.Walked || k.Linked:
			if n > 0 {
				t.Errorf("kind %s is derived, walked or linked, and emitted by %v", k.Kind, by[k.Kind])
			}
		case n != 1:
			t.Errorf("kind %s is emitted by %v", k.Kind, by[k.Kind])
		}
		if k.Doc == "" {
			t.Errorf("kind %s has no Doc", k.Kind)
		}
	}
}

// TestKindsAreUsed: a kind no signature asks for is either inventory or a mistake.
func TestKindsAreUsed(t *testing.T) {
	inventory := []fact.Kind{"permission-declared", "feature", "uses-library", "intent-filter", "meta-data", "import", "export", "dex", "elf", "pe", "service", "native-method", "native-declared", "bundle", "member", "daemon", "jni", "loaded-code",
		"init-action", "class-path", "app-process", "program", "privapp", "sysconfig", "firmware", "connection", "mention", "flow", "setting", "api", "string"}
	used := map[string]bool{}
	for _, s := range builtin(t).Signatures {
		for _, clauses := range [][]signatures.Clause{s.Match.All, s.Match.Any, s.Match.None} {
			for _, c := range clauses {
				used[c.Fact] = true
			}
		}
	}
	for _, k := range fact.Kinds() {
		if !used[string(k.Kind)] && !slices.Contains(inventory, k.Kind) {
			t.Errorf("kind %s is in no signature", k.Kind)
		}
	}
}

func TestWritersAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, w := range Writers() {
		if w.Name == "" || names[w.Name] || w.Doc == "" || len(w.Refs) == 0 || w.Write == nil || w.WriteDiff == nil {
			t.Errorf("writer %q is not complete", w.Name)
		}
		names[w.Name] = true
	}
}

var tableMark = regexp.MustCompile(`(?s)<!-- table: (\w+) -->\n(.*?)<!-- end -->`)

// TestReadmeTables: the tables in the README are those the program prints. With ROMSCAN_UPDATE=1 they are
// written.
func TestReadmeTables(t *testing.T) {
	const name = "../README.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	want := tableMark.ReplaceAllStringFunc(string(data), func(block string) string {
		topic := tableMark.FindStringSubmatch(block)[1]
		seen[topic] = true
		rows, err := Table(topic, builtin(t))
		if err != nil {
			t.Fatal(err)
		}
		return "<!-- table: " + topic + " -->\n" + Markdown(rows) + "<!-- end -->"
	})
	for _, topic := range Topics() {
		if !seen[topic] {
			t.Errorf("the README has no table of %s", topic)
		}
	}
	if want == string(data) {
		return
	}
	if os.Getenv("ROMSCAN_UPDATE") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Error("the README's tables are not what the program knows; ROMSCAN_UPDATE=1 go test ./analyzer -run ReadmeTables")
}

// TestContainedPanic: a format that panics costs one gap, not the scan.
func TestContainedPanic(t *testing.T) {
	err := image.Contain(func() error { return errors.New([]string{}[len(os.Args)*0]) })
	if err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("got %v", err)
	}
}
