package live

import (
	"os"
	"slices"
	"testing"

	"romscan/analyzer/fact/dex"
)

func names(classes ...string) Names {
	return Names{Class: func(n string) bool { return slices.Contains(classes, n) }, Member: func(string) bool { return false }}
}

func open(t testing.TB, name string) []*dex.File {
	t.Helper()
	data, err := os.ReadFile("../testdata/" + name + ".dex")
	if err != nil {
		t.Fatal(err)
	}
	files, err := dex.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestNothingStarts: where no class is named, it cannot be told what runs.
func TestNothingStarts(t *testing.T) {
	if r := Analyze(open(t, "calls"), names()); r != nil {
		t.Error("a result without an entry")
	}
}

// TestTwice: of two classes of one name it cannot be told which runs.
func TestTwice(t *testing.T) {
	files := append(open(t, "calls"), open(t, "calls")...)
	all := Names{Class: func(string) bool { return true }, Member: func(string) bool { return true }}
	if r := Analyze(files, all); r != nil {
		t.Error("a result for classes that are there twice")
	}
	r := Analyze(files[:len(files)/2], all)
	if r == nil {
		t.Fatal("no result")
	}
	if alive, n := r.Classes(); alive != n || n == 0 {
		t.Errorf("%d of %d classes, though each is named", alive, n)
	}
	if !r.Method("Lno/such/Class;->m()V") {
		t.Error("a method of another program is dead")
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, name := range []string{"calls", "arrays"} {
		data, err := os.ReadFile("../testdata/" + name + ".dex")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files, _ := dex.Open(data)
		for _, d := range files {
			d.DetectSet()
		}
		Analyze(files, Names{Class: func(n string) bool { return len(n)%2 == 0 }, Shared: func(n string) bool { return len(n)%3 == 0 }, Member: func(n string) bool { return len(n)%5 == 0 }})
	})
}
