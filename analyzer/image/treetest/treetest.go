// Package treetest is what the tests of file systems that hold a whole tree have in common: a tree to make images of, the
// comparison of an image with it, and a fuzzer that changes words of made images.
package treetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// Noise gives n bytes that no compressor makes smaller.
func Noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// Prose gives n bytes that compress to a third or so.
func Prose(seed uint32, n int) []byte {
	words := []string{"permission ", "package ", "android.intent.action.", "0x7f0", "\n", "activity ", "=", "provider"}
	var b bytes.Buffer
	for b.Len() < n {
		seed = seed*1664525 + 1013904223
		b.WriteString(words[seed>>24&7])
		if seed>>16&3 == 0 {
			fmt.Fprintf(&b, "%x", seed)
		}
	}
	return b.Bytes()[:n]
}

// Write makes a file and the directories above it.
func Write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// MakeTree writes what such a format tells apart: files below, at and above the sizes of blocks, of data that
// compresses and that does not, holes, links and hard links.
func MakeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	Write(t, dir, "etc/empty", nil)
	for _, n := range []int{511, 512, 513, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 65537} {
		Write(t, dir, fmt.Sprintf("size/noise%d", n), Noise(uint32(n), n))
		Write(t, dir, fmt.Sprintf("size/prose%d", n), Prose(uint32(n), n))
	}
	Write(t, dir, "zeros", make([]byte, 200<<10+77))
	Write(t, dir, "turns", bytes.Join([][]byte{Prose(1, 15<<10), Noise(2, 15<<10), make([]byte, 30<<10), Prose(3, 5000)}, nil))
	for k := range 200 {
		Write(t, dir, fmt.Sprintf("many/%s%d", strings.Repeat("n", k%90), k), Prose(uint32(k), k))
	}
	Write(t, dir, "Приложение/名前.txt", []byte("names"))
	for name, target := range map[string]string{"etc/link": "hosts", "abs": "/system/etc/hosts", "long": strings.Repeat("0123456789/", 14)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "nothing"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "turns"), filepath.Join(dir, "etc/turns")); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"zeros": 0o640 | os.ModeSetgid, "turns": 0o755 | os.ModeSetuid, "many": 0o777 | os.ModeSticky, "etc/empty": 0o600} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Run calls a tool that makes images, and skips where it is absent.
