package vdex

import (
	"context"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// TestCorpus opens every vdex of the corpus: instructions that were turned back give the DEX its checksum again, and where
// it was not compacted, that of the DEX in the app.
func TestCorpus(t *testing.T) {
	type tally struct{ files, dex, compact, matched, asInApp, patches int }
	by := map[int]*tally{}
	_ = filepath.WalkDir(corpustest.Dir(t, "trees"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		r, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer r.Close()
		info, _ := d.Info()
		if !Format().Sniff(r, info.Size()) {
			if filepath.Ext(path) == ".vdex" {
				t.Errorf("%s is not recognised", path)
			}
			return nil
		}
		fsys, err := Format().Open(r, info.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		a := fsys.(*archive)
		for _, g := range a.Gaps() {
			t.Errorf("%s: %v", path, g)
		}
		f, _ := Parse(r, info.Size())
		n := by[f.Version]
		if n == nil {
			n = &tally{}
			by[f.Version] = n
		}
		n.files++
		n.dex += len(a.content)
		i := 0
		a.Verify(context.Background(), func(c image.Check) bool {
			if c.Outcome == image.Matched {
				n.matched++
			} else {
				t.Errorf("%s: %+v", path, c)
			}
			content := a.content[i]
			i++
			n.patches += len(content.patches)
			if content.dex.Compact {
				n.compact++
				return true
			}
			h := crc32.NewIEEE()
			_, _ = io.Copy(h, io.NewSectionReader(content, 0, content.size))
			if h.Sum32() == content.dex.Checksum {
				n.asInApp++
			}
			return true
		})
		return nil
	})
	for v, n := range by {
		t.Logf("%03d: %+v", v, *n)
		if n.matched != n.dex || n.asInApp != n.dex-n.compact {
			t.Errorf("%03d: not all are what they were", v)
		}
	}
	for v, want := range map[int]int{6: 4, 10: 10, 19: 35, 21: 4} {
		if by[v] == nil || by[v].dex < want {
			t.Errorf("%03d: %+v, want %d DEX files", v, by[v], want)
		}
	}
}
