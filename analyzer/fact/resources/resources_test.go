package resources

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

var le = binary.LittleEndian

// pool writes a string pool chunk.
func pool(list []string, wide bool) []byte {
	var offsets, chars []byte
	flags := uint32(1 << 8)
	if wide {
		flags = 0
	}
	for _, s := range list {
		offsets = le.AppendUint32(offsets, uint32(len(chars)))
		units := utf16.Encode([]rune(s))
		if !wide {
			chars = append(append(chars, length(len(units))...), length(len(s))...)
			chars = append(append(chars, s...), 0)
			continue
		}
		if n := len(units); n >= 0x8000 {
			chars = le.AppendUint16(chars, uint16(n>>16)|0x8000)
		}
		chars = le.AppendUint16(chars, uint16(len(units)))
		for _, u := range units {
			chars = le.AppendUint16(chars, u)
		}
		chars = append(chars, 0, 0)
	}
	b := chunk(1, 28, 28+len(offsets)+len(chars))
	b = le.AppendUint32(b, uint32(len(list)))
	b = append(b, 0, 0, 0, 0)
	b = le.AppendUint32(b, flags)
	b = le.AppendUint32(b, uint32(28+len(offsets)))
	b = append(b, 0, 0, 0, 0)
	return append(append(b, offsets...), chars...)
}

func length(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	return []byte{byte(n>>8) | 0x80, byte(n)}
}

func chunk(typ, header uint16, size int) []byte {
	return le.AppendUint32(le.AppendUint16(le.AppendUint16(nil, typ), header), uint32(size))
}

func table(pools ...[]byte) []byte {
	all := slices.Concat(pools...)
	return append(append(chunk(2, 12, 12+len(all)), 1, 0, 0, 0), all...)
}

func analyze(b []byte) fact.Outcome {
	budget := image.NewBudget(image.DefaultLimits())
	file := image.NewFile("resources.arsc", bytes.NewReader(b), int64(len(b)))
	s := &fact.Subject{File: file, Head: b[:min(len(b), fact.HeadSize)]}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, budget)
}

func TestStrings(t *testing.T) {
	long := strings.Repeat("long ", 4000)
	list := []string{"http://a.example/x", "", "日本語 😀", "b", "b", long}
	for _, wide := range []bool{false, true} {
		b := table(pool(list, wide))
		o := analyze(b)
		if len(o.Tables) != 1 || len(o.Gaps) != 0 {
			t.Fatalf("wide %v: %d tables, gaps %v", wide, len(o.Tables), o.Gaps)
		}
		got := o.Tables[0]
		want := []string{"b", "http://a.example/x", long, "日本語 😀"}
		if d := cmp.Diff(want, got.Values); d != "" {
			t.Errorf("wide %v: %s", wide, d)
		}
		if n := len(got.SitesOf(0)); n != 2 {
			t.Errorf("wide %v: b has %d places", wide, n)
		}
		f := got.Row(1)
		if f.Fields.Get("source") != "resource" || f.Fields.Get("recovered") != "plain" || f.Fields.Get("value") != list[0] {
			t.Errorf("row %+v", f)
		}
		if at := b[f.At.Offset:]; !wide && string(at[2:2+len(list[0])]) != list[0] {
			t.Errorf("offset %d holds %q", f.At.Offset, at[:20])
		}
	}
}

// TestShared points every offset at one long string: the text may not outgrow the file.
func TestShared(t *testing.T) {
	list := slices.Repeat([]string{""}, 60000)
	list[0] = strings.Repeat("x", 0x7fff)
	b := table(pool(list, false))
	start := 12 + 28
	for i := range list {
		le.PutUint32(b[start+4*i:], 0)
	}
	o := analyze(b)
	if len(o.Gaps) != 1 || o.Gaps[0].Reason != image.OverBudget {
		t.Errorf("gaps %v", o.Gaps)
	}
}

