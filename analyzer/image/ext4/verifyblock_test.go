package ext4

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// makeHashed makes an image with blocks of all kinds that have checksums: directories as lists, a hash tree with inner
// nodes, extent trees of two levels, attributes outside of inodes.
func makeHashed(t *testing.T) []byte {
	t.Helper()
	for _, tool := range []string{"e2fsck", "debugfs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	tree := makeTree(t)
	for k := range 600 {
		treetest.Write(t, tree, fmt.Sprintf("many/%s%d", strings.Repeat("n", 240), k), nil)
	}
	img := mkfs(t, tree, "48M", "-t", "ext4", "-b", "1024", "-N", "2048", "-O", "metadata_csum")
	value := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(value, treetest.Noise(3, 600), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("debugfs", "-w", "-R", "ea_set -f "+value+" /etc/hosts user.x", img).CombinedOutput(); err != nil {
		t.Fatalf("debugfs: %v: %s", err, out)
	}
	// Directories are made hash trees; it exits with 1 where it changed something.
	if out, err := exec.Command("e2fsck", "-fyD", img).CombinedOutput(); err != nil && err.(*exec.ExitError).ExitCode() != 1 {
		t.Fatalf("e2fsck: %v: %s", err, out)
	}
	return readFile(t, img)
}

// TestVerifyBlocks: e2fsprogs' checksums of blocks match, and a bit changed in one of each kind is told where it lies.
func TestVerifyBlocks(t *testing.T) {
	raw := makeHashed(t)
	for what, got := range verdicts(t, raw) {
		if !slices.Equal(got, []image.Outcome{image.Matched}) {
			t.Errorf("%s: %v", what, got)
		}
	}
	r := bytes.NewReader(raw)
	fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	v := fsys.(*mounted).v
	at := map[string]int64{}
	for num := uint32(rootInode); num <= v.inodes; num++ {
		i, err := v.inode(num)
		if err != nil || !inUse(i.raw) || i.flags&flagExtents == 0 {
			continue
		}
		if i.xattr != 0 {
			at["attribute block crc32c"] = i.xattr<<v.blockBits + 40
		}
		h, err := extentHeader(i.body(), 0)
		if err != nil || h.entries == 0 {
			continue
		}
		if child := indexBlock(i.body()[extentLen:]); h.depth > 0 {
			at[fmt.Sprintf("extent block crc32c of depth %d", h.depth-1)] = child<<v.blockBits + 20
			if i.isRegular() && h.depth > 1 {
				b, err := v.block(child)
				if err != nil {
					t.Fatal(err)
				}
				at["extent block crc32c below"] = indexBlock(b[extentLen:])<<v.blockBits + 20
			}
		}
		if !i.isDir() {
			continue
		}
		for _, r := range v.layout(i).runs {
			for off := r.at; off < r.at+r.length; off += v.blockSize {
				b := raw[off : off+v.blockSize]
				le := binary.LittleEndian
				switch {
				case i.flags&flagHashTree == 0:
					at["directory block crc32c"] = off + 9
				case le.Uint16(b[4:]) == 12 && le.Uint16(b[16:]) == 1024-12:
					at["directory block crc32c, root of a tree"] = off + 36
				case le.Uint32(b) == 0 && le.Uint16(b[4:]) == 1024:
					at["directory block crc32c, inner node"] = off + 12
				default:
					at["directory block crc32c, leaf"] = off + 9
				}
			}
		}
	}
	if len(at) < 7 {
		t.Errorf("blocks of only these kinds: %v", at)
	}
	for what, off := range at {
		changed := bytes.Clone(raw)
		changed[off] ^= 1
		r := bytes.NewReader(changed)
		c, err := (&volume{super: v.super, r: r, size: r.Size(), budget: image.NewBudget(image.DefaultLimits())}).newChecker()
		if err != nil {
			t.Fatal(err)
		}
		var bad []image.Check
		for _, k := range c.inodes(t.Context()) {
			if k.Outcome == image.Mismatched {
				bad = append(bad, k)
			}
		}
		if len(bad) == 0 || !strings.HasPrefix(what, bad[0].What) || bad[0].Offset != off&^(v.blockSize-1) {
			t.Errorf("%s changed at 0x%x: %v", what, off, bad)
		}
	}
}
