package dex

import (
	"archive/zip"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

func tool(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

type sample struct {
	name string
	data []byte
}

// samples returns dex files of the corpus below dirs: plain ones and those in APK and JAR files, in the order of
// their paths, at most max bytes each and limit bytes in all.
func samples(t testing.TB, max, limit int64, dirs ...string) []sample {
	t.Helper()
	root := corpustest.Dir(t)
	var out []sample
	total := int64(0)
	add := func(name string, data []byte) {
		if IsDex(data) && int64(len(data)) <= max && total < limit {
			total += int64(len(data))
			out = append(out, sample{name, data})
		}
	}
	for _, dir := range dirs {
		_ = filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || total >= limit {
				return nil
			}
			name, _ := filepath.Rel(root, path)
			switch strings.ToLower(filepath.Ext(path)) {
			case ".dex":
				data, _ := os.ReadFile(path)
				add(name, data)
			case ".apk", ".jar":
				for _, s := range unzip(path, name) {
					add(s.name, s.data)
				}
			}
			return nil
		})
	}
	if len(out) == 0 {
		t.Skip("no dex files below " + strings.Join(dirs, ", "))
	}
	return out
}

func unzip(path, name string) []sample {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil
	}
	defer z.Close()
	var out []sample
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".dex") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			continue
		}
		data, _ := io.ReadAll(r)
		r.Close()
		out = append(out, sample{name + "!" + f.Name, data})
	}
	return out
}

// analyze runs the analyzer over data as a file named x.dex.
func analyze(data []byte) fact.Outcome {
	f := image.NewFile("x.dex", strings.NewReader(string(data)), int64(len(data)))
	s := &fact.Subject{File: f, Head: data[:min(len(data), fact.HeadSize)]}
	return fact.Run([]*fact.Analyzer{Analyzer()}, s, image.NewBudget(image.DefaultLimits()))
}

// table returns the table of a kind, and for strings of a way of recovery; an empty one where there is none.
func table(out fact.Outcome, kind fact.Kind, recovered string) *fact.Table {
	i := slices.IndexFunc(out.Tables, func(t *fact.Table) bool {
		return t.Kind == kind && t.Common.Get("recovered") == recovered
	})
	if i < 0 {
		return &fact.Table{}
	}
	return out.Tables[i]
}
