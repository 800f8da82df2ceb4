package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func analyze(data []byte) fact.Outcome {
	f := image.NewFile("x.so", bytes.NewReader(data), int64(len(data)))
	s := &fact.Subject{File: f, Head: data[:min(len(data), fact.HeadSize)]}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
}

// stripped builds a 64-bit library without section headers: a read-only segment with dynamic entries,
// symbols and text.
func stripped() []byte {
	const base = 64 + 3*56
	strtab := "\x00libc.so\x00libx.so\x00connect\x00own\x00"
	var sym, dyn bytes.Buffer
	sym.Write(make([]byte, 24))
	put := func(name uint32, shndx uint16) {
		binary.Write(&sym, binary.LittleEndian, elf.Sym64{Name: name, Info: 0x12, Shndx: shndx})
	}
	put(17, 0)
	put(25, 5)
	symOff := uint64(base)
	strOff := symOff + uint64(sym.Len())
	dynOff := strOff + uint64(len(strtab))
	for _, e := range [][2]uint64{
		{uint64(elf.DT_NEEDED), 1}, {uint64(elf.DT_SONAME), 9}, {uint64(elf.DT_STRTAB), strOff}, {uint64(elf.DT_STRSZ), uint64(len(strtab))},
		{uint64(elf.DT_SYMTAB), symOff}, {0, 0},
	} {
		binary.Write(&dyn, binary.LittleEndian, e)
	}
	note := "\x04\x00\x00\x00\x04\x00\x00\x00\x03\x00\x00\x00GNU\x00\xde\xad\xbe\xef"
	text := "\x00\x01https://native.example.org/\x00short\x00w\x00i\x00d\x00e\x00.\x00c\x00n\x00\x00\x00"
	noteOff := dynOff + uint64(dyn.Len())
	end := noteOff + uint64(len(note)+len(text))
	var b bytes.Buffer
	h := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_AARCH64), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 3}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	binary.Write(&b, binary.LittleEndian, h)
	for _, p := range []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R), Filesz: end, Memsz: end},
		{Type: uint32(elf.PT_DYNAMIC), Flags: uint32(elf.PF_R), Off: dynOff, Vaddr: dynOff, Filesz: uint64(dyn.Len())},
		{Type: uint32(elf.PT_NOTE), Flags: uint32(elf.PF_R), Off: noteOff, Vaddr: noteOff, Filesz: uint64(len(note))},
	} {
		binary.Write(&b, binary.LittleEndian, p)
	}
	b.Write(sym.Bytes())
	b.WriteString(strtab)
	b.Write(dyn.Bytes())
	b.WriteString(note + text)
	return b.Bytes()
}

func TestStripped(t *testing.T) {
	data := stripped()
	out := analyze(data)
	if len(out.Gaps) > 0 || len(out.Facts) != 1 {
		t.Fatalf("gaps %v facts %v", out.Gaps, out.Facts)
	}
	want := fact.F("machine", "arm64", "type", "library", "soname", "libx.so", "build_id", "deadbeef", "needed", "libc.so")
	if d := cmp.Diff(want, out.Facts[0].Fields); d != "" {
		t.Error(d)
	}
	got := map[string][]string{}
	for _, tab := range out.Tables {
		got[string(tab.Kind)+" "+tab.Common.Get("recovered")] = tab.Values
		for i, v := range tab.Values {
			for _, s := range tab.SitesOf(i) {
				if v != "wide.cn" && !bytes.HasPrefix(data[s.Offset:], []byte(v)) || tab.Members[s.Member] != "PT_LOAD r--" {
					t.Errorf("%q is not at %#x of %s", v, s.Offset, tab.Members[s.Member])
				}
			}
		}
	}
	if !slices.Contains(got["string plain"], "https://native.example.org/") || slices.Contains(got["string plain"], "short") {
		t.Errorf("strings %q", got["string plain"])
	}
	if d := cmp.Diff([]string{"wide.cn"}, got["string utf-16"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"connect"}, got["import "]); d != "" {
		t.Error(d)
	}
}

func libraries(t testing.TB, limit int64) map[string][]byte {
	t.Helper()
	root := corpustest.Dir(t, "trees", "trees")
	out := map[string][]byte{}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || limit < 0 {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(data[:min(4, len(data))]), elf.ELFMAG) {
			out[path] = data
			limit -= int64(len(data))
		}
		return nil
	})
	return out
}

// TestAgreesWithSections compares imports, soname and needed of real libraries with what debug/elf reads by
// section headers, which this package does not use for them.
func TestAgreesWithSections(t *testing.T) {
	n := 0
	for path, data := range libraries(t, 60<<20) {
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil || f.Type != elf.ET_DYN || f.Section(".dynsym") == nil {
			continue
		}
		syms, err := f.DynamicSymbols()
		if err != nil {
			continue
		}
		var want []string
		for _, s := range syms {
			if s.Section == elf.SHN_UNDEF && s.Name != "" {
				want = append(want, s.Name)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		out := analyze(data)
		i := slices.IndexFunc(out.Tables, func(t *fact.Table) bool { return t.Kind == "import" })
		if i < 0 {
			if len(want) > 0 {
				t.Errorf("%s: no imports, want %d; gaps %v", path, len(want), out.Gaps)
			}
			continue
		}
		if d := cmp.Diff(want, out.Tables[i].Values); d != "" {
			t.Errorf("%s: %s", path, d)
		}
		needed, _ := f.ImportedLibraries()
		if d := cmp.Diff(needed, out.Facts[0].Fields.All("needed")); d != "" {
			t.Errorf("%s: %s", path, d)
		}
		n++
	}
	t.Logf("%d libraries agree", n)
}

func BenchmarkStrings(b *testing.B) {
	list := libraries(b, 60<<20)
	var size int64
	for _, data := range list {
		size += int64(len(data))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, data := range list {
			analyze(data)
		}
	}
}

func FuzzElf(f *testing.F) {
	f.Add(stripped())
	f.Add(registering())
	if self, err := os.Executable(); err == nil {
		if data, err := os.ReadFile(self); err == nil {
			f.Add(data[:min(len(data), 4096)])
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := analyze(data)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked && !strings.Contains(g.Detail, "debug/elf") {
				t.Fatal(g.Detail)
			}
		}
		for _, tab := range out.Tables {
			if !slices.IsSorted(tab.Values) {
				t.Fatal("values are not sorted")
			}
		}
	})
}
