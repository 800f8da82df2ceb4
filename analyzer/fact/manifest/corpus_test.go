package manifest

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

func apks(tb testing.TB, root string) []string {
	var out []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(name, ".apk") {
			out = append(out, name)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// analyze runs the analyzer over an APK file.
func analyze(tb testing.TB, name string) fact.Outcome {
	tb.Helper()
	file, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	b := image.NewBudget(image.DefaultLimits())
	o := &image.Opener{Formats: []image.Format{zip.Format()}, Budget: b}
	root := image.NewFile(filepath.Base(name), file, st.Size())
	c := o.Expand(root)
	s := &fact.Subject{File: root}
	if c != nil {
		s.FS, s.Kind = c.FS, c.Kind()
	}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, b)
}

func find(o fact.Outcome, k fact.Kind) []fact.Fact {
	var out []fact.Fact
	for _, f := range o.Facts {
		if f.Kind == k {
			out = append(out, f)
		}
	}
	return out
}

func hasPackage(o fact.Outcome) bool {
	p := find(o, "package")
	return len(p) == 1 && p[0].Fields.Get("name") != ""
}

// TestMalformed reads the hostile APKs of the survival matrix. The best of the eleven parsers there reads 57 of 60.
func TestMalformed(t *testing.T) {
	root := corpustest.Dir(t, "malformed")
	file, err := os.Open(filepath.Join(root, "MATRIX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read, all := 0, 0
	var failed []string
	sc := bufio.NewScanner(file)
	for sc.Scan() {
		name, _, _ := strings.Cut(sc.Text(), "\t")
		if name == "apk" {
			continue
		}
		file := filepath.Join(root, name)
		if _, err := os.Stat(file); err != nil {
			file = filepath.Join(corpustest.Dir(t, "trees"), "apps", "malformed", filepath.Base(name))
		}
		if _, err := os.Stat(file); err != nil {
			t.Logf("not in the pack: %s", name)
			continue
		}
		all++
		o := analyze(t, file)
		for _, g := range o.Gaps {
			if g.Reason == image.Panicked {
				t.Errorf("%s: %s", name, g.Detail)
			}
		}
		if hasPackage(o) {
			read++
		} else {
			failed = append(failed, name)
		}
		t.Logf("%-70s components %d, tamper %v, gaps %v", name, len(find(o, "component")), tricks(o), details(o))
	}
	t.Logf("manifests read: %d of %d; not: %v", read, all, failed)
	if read < all-1 {
		t.Errorf("not read: %v", failed)
	}
}

func tricks(o fact.Outcome) []string {
	var out []string
	for _, f := range find(o, "tamper") {
		out = append(out, f.Fields.Get("trick"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func details(o fact.Outcome) []string {
	var out []string
	for _, g := range o.Gaps {
		out = append(out, g.Detail)
	}
	return out
}

// TestRealManifests reads every APK of the real firmware trees; those without a package fact are named.
func TestRealManifests(t *testing.T) {
	n := 0
	for _, sub := range []string{"trees/trees", "miui"} {
		for _, name := range apks(t, corpustest.Dir(t, sub)) {
			o := analyze(t, name)
			n++
			if !hasPackage(o) {
				t.Errorf("%s: no package fact: %v", name, details(o))
			}
			if len(o.Gaps) > 0 {
				t.Errorf("%s: %v", name, details(o))
			}
			if got := tricks(o); len(got) > 0 {
				t.Errorf("%s: honest, but %v", name, got)
			}
		}
	}
	t.Logf("%d APKs", n)
}

var (
	badgePackage = regexp.MustCompile(`(?m)^package: name='([^']*)' versionCode='([^']*)' versionName='([^']*)'`)
	badgeTarget  = regexp.MustCompile(`(?m)^targetSdkVersion:'([^']*)'`)
	treeElement  = regexp.MustCompile(`(?m)^( *)E: ([a-z0-9-]+) `)
	treePerm     = regexp.MustCompile(`(?m)^ *E: uses-permission(?:-sdk-23)? .*\n *A: android:name\(0x01010003\)="([^"]*)"`)
)

// TestAgainstAapt compares with what the platform's own tool prints.
func TestAgainstAapt(t *testing.T) {
	if _, err := exec.LookPath("aapt"); err != nil {
		t.Skip("aapt not installed")
	}
	list := apks(t, corpustest.Dir(t, "trees/trees"))
	compared := 0
	for i := 0; i < len(list) && compared < 60; i += max(len(list)/60, 1) {
		badging, err := exec.Command("aapt", "dump", "badging", list[i]).Output()
		if err != nil && len(badging) == 0 {
			continue
		}
		tree, err := exec.Command("aapt", "dump", "xmltree", list[i], manifestName).Output()
		if err != nil {
			continue
		}
		compared++
		compare(t, list[i], string(badging), string(tree))
	}
	t.Logf("%d APKs compared", compared)
}

func compare(t *testing.T, name, badging, tree string) {
	o := analyze(t, name)
	pkg := find(o, "package")
	m := badgePackage.FindStringSubmatch(badging)
	if len(pkg) != 1 || m == nil {
		t.Errorf("%s: %d package facts, aapt %q", name, len(pkg), m)
		return
	}
	f := pkg[0].Fields
	if f.Get("name") != m[1] || f.Get("version_code") != m[2] || (f.Get("version_name") != m[3] && m[3] != "") {
		t.Errorf("%s: %s %s %q, aapt %s %s %q", name, f.Get("name"), f.Get("version_code"), f.Get("version_name"), m[1], m[2], m[3])
	}
	if m := badgeTarget.FindStringSubmatch(badging); m != nil && m[1] != f.Get("target_sdk") {
		t.Errorf("%s: target %q, aapt %q", name, f.Get("target_sdk"), m[1])
	}
	var want, got []string
	for _, m := range treePerm.FindAllStringSubmatch(tree, -1) {
		want = append(want, m[1])
	}
	for _, p := range find(o, "permission") {
		got = append(got, p.Fields.Get("name"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
		t.Errorf("%s: permissions %v, aapt %v", name, got, want)
	}
	count, inside := map[string]int{}, -1
	for _, m := range treeElement.FindAllStringSubmatch(tree, -1) {
		if m[2] == "application" {
			inside = len(m[1]) + 2
		}
		if m[2] == "intent-filter" || len(m[1]) == inside {
			count[m[2]]++
		}
	}
	have := map[string]int{}
	for _, c := range find(o, "component") {
		have[strings.Replace(c.Fields.Get("type"), "alias", "activity-alias", 1)]++
	}
	have["intent-filter"] = len(find(o, "intent-filter"))
	for _, k := range []string{"activity", "activity-alias", "service", "receiver", "provider", "intent-filter"} {
		if count[k] != have[k] {
			t.Errorf("%s: %d of %s, aapt %d", name, have[k], k, count[k])
		}
	}
}

// BenchmarkManifests reads the manifests of one firmware tree.
func BenchmarkManifests(b *testing.B) {
	list := apks(b, corpustest.Dir(b, "miui"))
	for b.Loop() {
		for _, name := range list {
			analyze(b, name)
		}
	}
}
