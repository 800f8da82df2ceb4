package art

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

func made() []byte { return append([]byte("art\n029\x00"), make([]byte, 120)...) }

func TestMade(t *testing.T) {
	raw := made()
	if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
		t.Error("not recognised")
	}
	fsys, err := Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"art\n029", "art\n02x\x00", "artefact of 64 bytes at least, and of text, as text files are ...."} {
		if Format().Sniff(bytes.NewReader([]byte(s)), int64(len(s))) {
			t.Errorf("%q is recognised", s)
		}
	}
}

func TestCorpus(t *testing.T) {
	n := 0
	_ = filepath.WalkDir(corpustest.Dir(t, "trees"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".art" || !d.Type().IsRegular() {
			return nil
		}
		r, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer r.Close()
		info, _ := d.Info()
		if Format().Sniff(r, info.Size()) {
			n++
		} else if info.Size() > 0 {
			t.Errorf("%s is not recognised", path)
		}
		return nil
	})
	if n == 0 {
		t.Skip("no ART images: romscan-corpus is not unpacked")
	}
	t.Logf("%d images", n)
}

func FuzzArt(f *testing.F) {
	f.Add(made())
	f.Fuzz(func(t *testing.T, raw []byte) { Format().Sniff(bytes.NewReader(raw), int64(len(raw))) })
}