func TestLies(t *testing.T) {
	honest := table(pool([]string{"kept"}, false))
	for name, at := range map[string]int{"string count": 12 + 8, "table size": 4, "pool size": 12 + 4} {
		b := bytes.Clone(honest)
		le.PutUint32(b[at:], 1<<30)
		o := analyze(b)
		if len(o.Tables) != 1 || !slices.Equal(o.Tables[0].Values, []string{"kept"}) {
			t.Errorf("%s: %+v", name, o.Tables)
		}
		if name != "pool size" && len(o.Gaps) == 0 {
			t.Errorf("%s: nothing said", name)
		}
	}
}

func TestWants(t *testing.T) {
	xml := append(chunk(3, 8, 8+len(pool([]string{"s"}, true))), pool([]string{"s"}, true)...)
	if o := analyze(xml); len(o.Ran) != 1 || len(o.Tables) != 1 {
		t.Errorf("binary XML: %+v", o)
	}
	for name, b := range map[string][]byte{"text": []byte("<?xml version='1.0'?><a/>"), "empty": nil, "zeros": make([]byte, 64)} {
		if o := analyze(b); len(o.Ran) != 0 {
			t.Errorf("%s is wanted", name)
		}
	}
}

// TestAgainstAapt compares the strings of real tables with those aapt prints.
func TestAgainstAapt(t *testing.T) {
	if _, err := exec.LookPath("aapt"); err != nil {
		t.Skip("aapt not installed")
	}
	names := corpustest.Glob(t, "trees/trees/*/system/app/*.apk")
	compared := 0
	for i := 0; i < len(names) && compared < 25; i += max(len(names)/25, 1) {
		out, err := exec.Command("aapt", "dump", "strings", names[i]).Output()
		_, list, ok := strings.Cut(string(out), "\nString #0: ")
		if err != nil || !ok {
			continue
		}
		compared++
		count := strings.Count(list, "\nString #") + 1
		file, err := os.Open(names[i])
		if err != nil {
			t.Fatal(err)
		}
		st, _ := file.Stat()
		z, err := zip.Open(file, st.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		data, err := fs.ReadFile(z, "resources.arsc")
		file.Close()
		if err != nil {
			continue
		}
		o := analyze(data)
		if len(o.Tables) != 1 || len(o.Gaps) != 0 {
			t.Errorf("%s: %d tables, gaps %v", names[i], len(o.Tables), o.Gaps)
			continue
		}
		values := o.Tables[0].Values
		lines := strings.Split("String #0: "+strings.TrimSuffix(list, "\n"), "\nString #")
		missing := 0
		for _, l := range lines {
			_, s, _ := strings.Cut(l, ": ")
			if s != "" {
				if _, ok := slices.BinarySearch(values, s); !ok && !strings.Contains(s, "\ufffd") {
					missing++
				}
			}
		}
		if missing > 0 || len(o.Tables[0].Sites) > count {
			t.Errorf("%s: %d of aapt's %d strings missing, %d places", names[i], missing, count, len(o.Tables[0].Sites))
		}
	}
	t.Logf("%d tables compared", compared)
}

func FuzzResources(f *testing.F) {
	f.Add(table(pool([]string{"a", "日本", ""}, true), pool([]string{"b"}, false)))
	f.Add(append(chunk(3, 8, 8+40), pool([]string{"s"}, false)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := analyze(b)
		for _, g := range o.Gaps {
			if g.Reason == image.Panicked {
				t.Fatal(g.Detail)
			}
		}
		for _, tab := range o.Tables {
			if !slices.IsSorted(tab.Values) || len(slices.Compact(slices.Clone(tab.Values))) != len(tab.Values) {
				t.Fatal("values not sorted and unique")
			}
			for i := range tab.Values {
				for _, s := range tab.SitesOf(i) {
					if int(s.Offset) >= len(b) {
						t.Fatalf("offset %d of %d", s.Offset, len(b))
					}
				}
			}
		}
	})
}

// BenchmarkTable reads a table of 20,000 strings.
func BenchmarkTable(b *testing.B) {
	list := make([]string, 20000)
	for i := range list {
		list[i] = strings.Repeat("word ", i%20) + string(rune('a'+i%26))
	}
	data := table(pool(list, false))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		analyze(data)
	}
}
