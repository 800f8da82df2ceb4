package dex

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// embedded returns the dex files inside the odex and oat files of a tree.
func embedded(t *testing.T, tree string, max int) []sample {
	root := corpustest.Dir(t, "trees", "trees", tree)
	var out []sample
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || len(out) >= max || !strings.HasSuffix(path, ".odex") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		for at := 0; len(out) < max; {
			i := bytes.Index(data[at:], []byte("dex\n03"))
			if i < 0 || at+i+headerSize > len(data) {
				break
			}
			at += i
			size := int(binary.LittleEndian.Uint32(data[at+32:]))
			if size < headerSize || size > len(data)-at {
				at += 4
				continue
			}
			out = append(out, sample{filepath.Base(path), data[at : at+size]})
			at += size
		}
		return nil
	})
	if len(out) == 0 {
		t.Skipf("%s has no odex files in the corpus", tree)
	}
	return out
}

// TestOptimised reads code that dexopt and dex2oat rewrote: the dialect is found, and under it every method
// decodes.
func TestOptimised(t *testing.T) {
	for tree, want := range map[string]*Set{"htc-protou-404-odex": Dalvik, "gionee-gbl7360-60-a": ART, "symphony-h400-60": ART, "walton-rx4-51": ART} {
		rewritten := 0
		for _, s := range embedded(t, tree, 30) {
			files, err := Open(s.data)
			if err != nil {
				t.Errorf("%s %s: %v", tree, s.name, err)
				continue
			}
			got := files[0].DetectSet()
			if got != Standard {
				rewritten++
			}
			if got != want && got != Standard {
				t.Errorf("%s %s: dialect %s", tree, s.name, got.Name)
			}
			for _, g := range analyze(s.data).Gaps {
				if g.Reason != image.Unsupported {
					t.Errorf("%s %s: %s", tree, s.name, g.Detail)
				}
			}
		}
		if rewritten == 0 {
			t.Errorf("%s: no dex is recognised as rewritten", tree)
		}
		t.Logf("%s: %d rewritten", tree, rewritten)
	}
}
