package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostile builds a zip whose names and links try to leave the directory or to overwrite each other.
func hostile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, content string, mode fs.FileMode) {
		h := &zip.FileHeader{Name: name, Method: zip.Store}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	add("../above", "above", 0o644)
	add("../../../../tmp/far", "far", 0o644)
	add("/absolute", "absolute", 0o644)
	add(`..\windows`, "windows", 0o644)
	add("Same", "one", 0o644)
	add("same", "two", 0o644)
	add("Dir/x", "three", 0o644)
	add("dir/x", "four", 0o644)
	add("out", "../../outside", fs.ModeSymlink|0o777)
	add("abs", "/etc", fs.ModeSymlink|0o777)
	add("dirlink", "..", fs.ModeSymlink|0o777)
	add("dirlink/inside", "through the link", 0o644)
	add("inner", "Same", fs.ModeSymlink|0o777)
	add("suid", "s", fs.ModeSetuid|0o755)
	add("colon:name", "colon", 0o644)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "hostile.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestExtractStaysInside: whatever an archive says, files land below the directory, nothing is lost to a
// collision, and no link leads out.
func TestExtractStaysInside(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "a", "b", "out")
	var out, errs bytes.Buffer
	run(context.Background(), []string{"extract", hostile(t), "-o", dir}, nil, &out, &errs)
	contents := map[string]bool{}
	err := filepath.WalkDir(base, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside := p == dir || strings.HasPrefix(p, dir+string(filepath.Separator))
		if !inside && !d.IsDir() {
			t.Errorf("%s is outside of %s", p, dir)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			if filepath.IsAbs(target) || !strings.HasPrefix(filepath.Join(filepath.Dir(p), target), dir) {
				t.Errorf("%s leads out to %s", p, target)
			}
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			contents[string(data)] = true
			if info.Mode()&fs.ModeSetuid != 0 {
				t.Errorf("%s is setuid", p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"above", "far", "absolute", "windows", "one", "two", "three", "four", "s", "colon"} {
		if !contents[want] {
			t.Errorf("the file with content %q was not written\n%s", want, errs.String())
		}
	}
	lower := map[string]string{}
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if other := lower[strings.ToLower(p)]; err == nil && other != "" {
			t.Errorf("%s and %s are one file where case does not count", other, p)
		}
		lower[strings.ToLower(p)] = p
		return nil
	})
	if _, err := os.Stat("/tmp/far"); err == nil {
		t.Error("a file was written far outside")
	}
}
