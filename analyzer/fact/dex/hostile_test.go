package dex

import (
	"encoding/binary"
	"hash/adler32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// edit returns a copy of data with words replaced, and the checksum made right again.
func edit(data []byte, words map[int]uint32) []byte {
	out := slices.Clone(data)
	for off, v := range words {
		binary.LittleEndian.PutUint32(out[off:], v)
	}
	binary.LittleEndian.PutUint32(out[8:], adler32.Checksum(out[12:]))
	return out
}

func TestNotesAreNoGaps(t *testing.T) {
	good := testDex(t, "calls")
	sum := slices.Clone(good)
	sum[8] ^= 1
	for name, c := range map[string]struct {
		data []byte
		want Note
	}{
		"checksum":  {sum, NoteChecksum},
		"trailing":  {append(slices.Clone(good), 1, 2, 3), NoteTrailing},
		"file-size": {edit(good, map[int]uint32{32: 1 << 30}), NoteFileSize},
		"header":    {edit(good, map[int]uint32{36: 0x80}), NoteHeader},
		"map":       {edit(good, map[int]uint32{52: 1 << 30}), NoteMap},
	} {
		out := analyze(c.data)
		if len(out.Gaps) > 0 || len(out.Facts) != 1 || !slices.Contains(out.Facts[0].Fields.All("note"), string(c.want)) {
			t.Errorf("%s: gaps %v, facts %v", name, out.Gaps, out.Facts)
		}
		if n := len(table(out, "api", "").Values); n != 2 {
			t.Errorf("%s: %d calls read, want 2", name, n)
		}
	}
}

// TestLies puts every header word out of range in turn: nothing panics, and what is not touched stays.
func TestLies(t *testing.T) {
	good := testDex(t, "calls")
	for off := 32; off < headerSize; off += 4 {
		for _, v := range []uint32{0, 1, 0x7fffffff, 0xffffffff, uint32(len(good)) - 1} {
			for _, g := range analyze(edit(good, map[int]uint32{off: v})).Gaps {
				if g.Reason == image.Panicked {
					t.Errorf("word %#x = %#x: %s", off, v, g.Detail)
				}
			}
		}
	}
	out := analyze(edit(good, map[int]uint32{80: 1 << 31})) // field_ids_size
	if len(out.Gaps) == 0 || len(table(out, "api", "").Values) != 2 {
		t.Errorf("field_ids lie: gaps %v, calls %v", out.Gaps, table(out, "api", "").Values)
	}
}

func TestTruncated(t *testing.T) {
	good := testDex(t, "calls")
	for n := range len(good) {
		for _, g := range analyze(good[:n]).Gaps {
			if g.Reason == image.Panicked {
				t.Fatalf("%d bytes: %s", n, g.Detail)
			}
		}
	}
}

// container puts two dex files into one of version 041: all offsets count from the start of the container.
func container(t testing.TB) []byte {
	t.Helper()
	var out []byte
	for _, name := range []string{"calls", "arrays"} {
		base := uint32(len(out))
		d := slices.Clone(testDex(t, name))
		copy(d[4:], "041")
		f, err := Open(testDex(t, name))
		if err != nil {
			t.Fatal(err)
		}
		shift := func(off uint32) {
			if v := binary.LittleEndian.Uint32(d[off:]); v != 0 {
				binary.LittleEndian.PutUint32(d[off:], v+base)
			}
		}
		for _, off := range []uint32{52, 60, 68, 76, 84, 92, 100, 108} {
			shift(off)
		}
		for i := range uint32(f[0].NumStrings()) {
			shift(headerSize + 4*i)
		}
		protos := binary.LittleEndian.Uint32(testDex(t, name)[76:])
		for i := range uint32(f[0].NumProtos()) {
			shift(protos + 12*i + 8)
		}
		out = append(out, d...)
	}
	return out
}

// TestContainer reads both dex files of a container; the offsets of class data, which are not all shifted
// here, leave gaps in the second one.
func TestContainer(t *testing.T) {
	files, err := Open(container(t))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if got := files[1].Type(1); got == "" || files[0].Version != 41 {
		t.Errorf("type %q, version %d", got, files[0].Version)
	}
	if got := string(files[1].AppendMethodRef(nil, 0)); !strings.HasPrefix(got, "Ljava/lang/String;-><init>([B)") {
		t.Errorf("method 0 of the second dex is %q", got)
	}
	if out := analyze(container(t)); len(out.Facts) != 2 || out.Facts[1].At.Offset != int64(files[1].Base) {
		t.Errorf("facts %v", out.Facts)
	}
}

func TestMUTF8(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                        "plain",
		"\xc0\x80":                     "\x00",
		"\xed\xa0\xbd\xed\xb8\x80":     "\U0001F600",
		"\xed\xa0\xbdx":                `\ud83dx`,
		"\xed\xb8\x80":                 `\ude00`,
		"\xed\xa0\xbd\xed\xa0\xbd":     `\ud83d\ud83d`,
		"a\xffb\xc3":                   `a\xffb\xc3`,
		"\xe2\x82\xac":                 "€",
		"\xf0\x9f\x98\x80":             "\U0001F600",
		"\xe2\x82":                     `\xe2\x82`,
		"\xed\xa0\xbd\xed\xb8\x80tail": "\U0001F600tail",
	} {
		if got := string(AppendMUTF8(nil, []byte(in))); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

// TestHostileCorpus runs the analyzer over files that broke other readers.
func TestHostileCorpus(t *testing.T) {
	root := corpustest.Dir(t)
	var files []string
	for _, glob := range []string{"trees/formats/dex-fuzz/*", "trees/formats/dex/*.dex", "trees/formats/odex/*.dex"} {
		m, _ := filepath.Glob(filepath.Join(root, glob))
		files = append(files, m...)
	}
	if len(files) == 0 {
		t.Skip("no hostile dex files in the corpus")
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range analyze(data).Gaps {
			if g.Reason == image.Panicked {
				t.Errorf("%s: %s", filepath.Base(path), g.Detail)
			}
		}
	}
}

// TestSharedBodies bounds the work on many methods that share one large body.
func TestSharedBodies(t *testing.T) {
	good := testDex(t, "calls")
	body := make([]byte, codeHeader+1<<20)
	binary.LittleEndian.PutUint32(body[12:], 1<<19)
	data := append(slices.Clone(good), make([]byte, (4-len(good)&3)&3)...)
	at := uint32(len(data))
	data = append(data, body...)
	classData := uint32(len(data))
	data = append(data, 0, 0, 0x80, 0x80, 4, 0) // 65536 direct methods
	for range 1 << 16 {
		data = append(data, 0, 0)
		data = binary.AppendUvarint(data, uint64(at))
	}
	off := int(binary.LittleEndian.Uint32(data[100:])) + 24
	out := analyze(edit(data, map[int]uint32{off: classData, 32: uint32(len(data))}))
	if !slices.ContainsFunc(out.Gaps, func(g image.Gap) bool { return g.Reason == image.OverBudget }) {
		t.Errorf("no budget gap: %v", out.Gaps)
	}
}

// FuzzDex runs the whole analyzer and prints every method.
func FuzzDex(f *testing.F) {
	f.Add(testDex(f, "arrays"))
	f.Add(testDex(f, "calls"))
	f.Add(container(f))
	f.Add(compacted(f, testDex(f, "calls")))
	f.Fuzz(func(t *testing.T, data []byte) {
		out := analyze(data)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
				t.Fatal(g.Detail)
			}
		}
		checkTables(t, out)
		files, _ := Open(data)
		for _, d := range files {
			disassembleAll(d, 1<<20)
		}
	})
}

// disassembleAll prints methods until limit bytes have been printed.
func disassembleAll(f *File, limit int) {
	var d ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d)
		for _, m := range append(d.DirectMethods, d.VirtualMethods...) {
			if limit -= 1 + len(f.Disassemble(m)); limit < 0 {
				return
			}
		}
	}
}

// checkTables checks what readers of tables rely on.
func checkTables(t *testing.T, out fact.Outcome) {
	t.Helper()
	for _, tab := range out.Tables {
		if !slices.IsSorted(tab.Values) || len(slices.Compact(slices.Clone(tab.Values))) != len(tab.Values) {
			t.Fatalf("%s: values are not sorted and unique", tab.Kind)
		}
		if tab.Starts != nil && (len(tab.Starts) != len(tab.Values)+1 || int(tab.Starts[len(tab.Values)]) != len(tab.Sites)) {
			t.Fatalf("%s: starts do not fit", tab.Kind)
		}
		for i := range tab.Values {
			tab.Row(i)
		}
		for _, s := range tab.Sites {
			if int(s.Member) >= len(tab.Members) {
				t.Fatalf("%s: member %d of %d", tab.Kind, s.Member, len(tab.Members))
			}
		}
	}
}
