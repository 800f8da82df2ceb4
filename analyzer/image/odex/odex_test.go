package odex

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/adler32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// made is an odex around a DEX that is a header and nothing else.
func made() []byte {
	dex := make([]byte, 0x70)
	copy(dex, "dex\n035\x00")
	binary.LittleEndian.PutUint32(dex[32:], 0x70)
	binary.LittleEndian.PutUint32(dex[8:], adler32.Checksum(dex[12:]))
	deps := []byte{1, 0, 0, 0, 2, 0, 0, 0, 27, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, '/', 'a', '.', 'b', 0}
	deps = append(deps, bytes.Repeat([]byte{7}, 20)...)
	deps = append(deps, 0, 0, 0)
	opt := []byte("DNEA\x00\x00\x00\x00")
	out := append([]byte("dey\n036\x00"), make([]byte, 32)...)
	at := func(i int, v int) { binary.LittleEndian.PutUint32(out[8+4*i:], uint32(v)) }
	at(0, 40)
	at(1, len(dex))
	at(2, 40+len(dex))
	at(3, len(deps))
	at(4, 40+len(dex)+len(deps))
	at(5, len(opt))
	tail := append(deps, opt...)
	at(7, int(adler32.Checksum(tail)))
	return append(append(out, dex...), tail...)
}

func load(raw []byte) (fs.FS, error) {
	return Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

func TestMade(t *testing.T) {
	raw := made()
	if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
		t.Error("not recognised")
	}
	fsys, err := load(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, Name); err != nil {
		t.Error(err)
	}
	if got, _ := fs.ReadFile(fsys, Name); string(got) != string(raw[40:40+0x70]) {
		t.Error("not the bytes of the DEX")
	}
	f, err := Parse(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(f.Deps) != 1 || f.Deps[0].Name != "/a.b" || f.Deps[0].SHA1[19] != 7 || f.Build != 27 || f.CRC != 2 {
		t.Errorf("%+v, %v", f, err)
	}
	for i, flip := range []int{60, 40 + 0x70 + 3} {
		bad := bytes.Clone(raw)
		bad[flip] ^= 1
		fsys, err := load(bad)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for c := range verify(fsys) {
			if (c.Outcome == image.Mismatched) != (n == i) {
				t.Errorf("byte %d flipped: check %d gives %s", flip, n, c.Outcome)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d checks", n)
		}
	}
}

func verify(fsys fs.FS) func(func(image.Check) bool) {
	return func(yield func(image.Check) bool) { fsys.(image.Verifier).Verify(context.Background(), yield) }
}

// TestCut: what is there of a DEX that was cut is listed, with a gap.
func TestCut(t *testing.T) {
	raw := made()
	fsys, err := load(raw[:100])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(fsys, Name); err != nil || len(got) != 60 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) != 2 || gaps[1].Reason != image.Truncated {
		t.Errorf("gaps %v", gaps)
	}
	if _, err := load(raw[:20]); err == nil {
		t.Error("half a header opens")
	}
}

// TestCorpus opens every odex of the corpus: all have a DEX, all checksums match, and the dependencies are jars.
func TestCorpus(t *testing.T) {
	files := map[string]int{}
	matched := 0
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
			return nil
		}
		fsys, err := Format().Open(r, info.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
			t.Errorf("%s: %v", path, gaps)
		}
		f, _ := Parse(r, info.Size())
		files[f.Version]++
		for _, dep := range f.Deps {
			if !strings.Contains(dep.Name, "framework") {
				t.Errorf("%s needs %q", path, dep.Name)
			}
		}
		for c := range verify(fsys) {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %+v", path, c)
			} else {
				matched++
			}
		}
		return nil
	})
	t.Logf("%v files, %d checksums match", files, matched)
	if files["036"] < 50 {
		t.Errorf("only %d files", files["036"])
	}
}

func FuzzOdex(f *testing.F) {
	f.Add(made())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			return
		}
		fsys, err := load(raw)
		if err != nil {
			return
		}
		if h, err := fsys.Open(Name); err == nil {
			_, _ = io.Copy(io.Discard, h)
		}
		for range verify(fsys) {
		}
	})
}
