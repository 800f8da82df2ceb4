package bundle

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// natives stands for the analyzer of ELF files: its table is given by the test.
func natives(tables ...*fact.Table) *fact.Analyzer {
	return &fact.Analyzer{
		Name: "elf", Doc: "of a test", Version: 1,
		Wants: func(s *fact.Subject) bool { return isELF(s.Head) },
		Run:   func(p *fact.Pass) error { p.Result = tables; return nil },
	}
}

func analyze(data []byte, tables ...*fact.Table) fact.Outcome {
	f := image.NewFile("x", bytes.NewReader(data), int64(len(data)))
	s := &fact.Subject{File: f, Head: data[:min(len(data), fact.HeadSize)]}
	elf := natives(tables...)
	return fact.Run([]*fact.Analyzer{elf, Analyzer(elf)}, s, image.NewBudget(image.DefaultLimits()))
}

// check compares the one fact of a file, fields but the number of strings as JSON up to where want ends, and looks for strings at their offsets.
func check(t *testing.T, data []byte, want string, wanted ...string) {
	t.Helper()
	out := analyze(data)
	if len(out.Gaps) > 0 {
		t.Errorf("gaps %v", out.Gaps)
	}
	if len(out.Facts) != 1 {
		t.Fatalf("%d facts", len(out.Facts))
	}
	fields := slices.DeleteFunc(slices.Clone(out.Facts[0].Fields), func(f fact.Field) bool { return f.Name == "strings" })
	got, err := fields.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("%s, want %s", got, want)
	}
	if len(wanted) == 0 {
		return
	}
	if len(out.Tables) != 1 {
		t.Fatalf("%d tables", len(out.Tables))
	}
	tab := out.Tables[0]
	if !slices.IsSorted(tab.Values) {
		t.Error("values are not sorted")
	}
	for _, w := range wanted {
		i, ok := slices.BinarySearch(tab.Values, w)
		if !ok {
			t.Errorf("%q is not among %d strings", w, len(tab.Values))
			continue
		}
		at := int(tab.SitesOf(i)[0].Offset)
		if at >= len(data) || !bytes.HasPrefix(data[at:], []byte(w)) && narrow(data[at:min(at+2*len(w), len(data))])[:3] != w[:3] {
			t.Errorf("%q is not at %#x", w, at)
		}
	}
}

// script has a plain string, one with Chinese characters, and one longer than a byte can say.
var script = `var url = "https://hermes.example.cn/collect?v=1"; var cn = "http://数据.example.cn/上传";
var long = "https://long.example.org/` + strings.Repeat("a", 300) + `"; function report(x) { return url + cn + long + x; } report(1);`

var scripted = []string{"https://hermes.example.cn/collect?v=1", "http://数据.example.cn/上传", "https://long.example.org/" + strings.Repeat("a", 300)}

// TestHermesCompilers reads what the compilers of Hermes make: hermesc of the search path, and all that the list of
// files in ROMSCAN_HERMESC names; npm packages hermes-engine, react-native and hermes-compiler hold one each.
func TestHermesCompilers(t *testing.T) {
	compilers := filepath.SplitList(os.Getenv("ROMSCAN_HERMESC"))
	if path, err := exec.LookPath("hermesc"); err == nil {
		compilers = append(compilers, path)
	}
	if len(compilers) == 0 {
		t.Skip("hermesc is not installed and ROMSCAN_HERMESC names none")
	}
	src := filepath.Join(t.TempDir(), "x.js")
	if err := os.WriteFile(src, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range compilers {
		out := filepath.Join(t.TempDir(), "x.hbc")
		if text, err := exec.Command(c, "-emit-binary", "-out", out, src).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", c, err, text)
			continue
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s makes version %d", c, data[8])
		check(t, data, `{"type":"hermes","version":"`, scripted...)
	}
}

// makeHermes encodes strings as Hermes does, with function headers of a size.
func makeHermes(version, functions, size int, list ...string) []byte {
	var small, long, storage []byte
	for _, s := range list {
		units := utf16.Encode([]rune(s))
		wide := uint32(0)
		if len(units) != len(s) {
			wide = 1
		}
		off, n := uint32(len(storage)), uint32(len(units))
		for _, u := range units {
			if wide == 1 {
				storage = binary.LittleEndian.AppendUint16(storage, u)
			} else {
				storage = append(storage, byte(u))
			}
		}
		if n >= hermesLong {
			e := uint32(len(long) / 8)
			long = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(long, off), n)
			off, n = e, hermesLong
		}
		small = binary.LittleEndian.AppendUint32(small, wide|off<<1|n<<24)
	}
	b := append([]byte(hermesMagic), make([]byte, hermesHeader-8)...)
	binary.LittleEndian.PutUint32(b[8:], uint32(version))
	for i, v := range []int{0, 0, functions, 1, 1, len(list), len(long) / 8, len(storage)} {
		binary.LittleEndian.PutUint32(b[32+4*i:], uint32(v))
	}
	b = append(b, make([]byte, functions*size)...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list))|1<<31)
	b = append(b, 0, 0, 0, 0)
	return slices.Concat(b, small, long, storage)
}

