package cpio

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// runCpio runs GNU cpio in dir with the paths of names on its standard input, or skips the test.
func runCpio(t *testing.T, dir string, in io.Reader, args ...string) []byte {
	t.Helper()
	cpio, err := exec.LookPath("cpio")
	if err != nil {
		t.Skip("no cpio")
	}
	cmd := exec.Command(cpio, args...)
	cmd.Dir, cmd.Stdin = dir, in
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	if err := cmd.Run(); err != nil {
		t.Fatalf("cpio %v: %v\n%s", args, err, says.String())
	}
	return out.Bytes()
}

// sampleTree is a tree with everything an archive can hold, made of files of a real ramdisk where there are any.
func sampleTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"sbin", "empty", "a/very/long/way/down"} {
		must(os.MkdirAll(filepath.Join(dir, d), 0o750))
	}
	for name, data := range map[string]string{"init": "\x7fELF", "zero": "", "odd": "123", "a/very/long/way/down/öä": strings.Repeat("x", 70_001)} {
		must(os.WriteFile(filepath.Join(dir, name), []byte(data), 0o640))
	}
	must(os.Chmod(filepath.Join(dir, "init"), 0o755|os.ModeSetuid|os.ModeSetgid))
	must(os.Chmod(filepath.Join(dir, "empty"), 0o777|os.ModeSticky))
	must(os.Symlink("../init", filepath.Join(dir, "sbin/ueventd")))
	must(os.Link(filepath.Join(dir, "odd"), filepath.Join(dir, "a/odd too")))
	must(os.Link(filepath.Join(dir, "odd"), filepath.Join(dir, "odd three")))
	return dir
}

// TestAgainstGNU packs trees with GNU cpio in every kind it knows and compares all names, modes, targets and
// contents with what lies on disk.
func TestAgainstGNU(t *testing.T) {
	trees := []string{sampleTree(t)}
	t.Run("corpus", func(t *testing.T) {
		trees = append(trees, corpustest.Glob(t, "trees", "trees/*/boot/ramdisk")...)
	})
	for _, tree := range trees {
		disk := os.DirFS(tree)
		var names bytes.Buffer
		err := fs.WalkDir(disk, ".", func(name string, d fs.DirEntry, err error) error {
			names.WriteString(name + "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := list(t, disk)
		for _, kind := range []string{"newc", "crc", "odc", "bin"} {
			img := runCpio(t, tree, bytes.NewReader(names.Bytes()), "-o", "--quiet", "-H", kind)
			fsys := mount(t, img)
			if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
				t.Fatalf("%s as %s: %s", tree, kind, diff)
			}
			if g := fsys.Gaps(); len(g) != 0 {
				t.Errorf("%s as %s: %v", tree, kind, g)
			}
			fsys.Verify(context.Background(), func(c image.Check) bool {
				if c.Outcome != image.Matched || kind != "crc" {
					t.Errorf("%s as %s: %+v", tree, kind, c)
				}
				return true
			})
			if kind == "crc" && len(fsys.sums) == 0 {
				t.Errorf("%s: no checksums", tree)
			}
		}
	}
}

// TestSamples compares archives of other makers with what GNU cpio unpacks from them.
func TestSamples(t *testing.T) {
	for _, name := range corpustest.Glob(t, "trees", "formats/cpio/*.cpio") {
		img, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		runCpio(t, dir, bytes.NewReader(img), "-id", "--quiet")
		fsys := mount(t, img)
		if diff := cmp.Diff(list(t, os.DirFS(dir)), list(t, fsys)); diff != "" {
			t.Errorf("%s: %s", filepath.Base(name), diff)
		}
		fsys.Verify(context.Background(), func(c image.Check) bool {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %+v", filepath.Base(name), c)
			}
			return true
		})
		if g := fsys.Gaps(); len(g) != 0 {
			t.Errorf("%s: %v", filepath.Base(name), g)
		}
	}
}

// TestRealRamdisks reads the ramdisks of real boot images: after the pages of the header and of the kernel.
func TestRealRamdisks(t *testing.T) {
	for _, name := range corpustest.Glob(t, "trees", "formats/boot/*boot.img") {
		img, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		kernel, page := binary.LittleEndian.Uint32(img[8:]), binary.LittleEndian.Uint32(img[36:])
		z, err := gzip.NewReader(bytes.NewReader(img[page+(kernel+page-1)/page*page:]))
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		ramdisk, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		fsys := mount(t, ramdisk)
		rc, err := fs.ReadFile(fsys, "init.rc")
		if err != nil || !bytes.Contains(rc, []byte("on boot")) {
			t.Errorf("%s: init.rc: %d bytes, %v", filepath.Base(name), len(rc), err)
		}
		if g := fsys.Gaps(); len(g) != 0 {
			t.Errorf("%s: %v", filepath.Base(name), g)
		}
	}
}
