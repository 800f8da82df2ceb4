package deodex

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact/dex"
	"romscan/analyzer/image"
	"romscan/analyzer/image/oat"
)

// oatFiles calls visit for every DEX in the OAT files of a tree: as it lies there, and as the format shows it.
func oatFiles(t *testing.T, tree string, visit func(version int, raw, shown *dex.File)) {
	root := corpustest.Dir(t, "trees", "trees", tree)
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".odex") && !strings.HasSuffix(path, ".oat") {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer f.Close()
		info, _ := f.Stat()
		h, err := oat.Parse(f, info.Size())
		if err != nil || !h.HasDex() {
			return nil
		}
		fsys, err := oat.Format().Open(f, info.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		for _, g := range fsys.(image.Gapper).Gaps() {
			t.Errorf("%s: %s", path, g.Detail)
		}
		shown := map[string]*dex.File{} // by the bytes that do not change: the table of strings
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				data, _ := fs.ReadFile(fsys, name)
				if files, _ := dex.Open(data); len(files) == 1 {
					shown[tables(data)] = files[0]
				}
			}
			return nil
		})
		for _, d := range h.Dex {
			data := make([]byte, d.Size)
			if _, err := f.ReadAt(data, d.Offset); err != nil && err != io.EOF {
				continue
			}
			if files, _ := dex.Open(data); len(files) == 1 && shown[tables(data)] != nil {
				files[0].DetectSet()
				visit(h.Version, files[0], shown[tables(data)])
			}
		}
		return nil
	})
}

// tables is the head of a DEX.
func tables(data []byte) string { return string(data[8:min(len(data), 0x400)]) }

// TestRestoredOAT: the OAT files of Android 7 keep the original indices, and nothing optimised is left in what the format
// shows. What the layout of classes gives for the same instructions agrees with them.
func TestRestoredOAT(t *testing.T) {
	if testing.Short() {
		t.Skip("reads whole trees")
	}
	for _, tree := range []string{"allcall-w2-watch", "alps-hiteq8321-70"} {
		quick, left, same, other, misfit := 0, 0, 0, 0, 0
		oatFiles(t, tree, func(version int, raw, shown *dex.File) {
			if raw.Set == dex.Standard {
				return
			}
			r, err := NewClassPath(ForOAT(version), nil).Rewrite(raw)
			if err != nil {
				t.Error(err)
			}
			originals := bodies(shown)
			for name, m := range bodies(raw) {
				mine, _ := raw.Code(m.Code)
				code, _ := shown.Code(originals[name].Code)
				x, y := mine.Insns(), code.Insns()
				for x.Next() && y.Next() {
					op := y.Insn(dex.Standard)
					if artEffects.does[op.Op] != nothing && artEffects.does[op.Op] >= quickGet {
						left++
					}
					if artEffects.does[x.Op()] < quickGet || x.Op() == 0x73 {
						continue
					}
					quick++
					want := shown.FieldRef(op.Index)
					if op.Op.Invoke() {
						want = shown.MethodRef(op.Index)
						_, member, _ := strings.Cut(want, "->")
						if 1+paramRegs(member) != int(op.NRegs) {
							misfit++
						}
					} else if !fits(op.Op, want[strings.LastIndexByte(want, ':')+1:]) {
						misfit++
					}
					if _, ref, ok := r.At(m.Method, x.Addr()); ok {
						_, a, _ := strings.Cut(ref, "->")
						_, b, _ := strings.Cut(want, "->")
						if a == b {
							same++
						} else {
							other++
							t.Logf("%s: %s, the file says %s", name, ref, want)
						}
					}
				}
			}
		})
		t.Logf("%s: %d rewritten, %d left; %d resolved without class path agree, %d do not; %d do not fit their registers", tree, quick, left, same, other, misfit)
		if quick == 0 {
			t.Skipf("%s: nothing rewritten in the corpus", tree)
		}
		if left > 0 || other > 0 || misfit > 0 {
			t.Errorf("%s: %d left, %d differ, %d do not fit", tree, left, other, misfit)
		}
	}
}

// TestLayoutsOfART: in code of Android 5 and 6, which says nothing of the originals, every slot and offset in classes that
// are complete in the file is one that the layout has, of a type and with parameters that fit the instruction.
func TestLayoutsOfART(t *testing.T) {
	if testing.Short() {
		t.Skip("reads whole trees")
	}
	for _, tree := range []string{"intex-cloud4gstar-50-a", "walton-rx4-51", "gionee-gbl7360-60-a", "gionee-gbl7360-60-b", "symphony-h400-60"} {
		var all Result
		versions := map[int]bool{}
		oatFiles(t, tree, func(version int, raw, _ *dex.File) {
			r, err := NewClassPath(ForOAT(version), nil).Rewrite(raw)
			if err != nil {
				t.Error(err)
			}
			versions[version] = true
			all.Optimised += r.Optimised
			all.Resolved += r.Resolved
			for i, n := range r.Left {
				all.Left[i] += n
			}
		})
		t.Logf("%s: versions %v, %d optimised, %d resolved, left %v", tree, versions, all.Optimised, all.Resolved, all.Left)
		if all.Left[NoSuchMember]+all.Left[Misfit] > 0 {
			t.Errorf("%s: %d without member, %d misfits", tree, all.Left[NoSuchMember], all.Left[Misfit])
		}
	}
}
