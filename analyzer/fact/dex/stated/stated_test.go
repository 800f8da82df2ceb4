package stated

import (
	"os"
	"testing"

	"romscan/analyzer/fact/dex"
)

// TestJoin follows what the two versions of the library do with a base and a path.
func TestJoin(t *testing.T) {
	for _, c := range []struct {
		lib              int
		base, path, want string
	}{
		{0, "http://a.example/v1/", "users", "http://a.example/v1/users"},
		{0, "http://a.example/v1/", "/users", "http://a.example/users"},
		{0, "http://a.example/v1", "users", "http://a.example/users"},
		{0, "http://a.example", "users", "http://a.example/users"},
		{0, "https://a.example/", "//b.example/x", "https://b.example/x"},
		{0, "", "https://b.example/x", "https://b.example/x"},
		{0, "", "users", ""}, {0, "a.example", "users", ""}, {0, "http://a.example/", "", ""},
		{1, "http://a.example/v1", "/users", "http://a.example/v1/users"},
	} {
		if got := clients[c.lib].join(c.base, c.path); got != c.want {
			t.Errorf("%q and %q: %q, want %q", c.base, c.path, got, c.want)
		}
	}
}

func FuzzFind(f *testing.F) {
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
		Find(files)
	})
}