func Run(t testing.TB, tool string, args ...string) {
	t.Helper()
	name, err := exec.LookPath(tool)
	if err != nil {
		if name, err = exec.LookPath("/usr/sbin/" + tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%.2000s", tool, args, err, out)
	}
}

// BytesOf reads a made image.
func BytesOf(t testing.TB, img string) []byte {
	t.Helper()
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Open opens an image under the limits of the command line.
func Open(format image.Format, raw []byte) (fs.FS, error) {
	return format.Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

// Load opens an image that has to be recognised.
func Load(t testing.TB, format image.Format, raw []byte) fs.FS {
	t.Helper()
	if !format.Sniff(bytes.NewReader(raw), int64(len(raw))) {
		t.Fatal("not recognised")
	}
	fsys, err := Open(format, raw)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// Digest is all that is compared of a file.
type Digest struct {
	Mode fs.FileMode
	Size int64
	Link string
	Sum  string
}

// Digests reads all files, each in pieces of a size that divides nothing.
func Digests(t testing.TB, fsys fs.FS) map[string]Digest {
	t.Helper()
	return DigestsBy(t, fsys, 77777)
}

// DigestsBy does so in pieces of a number of bytes: large ones for formats with large blocks.
func DigestsBy(t testing.TB, fsys fs.FS, piece int) map[string]Digest {
	t.Helper()
	out := map[string]Digest{}
	buf := make([]byte, piece)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return err
		}
		g := Digest{Mode: info.Mode()}
		switch {
		case g.Mode&fs.ModeSymlink != 0:
			g.Link, err = fs.ReadLink(fsys, name)
		case g.Mode.IsRegular():
			g.Size = info.Size()
			g.Sum, err = sum(fsys, name, buf)
		}
		out[name] = g
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

func sum(fsys fs.FS, name string, buf []byte) (string, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	for off := int64(0); ; {
		n, err := f.(io.ReaderAt).ReadAt(buf, off)
		h.Write(buf[:n])
		if off += int64(n); err == io.EOF {
			return fmt.Sprintf("%x", h.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
	}
}

// Compare compares an image with the digests of the tree it was made of.
func Compare(t *testing.T, want map[string]Digest, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	if d := cmp.Diff(want, Digests(t, fsys)); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}

// CheckOffsets compares the bytes at Attr.Offset with the start of the file, and returns how many files have one.
func CheckOffsets(t *testing.T, raw []byte, fsys fs.FS, unit int) (n int) {
	t.Helper()
	for name, g := range Digests(t, fsys) {
		if !g.Mode.IsRegular() {
			continue
		}
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		at := info.Sys().(*image.Attr).Offset
		if at < 0 {
			continue
		}
		n++
		data, err := fs.ReadFile(fsys, name)
		if err != nil || !bytes.HasPrefix(raw[at:], data[:min(unit, len(data))]) {
			t.Errorf("%s does not lie at 0x%x: %v", name, at, err)
		}
	}
	return n
}

// Checks runs the Verifier and counts outcomes; bad lists what did not match.
func Checks(t *testing.T, fsys fs.FS) (matched int, bad []image.Check) {
	t.Helper()
	fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
		if c.Outcome == image.Matched {
			matched++
		} else {
			bad = append(bad, c)
		}
		return true
	})
	return matched, bad
}

// Reasons lists the reasons of the gaps.
func Reasons(fsys fs.FS) (out []image.Reason) {
	for _, g := range fsys.(image.Gapper).Gaps() {
		out = append(out, g.Reason)
	}
	return out
}

// Corpus returns where real firmware lies, below its trees.
func Corpus(t testing.TB, name string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("no corpus: %v", err)
	}
	name = filepath.Join(cache, "romscan-corpus", "trees", name)
	if _, err := os.Stat(name); err != nil {
		t.Skip("no corpus: " + filepath.Base(name))
	}
	return name
}

// Small is a budget that a fuzzer's input must not get beyond.
func Small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 2000, Ratio: 100, Depth: 4, Memory: 16 << 20, Spool: 1 << 20, MaxFile: 1 << 20})
}

// Fuzz changes words of made images: patches are a position and four bytes each. refit mends checksums that would keep
// every changed image from being read.
func Fuzz(f *testing.F, format image.Format, refit func([]byte), images [][]byte) {
	for k, raw := range images {
		f.Add(uint8(k), []byte{})
		for at := 0; at+4 <= len(raw); at += 4 {
			if w := binary.LittleEndian.Uint32(raw[at:]); w != 0 && w != 1<<32-1 && (at < 256 || at%588 == 0) {
				f.Add(uint8(k), binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(at/4)), w^1<<(at%32)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, patches []byte) {
		raw := bytes.Clone(images[int(which)%len(images)])
		for ; len(patches) >= 5; patches = patches[min(len(patches), 8):] {
			at := int64(binary.LittleEndian.Uint32(patches)) * 4 % int64(len(raw))
			copy(raw[at:], patches[4:min(len(patches), 8)])
		}
		refit(raw)
		r := bytes.NewReader(raw)
		format.Sniff(r, r.Size())
		fsys, err := format.Open(r, r.Size(), Small())
		if err == nil {
			ReadAll(t, fsys)
			if v, ok := fsys.(image.Verifier); ok {
				v.Verify(t.Context(), func(image.Check) bool { return true })
			}
		}
	})
}

// ReadAll reads the start, the middle and the end of every file.
func ReadAll(t *testing.T, fsys fs.FS) {
	buf := make([]byte, 8<<10)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		file, err := fsys.Open(name)
		if err != nil {
			return nil
		}
		defer file.Close()
		for _, off := range []int64{0, info.Size() / 2, info.Size() - 100} {
			n, err := file.(io.ReaderAt).ReadAt(buf, max(off, 0))
			if n < len(buf) && err == nil {
				t.Errorf("%s: %d bytes at %d of %d without an error", name, n, off, info.Size())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
