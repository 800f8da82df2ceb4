package yaffs2

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// noise gives n bytes that no compressor makes smaller.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// prose gives n bytes that compress to a third or so.
func prose(seed uint32, n int) []byte {
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

func write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// makeTree writes what such a format tells apart: files below, at and above the sizes of blocks, of data that
// compresses and that does not, holes, links and hard links.
func makeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	write(t, dir, "etc/empty", nil)
	for _, n := range []int{511, 512, 513, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 65537} {
		write(t, dir, fmt.Sprintf("size/noise%d", n), noise(uint32(n), n))
		write(t, dir, fmt.Sprintf("size/prose%d", n), prose(uint32(n), n))
	}
	write(t, dir, "zeros", make([]byte, 200<<10+77))
	write(t, dir, "turns", bytes.Join([][]byte{prose(1, 15<<10), noise(2, 15<<10), make([]byte, 30<<10), prose(3, 5000)}, nil))
	for k := range 200 {
		write(t, dir, fmt.Sprintf("many/%s%d", strings.Repeat("n", k%90), k), prose(uint32(k), k))
	}
	write(t, dir, "Приложение/名前.txt", []byte("names"))
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

func bytesOf(t testing.TB, img string) []byte {
	t.Helper()
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func openBytes(raw []byte) (fs.FS, error) {
	return Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

// load opens an image that has to be recognised.
func load(t testing.TB, raw []byte) fs.FS {
	t.Helper()
	if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
		t.Fatal("not recognised")
	}
	fsys, err := openBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// digest is all that is compared of a file.
type digest struct {
	Mode fs.FileMode
	Size int64
	Link string
	Sum  string
}

// digests reads all files, each in pieces of a size that divides nothing.
func digests(t testing.TB, fsys fs.FS) map[string]digest {
	t.Helper()
	out := map[string]digest{}
	buf := make([]byte, 77777)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return err
		}
		g := digest{Mode: info.Mode()}
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

// compare compares an image with the digests of the tree it was made of.
func compare(t *testing.T, want map[string]digest, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	if d := cmp.Diff(want, digests(t, fsys)); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}

// checkOffsets compares the bytes at Attr.Offset with the start of the file, and returns how many files have one.
func checkOffsets(t *testing.T, raw []byte, fsys fs.FS, unit int) (n int) {
	t.Helper()
	for name, g := range digests(t, fsys) {
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

// reasons lists the reasons of the gaps.
func reasons(fsys fs.FS) (out []image.Reason) {
	for _, g := range fsys.(image.Gapper).Gaps() {
		out = append(out, g.Reason)
	}
	return out
}

// corpus returns where real firmware lies, below its trees.
func corpus(t testing.TB, name string) string {
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

// small is a budget that a fuzzer's input must not get beyond.
func small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 2000, Ratio: 100, Depth: 4, Memory: 16 << 20, Spool: 1 << 20, MaxFile: 1 << 20})
}

// fuzz changes words of made images: patches are a position and four bytes each.
func fuzz(f *testing.F, images [][]byte) {
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
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), small())
		if err == nil {
			readAll(t, fsys)
		}
	})
}

// readAll reads the start, the middle and the end of every file.
func readAll(t *testing.T, fsys fs.FS) {
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