func TestHermes(t *testing.T) {
	check(t, makeHermes(60, 3, 16, scripted...), `{"type":"hermes","version":"60"}`, scripted...)
	data := makeHermes(99, 5, 12, scripted...)
	check(t, data, `{"type":"hermes","version":"99"}`, scripted...)
	out := analyze(data[:len(data)-100])
	if len(out.Gaps) != 1 || len(out.Tables) != 1 || !slices.Contains(out.Tables[0].Values, scripted[0]) {
		t.Errorf("of a cut file: gaps %v, tables %v", out.Gaps, out.Tables)
	}
	if out := analyze(data[:140]); len(out.Gaps) != 1 || len(out.Facts) != 1 {
		t.Errorf("of a header: gaps %v, facts %v", out.Gaps, out.Facts)
	}
}

func TestHermesCorpus(t *testing.T) {
	data, err := os.ReadFile(corpustest.Dir(t, "trees", "formats", "hermes", "index.android.bundle"))
	if err != nil {
		t.Skip(err)
	}
	check(t, data, `{"type":"hermes","version":"96"}`, "isArray", "TypeError")
	if n := len(analyze(data).Tables[0].Values); n < 6000 {
		t.Errorf("%d strings", n)
	}
}

// makeMetadata encodes string literals as Unity's compiler does.
func makeMetadata(version int, list ...string) []byte {
	const header = 256
	b := append([]byte(metadataMagic), make([]byte, header-4)...)
	var text []byte
	for _, s := range list {
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, uint32(len(s))), uint32(len(text)))
		text = append(text, s...)
	}
	for i, v := range []int{version, header, len(b) - header, len(b), len(text)} {
		binary.LittleEndian.PutUint32(b[4+4*i:], uint32(v))
	}
	return append(b, text...)
}

func TestMetadata(t *testing.T) {
	data := makeMetadata(29, scripted...)
	check(t, data, `{"type":"unity-il2cpp","version":"29"}`, scripted...)
	if c := analyze(data).Tables[0].Common.Get("source"); c != "managed" {
		t.Errorf("source %s", c)
	}
	out := analyze(data[:len(data)-10])
	if len(out.Gaps) != 1 || len(out.Tables) != 1 || len(out.Tables[0].Values) != 2 {
		t.Errorf("of a cut file: gaps %v, tables %v", out.Gaps, out.Tables)
	}
	if out := analyze(makeMetadata(39, "abc")); len(out.Gaps) != 1 || len(out.Facts) != 1 {
		t.Errorf("of an unknown version: gaps %v, facts %v", out.Gaps, out.Facts)
	}
}

// makeKernel encodes a component of Dart kernel with so many words between the string table's offset and the libraries.
func makeKernel(words int, list ...string) []byte {
	be := binary.BigEndian
	uint30 := func(b []byte, v int) []byte {
		switch {
		case v < 0x80:
			return append(b, byte(v))
		case v < 0x4000:
			return be.AppendUint16(b, uint16(v)|0x8000)
		}
		return be.AppendUint32(b, uint32(v)|0xc0000000)
	}
	b := append([]byte(kernelMagic+"\x00\x00\x00\x65"), "abcdef0123 code"...)
	from, total := len(b), 0
	b = uint30(b, len(list))
	for _, s := range list {
		total += len(s)
		b = uint30(b, total)
	}
	b = append(b, strings.Join(list, "")...)
	to := len(b)
	for _, v := range []int{18, 19, 20, 21, from, to} {
		b = be.AppendUint32(b, uint32(v))
	}
	for range words - 2 {
		b = be.AppendUint32(b, 1)
	}
	for _, v := range []int{18, 20, 1} { // libraries and their number
		b = be.AppendUint32(b, uint32(v))
	}
	return be.AppendUint32(b, uint32(len(b)+4))
}

