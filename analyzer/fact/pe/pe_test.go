package pe

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
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
	f := image.NewFile("x.dll", bytes.NewReader(data), int64(len(data)))
	s := &fact.Subject{File: f, Head: data[:min(len(data), fact.HeadSize)]}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
}

// assemblyFile builds a PE with a CLR header and metadata of the streams #~, #Strings and #US; rows is the
// number of rows its Assembly table claims.
func assemblyFile(rows uint32) []byte {
	le := binary.LittleEndian
	const rva = 0x1000
	tables := make([]byte, 0, 64)
	tables = append(tables, 0, 0, 0, 0, 2, 0, 0, 1)
	tables = le.AppendUint64(tables, 1<<0x20)
	tables = le.AppendUint64(tables, 0)
	tables = le.AppendUint32(tables, rows)
	tables = append(tables, make([]byte, 16)...)
	tables = append(tables, 0, 0, 1, 0, 0, 0) // no public key, name at #Strings+1, no culture
	heap := []byte("\x00Demo\x00\x00\x00")
	us := []byte{0}
	for _, s := range []string{"https://managed.example.org/", "b"} {
		us = append(us, byte(2*len(s)+1))
		for _, c := range []byte(s) {
			us = append(us, c, 0)
		}
		us = append(us, 0)
	}
	md := []byte("BSJB\x01\x00\x01\x00\x00\x00\x00\x00\x08\x00\x00\x00v4.0\x00\x00\x00\x00\x00\x00\x03\x00")
	at := uint32(len(md) + 12 + 20 + 12)
	for _, s := range []struct {
		name string
		data []byte
	}{{"#~\x00\x00", tables}, {"#Strings\x00\x00\x00\x00", heap}, {"#US\x00", us}} {
		md = le.AppendUint32(md, at)
		md = le.AppendUint32(md, uint32(len(s.data)))
		md = append(md, s.name...)
		at += uint32(len(s.data))
	}
	md = append(append(append(md, tables...), heap...), us...)

	clr := make([]byte, 72)
	le.PutUint32(clr, 72)
	le.PutUint32(clr[8:], rva+72)
	le.PutUint32(clr[12:], uint32(len(md)))
	section := append(clr, md...)

	var b bytes.Buffer
	dos := make([]byte, 64)
	copy(dos, "MZ")
	le.PutUint32(dos[60:], 64)
	b.Write(dos)
	b.WriteString("PE\x00\x00")
	binary.Write(&b, le, pe.FileHeader{Machine: 0x14c, NumberOfSections: 1, SizeOfOptionalHeader: 224, Characteristics: 0x2102})
	opt := pe.OptionalHeader32{
		Magic: 0x10b, SectionAlignment: 0x1000, FileAlignment: 0x200, ImageBase: 0x400000, SizeOfImage: 0x3000, SizeOfHeaders: 0x200, NumberOfRvaAndSizes: 16,
	}
	opt.DataDirectory[14] = pe.DataDirectory{VirtualAddress: rva, Size: 72}
	binary.Write(&b, le, opt)
	binary.Write(&b, le, pe.SectionHeader32{
		Name: [8]uint8{'.', 't', 'e', 'x', 't'}, VirtualSize: 0x1000, VirtualAddress: rva, SizeOfRawData: 0x400, PointerToRawData: 0x200, Characteristics: 0x60000020,
	})
	out := append(b.Bytes(), make([]byte, 0x200-b.Len())...)
	return append(append(out, section...), make([]byte, 0x400-len(section))...)
}

func TestAssembly(t *testing.T) {
	data := assemblyFile(1)
	out := analyze(data)
	if len(out.Gaps) > 0 || len(out.Facts) != 1 || len(out.Tables) != 1 {
		t.Fatalf("gaps %v facts %v", out.Gaps, out.Facts)
	}
	want := fact.F("machine", "x86", "dotnet", "yes", "signed", "no", "assembly", "Demo")
	if d := cmp.Diff(want, out.Facts[0].Fields); d != "" {
		t.Error(d)
	}
	tab := out.Tables[0]
	if d := cmp.Diff([]string{"b", "https://managed.example.org/"}, tab.Values); d != "" {
		t.Error(d)
	}
	if at := tab.SitesOf(1)[0].Offset; !bytes.HasPrefix(data[at:], []byte("h\x00t\x00t\x00p\x00")) {
		t.Errorf("offset %#x", at)
	}
}

// TestRowsLie claims two thousand million rows: metadata is left alone, and the gap says so.
func TestRowsLie(t *testing.T) {
	out := analyze(assemblyFile(2e9))
	if len(out.Gaps) != 1 || !strings.Contains(out.Gaps[0].Detail, "2000000000 metadata rows") {
		t.Errorf("gaps %v", out.Gaps)
	}
	if len(out.Facts) != 1 || out.Facts[0].Fields.Get("dotnet") != "yes" {
		t.Errorf("facts %v", out.Facts)
	}
}

func TestRealAssemblies(t *testing.T) {
	list := corpustest.Glob(t, "trees", "apps", "xamarin-maui-assemblies", "*.dll")
	signers := map[string]int{}
	total, members := 0, 0
	for _, path := range list {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte("MZ")) {
			continue
		}
		out := analyze(data)
		for _, g := range out.Gaps {
			t.Errorf("%s: %s", filepath.Base(path), g.Detail)
		}
		f := out.Facts[0].Fields
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".dll"), ".resources")
		if got := strings.TrimSuffix(f.Get("assembly"), ".resources"); f.Get("dotnet") != "yes" || got != name {
			t.Errorf("%s: %v", filepath.Base(path), f)
		}
		signers[f.Get("signer")]++
		for _, tab := range out.Tables {
			if tab.Kind == "member" {
				members += len(tab.Values)
			} else {
				total += len(tab.Values)
			}
		}
	}
	t.Logf("%d files, %d user strings, %d members, signers %v", len(list), total, members, signers)
	if total < 1000 || members < 1000 {
		t.Errorf("only %d user strings, %d members", total, members)
	}
}

func FuzzPe(f *testing.F) {
	f.Add(assemblyFile(1))
	f.Add(assemblyFile(2e9))
	f.Fuzz(func(t *testing.T, data []byte) {
		out := analyze(data)
		for _, g := range out.Gaps {
			if g.Reason == image.Panicked {
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
