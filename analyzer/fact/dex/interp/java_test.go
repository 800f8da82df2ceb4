package interp

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/fact/dex"
)

// compiled builds the sources of testdata with javac and dx; it skips by name what is missing. It returns the dex
// and the folder of class files.
func compiled(t testing.TB, sources ...string) ([]byte, string) {
	t.Helper()
	for _, tool := range []string{"java", "javac"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	home, _ := os.UserHomeDir()
	dx := filepath.Join(home, ".m2/repository/com/jakewharton/android/repackaged/dalvik-dx/9.0.0_r3/dalvik-dx-9.0.0_r3.jar")
	if _, err := os.Stat(dx); err != nil {
		t.Skip("dalvik-dx 9.0.0_r3 is not in the Maven repository; fixtures/build.sh fetches it")
	}
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	args := []string{"-nowarn", "--release", "8", "-encoding", "UTF-8", "-g:none", "-d", dir}
	for _, s := range sources {
		args = append(args, filepath.Join("testdata", s))
	}
	run("javac", args...)
	out := filepath.Join(dir, "classes.dex")
	run("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", dx, "com.android.dx.command.Main", "--dex", "--core-library", "--output="+out, dir)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data, dir
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
	data, dir := compiled(t, "Cases.java", "Driver.java")
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