func TestKernel(t *testing.T) {
	const want = `{"detail":"sdk abcdef0123","type":"flutter-kernel","version":"101"}`
	for _, words := range []int{3, 4, 5} {
		check(t, makeKernel(words, scripted...), want, scripted...)
	}
	two := slices.Concat(makeKernel(4, "first string"), makeKernel(4, scripted...))
	check(t, two, want, append(scripted, "first string")...)
	out := analyze(two[:len(two)-1])
	if len(out.Gaps) != 1 || len(out.Facts) != 1 {
		t.Errorf("of a cut file: gaps %v, facts %v", out.Gaps, out.Facts)
	}
}

func TestFlutter(t *testing.T) {
	const hash, features = "0123456789abcdef0123456789abcdef", "product no-code_comments no-dwarf_stack_traces_mode arm64 android compressed-pointers"
	tab := &fact.Table{Kind: "string", Common: fact.F("recovered", "plain"), Values: []string{hash + features, "https://dart.example.cn"},
		Starts: []uint32{0, 2, 3}, Sites: []fact.Site{{Offset: 0x214}, {Offset: 0x8214}, {Offset: 9}}}
	out := analyze([]byte("\x7fELF\x02\x01\x01"), tab)
	if len(out.Facts) != 1 || out.Facts[0].At.Offset != 0x214 {
		t.Fatalf("facts %v", out.Facts)
	}
	want := fact.F("type", "flutter", "version", hash, "detail", features, "strings", "2")
	if d := cmp.Diff(want, out.Facts[0].Fields); d != "" {
		t.Error(d)
	}
	if out := analyze([]byte("\x7fELF\x02\x01\x01"), &fact.Table{Values: []string{hash, hash[:31] + "gproduct x"}}); len(out.Facts) > 0 {
		t.Errorf("facts %v", out.Facts)
	}
}

func TestHeads(t *testing.T) {
	for content, want := range map[string]string{
		"var __BUNDLE_START_TIME__=this.nativePerformanceNow?nativePerformanceNow():Date.now(),__DEV__=false;": `{"type":"react-native"}`,
		"!function(e){}(this);\n__d(function(g,r,i,a,m,e,d){},0,[1]);":                                         `{"type":"react-native"}`,
		"// Platform: cordova-android\nvar PLATFORM_VERSION_BUILD_LABEL = '12.0.1';":                           `{"type":"cordova","version":"12.0.1"}`,
		"cordova.define('cordova/plugin_list', function(require, exports, module) {":                           `{"type":"cordova"}`,
		"{\n\t\"appId\": \"com.example.app\",\n\t\"appName\": \"x\",\n\t\"webDir\": \"www\"\n}":                `{"detail":"com.example.app","type":"capacitor"}`,
		"XABA\x02\x00\x01\x80\x10\x00\x00\x00\x20\x00\x00\x00\x40\x00\x00\x00":                                 `{"type":"xamarin","version":"2"}`,
		"UnityFS\x00\x00\x00\x00\x075.x.x\x002021.3.4f1\x00rest":                                               `{"type":"unity-assets","version":"2021.3.4f1"}`,
	} {
		check(t, []byte(content), want)
	}
	for _, content := range []string{"", "var x = 1;", "{\"webDir\": \"www\"}", "XABA", "\x1bLua\x60aaaaaaaaaaaaa", "the __d function"} {
		if out := analyze([]byte(content)); len(out.Ran) > 0 {
			t.Errorf("%q is read", content)
		}
	}
}

// TestCorpus looks at the start of samples of all kinds: none may be taken for what it is not.
func TestCorpus(t *testing.T) {
	count := map[string]int{}
	_ = filepath.WalkDir(corpustest.Dir(t, "trees", "formats"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasPrefix(filepath.Base(path), ".") {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer f.Close()
		head := make([]byte, fact.HeadSize)
		n, _ := f.Read(head)
		if r := pick(head[:n]); r != nil {
			what, _, _ := r.read(head[:n])
			count[what.kind]++
		}
		return nil
	})
	if count["hermes"] != 2 || len(count) > 1 {
		t.Errorf("%v", count)
	}
}

func BenchmarkHermes(b *testing.B) {
	data, err := os.ReadFile(corpustest.Dir(b, "trees", "formats", "hermes", "index.android.bundle"))
	if err != nil {
		b.Skip(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		analyze(data)
	}
}
