package interp

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"romscan/analyzer/fact/dex"
)

// built is the sources of testdata, compiled once for all tests.
type built struct {
	dex  []byte
	dir  string
	skip string
	err  error
}

var build = sync.OnceValue(func() (b built) {
	for _, tool := range []string{"java", "javac"} {
		if _, err := exec.LookPath(tool); err != nil {
			return built{skip: tool + " is not installed"}
		}
	}
	home, _ := os.UserHomeDir()
	dx := filepath.Join(home, ".m2/repository/com/jakewharton/android/repackaged/dalvik-dx/9.0.0_r3/dalvik-dx-9.0.0_r3.jar")
	if _, err := os.Stat(dx); err != nil {
		return built{skip: "dalvik-dx 9.0.0_r3 is not in the Maven repository; fixtures/build.sh fetches it"}
	}
	if b.dir, b.err = os.MkdirTemp("", "interp"); b.err != nil {
		return b
	}
	out := filepath.Join(b.dir, "classes.dex")
	sources, _ := filepath.Glob("testdata/*.java")
	for _, args := range [][]string{
		append([]string{"javac", "-nowarn", "--release", "8", "-encoding", "UTF-8", "-g:none", "-d", b.dir}, sources...),
		{"java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", dx, "com.android.dx.command.Main", "--dex", "--output=" + out, b.dir},
	} {
		if text, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			b.err = fmt.Errorf("%s: %w\n%s", args[0], err, text)
			return b
		}
	}
	b.dex, b.err = os.ReadFile(out)
	return b
})

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(build().dir)
	os.Exit(code)
}

// compiled returns the dex made of testdata with javac and dx, and the folder of class files; it skips by name what
// is missing.
func compiled(t testing.TB) ([]byte, string) {
	t.Helper()
	b := build()
	if b.skip != "" {
		t.Skip(b.skip)
	}
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.dex, b.dir
}

func program(t testing.TB, data []byte) *Program {
	t.Helper()
	files, err := dex.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return NewProgram(files)
}

func ref(name string) string { return "LCases;->" + name + "()" + tS }

// TestAgreesWithJava runs every case on a Java machine and here and compares the code units.
func TestAgreesWithJava(t *testing.T) {
	data, dir := compiled(t)
	out, err := exec.Command("java", "-Dfile.encoding=UTF-8", "-cp", dir, "Driver").Output()
	if err != nil {
		t.Fatal(err)
	}
	p := program(t, data)
	cases := 0
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); cases++ {
		name, want, _ := strings.Cut(sc.Text(), " ")
		t.Run(name, func(t *testing.T) {
			v, err := p.NewMachine(Limits{}).Call(ref(name))
			got := "value "
			if err != nil {
				s := err.(*Stop)
				if s.Reason != Threw {
					t.Fatal(err)
				}
				class, _, _ := strings.Cut(s.What, ":")
				got = "threw " + class
			}
			u, _ := v.AsUTF16()
			for _, c := range u {
				got += fmt.Sprintf("%04x", c)
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", plainText(got), plainText(want))
			}
		})
	}
	if cases < 60 {
		t.Errorf("only %d cases", cases)
	}
}

// plainText shows what a line of the driver says.
func plainText(s string) string {
	kind, h, _ := strings.Cut(s, " ")
	if kind != "value" {
		return s
	}
	var u text
	for ; len(h) >= 4; h = h[4:] {
		var c uint16
		fmt.Sscanf(h[:4], "%04x", &c)
		u = append(u, c)
	}
	return fmt.Sprintf("%+q", u.String())
}
