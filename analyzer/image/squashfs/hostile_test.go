package squashfs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// plainImage is an image whose metadata can be patched: nothing in it is compressed.
func plainImage(t testing.TB) []byte {
	tree := t.TempDir()
	treetest.Write(t, tree, "dir/sub/file", treetest.Noise(1, 5000))
	treetest.Write(t, tree, "dir/other", treetest.Noise(2, 300))
	return treetest.BytesOf(t, mksquashfs(t, tree, "-noI", "-noD", "-noF", "-noX", "-b", "4K"))
}

func reason(err error) image.Reason { return image.GapOf(nil, "", err).Reason }

// TestCut cuts an image behind its directories: what the tables at the end would tell is missing, the rest is read.
func TestCut(t *testing.T) {
	tree := t.TempDir()
	data := treetest.Prose(1, 256<<10)
	treetest.Write(t, tree, "file", data)
	treetest.Write(t, tree, "part", data[:1000])
	raw := treetest.BytesOf(t, mksquashfs(t, tree, "-noI"))
	le := binary.LittleEndian
	array := le.Uint64(raw[80:]) // of fragments, whose block lies before it
	fsys, err := treetest.Open(Format(), raw[:le.Uint64(raw[array:])])
	if err != nil {
		t.Fatal(err)
	}
	gaps := fsys.(image.Gapper).Gaps()
	if len(gaps) == 0 || gaps[0].Reason != image.Truncated {
		t.Errorf("gaps: %v", gaps)
	}
	if got, err := fs.ReadFile(fsys, "file"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("file: %d bytes, %v", len(got), err)
	}
	if _, err := fs.ReadFile(fsys, "part"); err == nil || reason(err) != image.Truncated {
		t.Errorf("part: %v", err)
	}
	if _, err := treetest.Open(Format(), raw[:2000]); err == nil || reason(err) != image.Truncated {
		t.Errorf("cut before the directories: %v", err)
	}
}

// TestCycle has a directory be its own grandchild.
func TestCycle(t *testing.T) {
	raw := plainImage(t)
	le := binary.LittleEndian
	dirs := le.Uint64(raw[72:])
	at := bytes.Index(raw[dirs:], []byte("sub"))
	if at < 0 {
		t.Fatal("no entry")
	}
	le.PutUint16(raw[int(dirs)+at-8:], uint16(le.Uint64(raw[32:]))) // the root's offset
	fsys, err := treetest.Open(Format(), raw)
	if err != nil {
		t.Fatal(err)
	}
	gaps := fsys.(image.Gapper).Gaps()
	if len(gaps) != 1 || gaps[0].Reason != image.Malformed {
		t.Errorf("gaps: %v", gaps)
	}
	if _, err := fs.ReadFile(fsys, "dir/other"); err != nil {
		t.Error(err)
	}
}

