package deodex

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact/dex"
)

// twins returns two folders of one build, optimised and not: those ROMSCAN_DEODEX_TWINS names (two, with odex files and
// with jars and APKs, framework included), or the trees of the corpus, where the framework is missing.
func twins(t *testing.T) (odex, plain string, whole bool) {
	if dirs := filepath.SplitList(os.Getenv("ROMSCAN_DEODEX_TWINS")); len(dirs) == 2 {
		return dirs[0], dirs[1], true
	}
	trees := corpustest.Dir(t, "trees", "trees")
	return filepath.Join(trees, "htc-protou-404-odex"), filepath.Join(trees, "htc-protou-404-deodex"), false
}

// named lists the files below a folder by their base names without extension.
func named(root string, exts ...string) map[string]string {
	out := map[string]string{}
	_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			for _, e := range exts {
				if name, ok := strings.CutSuffix(filepath.Base(path), e); ok {
					out[name] = path
				}
			}
		}
		return nil
	})
	return out
}

// openOdex reads the DEX of an .odex.
func openOdex(t testing.TB, path string) *dex.File {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 40 || string(data[:4]) != "dey\n" {
		return nil
	}
	at, size := binary.LittleEndian.Uint32(data[8:]), binary.LittleEndian.Uint32(data[12:])
	files, err := dex.Open(data[at : at+size])
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return nil
	}
	files[0].DetectSet()
	return files[0]
}

func openZip(t testing.TB, path string) *dex.File {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil
	}
	defer z.Close()
	f, err := z.Open("classes.dex")
	if err != nil {
		return nil
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil
	}
	files, err := dex.Open(data)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return nil
	}
	return files[0]
}

// bodies returns the code of all methods by reference.
func bodies(f *dex.File) map[string]dex.EncodedMethod {
	out := map[string]dex.EncodedMethod{}
	var d dex.ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d)
		for _, list := range [][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if m.Code != 0 {
					out[f.MethodRef(m.Method)] = m
				}
			}
		}
	}
	return out
}

type agreement struct {
	same, sameMember, opcode, other, unaligned, resolved, optimised int
	left                                                            [numReasons]int
	examples                                                        []string
}

// compare holds what Rewrite found against the twin's code, instruction by instruction.
func (a *agreement) compare(f, twin *dex.File, r *Result) {
	a.optimised += r.Optimised
	a.resolved += r.Resolved
	for i, n := range r.Left {
		a.left[i] += n
	}
	theirs := bodies(twin)
	for name, m := range bodies(f) {
		other, ok := theirs[name]
		mine, _ := f.Code(m.Code)
		code, _ := twin.Code(other.Code)
		x, y := mine.Insns(), code.Insns()
		aligned := ok
		for x.Next() {
			op, ref, found := r.At(m.Method, x.Addr())
			aligned = aligned && y.Next() && y.Addr() == x.Addr()
			if !found {
				continue
			}
			if !aligned {
				a.unaligned++
				continue
			}
			in := y.Insn(twin.Set)
			want := ""
			switch {
			case op == dex.OpReturnVoid:
			case op < 0x6e:
				want = twin.FieldRef(in.Index)
			default:
				want = twin.MethodRef(in.Index)
			}
			_, member, _ := strings.Cut(ref, "->")
			_, wanted, _ := strings.Cut(want, "->")
			switch {
			case ref == want && op == in.Op:
				a.same++
			case ref == want:
				a.opcode++
				a.note(name, &x, twin.Set.OpName(op), twin.Set.OpName(in.Op))
			case member == wanted:
				a.sameMember++
			default:
				a.other++
				a.note(name, &x, ref, want)
			}
		}
	}
}

func (a *agreement) note(method string, x *dex.Insns, got, want string) {
	if len(a.examples) < 8 {
		var b bytes.Buffer
		b.WriteString(method + ": " + got + ", twin: " + want)
		a.examples = append(a.examples, b.String())
	}
}

// TestTwins compares every instruction that dexopt rewrote with the twin of the same build that was put back into
// standard code by another tool.
func TestTwins(t *testing.T) {
	odexDir, plainDir, whole := twins(t)
	odexes, plain := named(odexDir, ".odex"), named(plainDir, ".jar", ".apk")
	if len(odexes) == 0 || len(plain) == 0 {
		t.Skip("the twin trees are absent")
	}
	var boot []*dex.File
	for _, name := range []string{"core", "core-junit", "bouncycastle", "ext", "framework", "framework2", "android.policy", "services", "apache-xml",
		"HTCDev", "HTCCommonctrl", "HTCExtension", "filterfw", "com.htc.android.bluetooth", "wimax", "usbnet", "com.orange.authentication.simcard"} {
		if f := openOdex(t, odexes[name]); f != nil {
			boot = append(boot, f)
		} else if whole {
			t.Logf("class path lacks %s", name)
		}
	}
	cp := NewClassPath(ForOdex(15, 27), boot)
	var total agreement
	for _, name := range sortedKeys(odexes) {
		f := openOdex(t, odexes[name])
		if f == nil {
			continue
		}
		r, err := cp.Rewrite(f)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var one agreement
		twin := openZip(t, plain[name])
		if twin == nil {
			continue
		}
		one.compare(f, twin, r)
		total.compare(f, twin, r)
		if testing.Verbose() {
			t.Logf("%s: %d optimised, %d resolved, left %v; same %d, same member %d, opcode %d, other %d, unaligned %d", name,
				r.Optimised, r.Resolved, r.Left, one.same, one.sameMember, one.opcode, one.other, one.unaligned)
		}
	}
	compared := total.same + total.sameMember + total.opcode + total.other
	t.Logf("%.4f %% of %d compared agree", 100*float64(total.same+total.sameMember)/float64(max(compared, 1)), compared)
	t.Logf("all: %d optimised, %d resolved, left %v; same %d, same member %d, opcode %d, other %d, unaligned %d", total.optimised, total.resolved,
		total.left, total.same, total.sameMember, total.opcode, total.other, total.unaligned)
	for _, e := range total.examples {
		t.Log(e)
	}
	if bad := total.other + total.opcode; bad*200 > total.resolved {
		t.Errorf("%d of %d resolved instructions differ from the twin", bad, total.resolved)
	}
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// TestLayoutsOfDalvik: without the boot class path, every slot and offset in classes that are complete in the file is one
// that the layout has, and fits the instruction.
func TestLayoutsOfDalvik(t *testing.T) {
	for tree, sdk := range map[string]int{"htc-protou-404-odex": 15, "gm-etab5": 19} {
		var all Result
		files := named(corpustest.Dir(t, "trees", "trees", tree), ".odex")
		for _, name := range sortedKeys(files) {
			f := openOdex(t, files[name])
			if f == nil {
				continue
			}
			r, err := NewClassPath(ForOdex(sdk, 27), nil).Rewrite(f)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			all.Optimised += r.Optimised
			all.Resolved += r.Resolved
			for i, n := range r.Left {
				all.Left[i] += n
			}
		}
		t.Logf("%s: %d optimised, %d resolved, left %v", tree, all.Optimised, all.Resolved, all.Left)
		more := map[string]int{"gm-etab5": 2}[tree] // calls of execute-inline 35, which the machine of its processor's maker has beyond AOSP's table
		if all.Left[NoSuchMember] != more || all.Left[Misfit] > 0 {
			t.Errorf("%s: %d without member, %d misfits", tree, all.Left[NoSuchMember], all.Left[Misfit])
		}
	}
}
