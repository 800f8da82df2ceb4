package dex

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
)

// testDex returns testdata/name.dex, which smali made of testdata/name/*.smali.
func testDex(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".dex"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSources assembles the sources again: the committed bytes are what they say.
func TestSources(t *testing.T) {
	tool(t, "smali")
	for _, name := range []string{"arrays", "calls"} {
		path := filepath.Join(t.TempDir(), "out.dex")
		sources, err := filepath.Glob(filepath.Join("testdata", name, "*.smali"))
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"assemble", "-j", "1", "-a", "19", "-o", path}, sources...)
		out, err := exec.Command("smali", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(testDex(t, name)) {
			t.Errorf("testdata/%s.dex is not made of testdata/%s", name, name)
		}
	}
}

// rows prints a table: value <- member@unit, a line for each use.
func rows(t *fact.Table) string {
	var b strings.Builder
	for i, v := range t.Values {
		b.WriteString(v + " <-")
		for _, s := range t.SitesOf(i) {
			p := t.Place(s)
			_, name, ok := strings.Cut(p.Member, ";->")
			if !ok {
				name = p.Member
			}
			b.WriteString(" " + name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestArrays(t *testing.T) {
	out := analyze(testDex(t, "arrays"))
	want := map[string]string{
		"char-array":  "http://upd.example.net/ <- payload()Ljava/lang/String;\nstats.xyzz.cn <- <clinit>()V\n",
		"byte-array":  "su <- aput()Ljava/lang/String;\n",
		"int-array":   "ok <- filled()Ljava/lang/String;\n",
		"short-array": "api.x.com <- shorts()[S\n",
		"plain":       "",
	}
	for kind, want := range want {
		if d := cmp.Diff(want, rows(table(out, "string", kind))); d != "" {
			t.Errorf("%s (-want +got)\n%s", kind, d)
		}
	}
	if len(out.Gaps) > 0 {
		t.Errorf("gaps %v", out.Gaps)
	}
}

func TestArrayEvidence(t *testing.T) {
	out := analyze(testDex(t, "arrays"))
	got := table(out, "string", "char-array").Row(0)
	want := "# Lx/Arrays;->payload()Ljava/lang/String;\n0004: fill-array-data v0, \"http://upd.example.net/\""
	if d := cmp.Diff(want, got.Evidence.Text); d != "" {
		t.Error(d)
	}
}

func TestCalls(t *testing.T) {
	out := analyze(testDex(t, "calls"))
	calls := rows(table(out, "api", ""))
	want := "Landroid/app/Activity;->getSystemService(Ljava/lang/String;)Ljava/lang/Object; <- run()V\n" +
		"Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String; <- run()V run()V\n"
	if d := cmp.Diff(want, calls); d != "" {
		t.Error(d)
	}
	strs := rows(table(out, "string", "plain"))
	want = "/v1/get <- run()V\n/v1/upload <- Lx/Main;\nhttp://static.example.org/ <- Lx/Main;\none <- Lx/Main;\n" +
		"phone <- run()V\ntwo <- Lx/Main;\n\U0001F600 \x00 \\ud800 \u00e9 <- run()V\n"
	if d := cmp.Diff(want, strs); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"x.Main", "x.Path"}, table(out, "class", "").Values); d != "" {
		t.Error(d)
	}
	f := out.Facts[0].Fields
	if f.Get("version") != "035" || f.Get("classes") != "2" || f.Get("code") != "2" || f.Get("instructions") != "18" || f.Get("note") != "" {
		t.Errorf("dex fact %v", f)
	}
}

func TestDisassemble(t *testing.T) {
	files, err := Open(testDex(t, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	f := files[0]
	var d ClassData
	var b strings.Builder
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		if err := f.ReadClassData(c.Data, &d); err != nil {
			t.Fatal(err)
		}
		for _, m := range append(d.DirectMethods, d.VirtualMethods...) {
			b.WriteString(f.Disassemble(m))
		}
	}
	want, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
}
