package signatures

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestBuiltinLoads(t *testing.T) {
	p, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Signatures) == 0 || len(p.Digest) != 64 {
		t.Errorf("%d signatures, digest %q", len(p.Signatures), p.Digest)
	}
}

// TestFaults changes one thing in a good file at a time: every fault is an error that says where.
func TestFaults(t *testing.T) {
	good, err := os.ReadFile("platform/test-keys-build.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := Decode("good.yaml", good); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "severity: high", "severty: high", `bad.yaml:5:1: signature: unknown key "severty"`},
		{"unknown severity", "severity: high", "severity: dire", `bad.yaml:5:11: severity: "dire" is none of`},
		{"unknown fact", "fact: property\n", "fact: propertie\n", `unknown fact "propertie"`},
		{"unknown field", "with: { name:", "with: { nome:", `with: unknown key "nome"`},
		{"bad regular expression", `"~(^|,)test-keys(,|$)"`, `"~(test-keys"`, "regular expression"},
		{"unquoted boolean", "value: test-keys }", "value: on }", ""},
		{"unknown name in steps", "steps: [tags]", "steps: [tag]", `steps: nothing is called "tag"`},
		{"unknown field in message", "{tags.value}", "{tags.worth}", `no field "worth"`},
		{"path in fingerprint", "fingerprint: [tags.name]", "fingerprint: [path]", "a path would change"},
		{"key twice", "scope: image", "scope: image\nscope: app", "scope"},
		{"no miss test", "hits: 0", "hits: 1", "at least one hit and one miss"},
		{"not YAML", "cwe: [321, 347]", "cwe: [321, 347", "bad.yaml:"},
		{"bad id", "id: ROM3001", "id: rom-1", "id: letters and four digits"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			text := strings.ReplaceAll(string(good), c.old, c.new)
			if text == string(good) {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, errs := Decode("bad.yaml", []byte(text))
			joined := errors.Join(errs...)
			if c.want == "" {
				if joined != nil {
					t.Errorf("unexpected: %v", joined)
				}
				return
			}
			if joined == nil || !strings.Contains(joined.Error(), c.want) {
				t.Errorf("got %v, want %q", joined, c.want)
			}
			var e *Error
			if !errors.As(joined, &e) || e.Line < 1 || e.Col < 1 {
				t.Errorf("no position in %v", joined)
			}
		})
	}
}

func TestPackFaults(t *testing.T) {
	good, err := os.ReadFile("platform/test-keys-build.yaml")
	if err != nil {
		t.Fatal(err)
	}
	use := strings.Replace(strings.Replace(string(good), "ROM3001", "ROM3999", 1), "- as: tags\n      fact: property", "- use: ROM3000\n    - as: tags\n      fact: property", 1)
	loop := strings.Replace(use, "use: ROM3000", "use: ROM3999", 1)
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"id taken", fstest.MapFS{"a.yaml": {Data: good}, "b.yaml": {Data: good}}, "id ROM3001 is taken by a.yaml"},
		{"newer engine", fstest.MapFS{"pack.yaml": {Data: []byte("required_engine: 99.0.0\n")}}, "needs engine 99.0.0"},
		{"use of nothing", fstest.MapFS{"a.yaml": {Data: []byte(use)}}, "no signature ROM3000"},
		{"use of itself", fstest.MapFS{"a.yaml": {Data: []byte(loop)}}, "leads back"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if _, err := Load(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	good, err := os.ReadFile("platform/test-keys-build.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("id: [[[[\n"))
	f.Add([]byte("match: { all: [ { fact: string, with: { value: ~( } } ] }"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, errs := Decode("fuzz.yaml", data)
		if s == nil && len(errs) == 0 {
			t.Error("neither a signature nor an error")
		}
	})
}