// TestShortListing has a directory end inside of its last entry.
func TestShortListing(t *testing.T) {
	raw := plainImage(t)
	inodes := int(binary.LittleEndian.Uint64(raw[64:]))
	const size = dirHeader + dirEntry + uint16(len("other")+dirEntry+len("sub")+emptyListing)
	patched := 0
	for k := inodes + metaHeader; k+32 < len(raw); k++ {
		if binary.LittleEndian.Uint16(raw[k:]) == typeDir && binary.LittleEndian.Uint16(raw[k+24:]) == size {
			binary.LittleEndian.PutUint16(raw[k+24:], size-1)
			patched++
		}
	}
	if patched != 1 {
		t.Fatalf("%d inodes", patched)
	}
	fsys, err := treetest.Open(Format(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) != 1 || gaps[0].Reason != image.Malformed {
		t.Errorf("gaps: %v", gaps)
	}
	if entries, err := fs.ReadDir(fsys, "dir"); err != nil || len(entries) != 1 || entries[0].Name() != "other" {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestTerabytes has a file claim more blocks than there are words for.
func TestTerabytes(t *testing.T) {
	raw := plainImage(t)
	inodes := int(binary.LittleEndian.Uint64(raw[64:]))
	patched := 0
	for k := inodes + metaHeader; k+32 < len(raw); k++ {
		// A regular file of 5000 bytes.
		if binary.LittleEndian.Uint16(raw[k:]) == typeRegular && binary.LittleEndian.Uint32(raw[k+28:]) == 5000 {
			binary.LittleEndian.PutUint32(raw[k+20:], noFragment)
			binary.LittleEndian.PutUint32(raw[k+28:], 1<<32-1)
			patched++
		}
	}
	if patched != 1 {
		t.Fatalf("%d inodes", patched)
	}
	fsys, err := treetest.Open(Format(), raw)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fsys.Open("dir/sub/file")
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	if n, err := f.(io.ReaderAt).ReadAt(buf, 0); n != len(buf) || err != nil || !bytes.Equal(buf, treetest.Noise(1, 4096)) {
		t.Errorf("the first block: %d, %v", n, err)
	}
	if _, err := f.(io.ReaderAt).ReadAt(buf, 1<<31); err == nil {
		t.Error("reads what is not there")
	}
	if _, err := fs.ReadFile(fsys, "dir/other"); err != nil {
		t.Error(err)
	}
}

// TestRefused names versions, byte orders and compressors.
func TestRefused(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	good := plainImage(t)
	for name, edit := range map[string]func(b []byte){
		"version 4.1":   func(b []byte) { b[30] = 1 },
		"compressor 7":  func(b []byte) { b[20] = 7 },
		"magic hsqt":    func(b []byte) { copy(b, "hsqt") },
		"magic shsq":    func(b []byte) { copy(b, "shsq") },
		"big-endian v3": func(b []byte) { copy(b, "sqsh"); be.PutUint16(b[28:], 3); be.PutUint16(b[34:], 16) },
		"version 3":     func(b []byte) { le.PutUint16(b[28:], 3); le.PutUint16(b[34:], 16) },
		"version 1":     func(b []byte) { le.PutUint16(b[28:], 1); le.PutUint16(b[34:], 15) },
	} {
		b := bytes.Clone(good)
		edit(b)
		if !sniff(bytes.NewReader(b), int64(len(b))) {
			t.Errorf("%s: not recognised", name)
		}
		_, err := treetest.Open(Format(), b)
		if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, edit := range map[string]func(b []byte){
		"block size": func(b []byte) { b[12]++ },
		"version 9":  func(b []byte) { b[28] = 9 },
		"text":       func(b []byte) { copy(b[4:], bytes.Repeat([]byte("hsqs"), 30)) },
	} {
		b := bytes.Clone(good)
		edit(b)
		if sniff(bytes.NewReader(b), int64(len(b))) {
			t.Errorf("%s: recognised", name)
		}
	}
}

// FuzzSquashfs patches small images, because whole ones would drown the fuzzer, and reads all files. The input is a
// list of patches: which 4 bytes (32 bits, little-endian), 4 bytes to put there.
func FuzzSquashfs(f *testing.F) {
	tree := f.TempDir()
	for k := range 20 {
		treetest.Write(f, tree, fmt.Sprintf("d%d/f%d", k%3, k), treetest.Prose(uint32(k), k*500))
	}
	treetest.Write(f, tree, "noise", treetest.Noise(1, 9000))
	treetest.Write(f, tree, "zero", make([]byte, 20000))
	images := [][]byte{plainImage(f)}
	for _, comp := range []string{"gzip", "lzma", "lzo", "xz", "lz4", "zstd"} {
		images = append(images, treetest.BytesOf(f, mksquashfs(f, tree, "-comp", comp, "-b", "4K")), treetest.BytesOf(f, mksquashfs(f, tree, "-comp", comp, "-b", "4K", "-noI")))
	}
	for k, raw := range images {
		f.Add(uint8(k), []byte{})
		for at := 0; at+4 <= len(raw); at += 4 {
			if w := binary.LittleEndian.Uint32(raw[at:]); w != 0 && (at < superSize || at%592 == 0) {
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
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), treetest.Small())
		if err == nil {
			treetest.ReadAll(t, fsys)
		}
	})
}
