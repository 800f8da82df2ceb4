package dex

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counts is what dexdump and the analyzer both say of a dex.
type counts struct{ Classes, Methods, Fields, Code, Instructions int }

// line is an instruction as both print it: file offset, address in the method, mnemonic.
type line struct {
	Offset, Addr uint64
	Op           string
}

// dexdump reads the counts, the instruction lines and the string constants that dexdump prints.
func dexdump(t *testing.T, path string) (counts, []line, []string) {
	out, err := exec.Command("dexdump", "-f", "-d", path).Output()
	if !bytes.Contains(out, []byte("class_defs_size")) {
		t.Skipf("dexdump refuses the file: %v", err)
	}
	var c counts
	var lines []line
	var strs []string
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		s := sc.Text()
		if name, v, ok := strings.Cut(s, ":"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			switch strings.TrimSpace(name) {
			case "method_ids_size":
				c.Methods = n
			case "field_ids_size":
				c.Fields = n
			case "class_defs_size":
				c.Classes = n
			case "registers":
				if err == nil {
					c.Code++
				}
			}
		}
		head, rest, ok := strings.Cut(s, "|")
		if !ok || len(rest) < 6 || rest[0] == '[' {
			continue
		}
		off, _, _ := strings.Cut(head, ":")
		addr, text, ok := strings.Cut(rest, ": ")
		o, err1 := strconv.ParseUint(off, 16, 64)
		a, err2 := strconv.ParseUint(addr, 16, 64)
		if !ok || err1 != nil || err2 != nil || strings.Contains(text, "-data (") {
			continue
		}
		op, _, _ := strings.Cut(text, " ")
		lines = append(lines, line{o, a, op})
		if op == "const-string" || op == "const-string/jumbo" {
			strs = append(strs, literalOf(text))
		}
	}
	c.Instructions = len(lines)
	return c, lines, strs
}

// literalOf returns the string operand as dexdump prints it, with its index; only the index where the text is
// not plain ASCII on one line, as dexdump then prints bytes.
func literalOf(text string) string {
	_, lit, _ := strings.Cut(text, ", \"")
	i := strings.LastIndex(lit, "\" // string@")
	if i < 0 {
		return "?"
	}
	n, _ := strconv.ParseUint(lit[i+len("\" // string@"):], 16, 32)
	return spell(lit[:i], n)
}

func spell(s string, index uint64) string {
	for _, c := range []byte(s) {
		if c < 0x20 || c >= 0x7f {
			return fmt.Sprint(index)
		}
	}
	return fmt.Sprintf("%d %s", index, s)
}

// read gives the same view through this package.
func read(t *testing.T, f *File) (counts, []line, []string) {
	c := counts{Classes: f.NumClasses(), Methods: f.NumMethods(), Fields: f.NumFields()}
	var lines []line
	var strs []string
	var d ClassData
	for i := range f.NumClasses() {
		def, _ := f.Class(i)
		if err := f.ReadClassData(def.Data, &d); err != nil {
			t.Fatal(err)
		}
		for _, m := range append(append([]EncodedMethod(nil), d.DirectMethods...), d.VirtualMethods...) {
			if m.Code == 0 {
				continue
			}
			code, err := f.Code(m.Code)
			if err != nil {
				t.Fatal(err)
			}
			c.Code++
			for it := code.Insns(); it.Next(); {
				in := it.Insn(f.Set)
				lines = append(lines, line{uint64(code.Offset) + 2*uint64(in.Addr), uint64(in.Addr), f.Set.OpName(in.Op)})
				if in.Kind == indexString {
					text := f.String(in.Index)
					if strings.Contains(text, "\n") {
						strs = append(strs, "?")
					} else {
						strs = append(strs, spell(text, uint64(in.Index)))
					}
				}
			}
		}
	}
	c.Instructions = len(lines)
	return c, lines, strs
}

// TestAgreesWithDexdump compares counts, addresses, mnemonics and string operands with dexdump.
func TestAgreesWithDexdump(t *testing.T) {
	tool(t, "dexdump")
	list := append(samples(t, 600<<10, 5<<20, "miui/miui-3.6.7"), samples(t, 300<<10, 6<<20, "trees/trees", "trees/apps")...)
	list = append(list, samples(t, 400<<10, 3<<20, "trees/formats/dex")...)
	path := filepath.Join(t.TempDir(), "classes.dex")
	versions := map[string]int{}
	agreed := 0
	for _, s := range list {
		if err := os.WriteFile(path, s.data, 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := Open(s.data)
		if err != nil {
			t.Logf("%s: %v", s.name, err)
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			want, wantLines, wantStrs := dexdump(t, path)
			got, gotLines, gotStrs := read(t, files[0])
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			for i := range min(len(wantLines), len(gotLines)) {
				if wantLines[i] != gotLines[i] {
					t.Fatalf("instruction %d: dexdump %v, ours %v", i, wantLines[i], gotLines[i])
				}
			}
			if d := cmp.Diff(wantStrs, gotStrs); d != "" {
				t.Error(d)
			}
			versions[files[0].VersionString()]++
			agreed++
		})
	}
	t.Logf("%d files agree, by version %v", agreed, versions)
	if agreed < 30 {
		t.Errorf("only %d dex files compared", agreed)
	}
}
