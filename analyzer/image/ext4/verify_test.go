package ext4

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"romscan/analyzer/image"
)

// verdicts counts what Verify says of an image, by what was compared.
func verdicts(t *testing.T, raw []byte) map[string][]image.Outcome {
	t.Helper()
	r := bytes.NewReader(raw)
	fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]image.Outcome{}
	fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
		out[c.What] = append(out[c.What], c.Outcome)
		return true
	})
	return out
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestVerify: mke2fs' own checksums match in every layout, and a bit changed is told where it lies.
func TestVerify(t *testing.T) {
	tree := makeTree(t)
	one := []image.Outcome{image.Matched}
	for name, c := range map[string]struct {
		args []string
		want map[string][]image.Outcome
	}{
		"crc32c": {[]string{"-t", "ext4", "-O", "metadata_csum"}, map[string][]image.Outcome{
			"superblock crc32c": one, "group descriptor crc32c": one, "inode crc32c": one, "directory block crc32c": one, "extent block crc32c": one}},
		"crc32c, 32 bits": {[]string{"-t", "ext4", "-O", "metadata_csum,^64bit"}, map[string][]image.Outcome{
			"superblock crc32c": one, "group descriptor crc32c": one, "inode crc32c": one, "directory block crc32c": one, "extent block crc32c": one}},
		"crc32c, small inodes": {[]string{"-t", "ext4", "-O", "metadata_csum", "-I", "128"}, map[string][]image.Outcome{
			"superblock crc32c": one, "group descriptor crc32c": one, "inode crc32c": one, "directory block crc32c": one, "extent block crc32c": one}},
		"seed":  {[]string{"-t", "ext4", "-O", "metadata_csum,metadata_csum_seed"}, map[string][]image.Outcome{"superblock crc32c": one, "group descriptor crc32c": one, "inode crc32c": one, "directory block crc32c": one, "extent block crc32c": one}},
		"crc16": {[]string{"-t", "ext4", "-O", "^metadata_csum,uninit_bg,^64bit"}, map[string][]image.Outcome{"group descriptor crc16": one}},
		"none":  {[]string{"-t", "ext2"}, map[string][]image.Outcome{}},
	} {
		raw := readFile(t, mkfs(t, tree, "48M", c.args...))
		got := verdicts(t, raw)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for what, want := range c.want {
			if !slices.Equal(got[what], want) {
				t.Errorf("%s: %s: %v", name, what, got[what])
			}
		}
	}
	raw := readFile(t, mkfs(t, tree, "48M", "-t", "ext4", "-O", "metadata_csum"))
	r := bytes.NewReader(raw)
	sb, err := readSuper(r, r.Size())
	if err != nil {
		t.Fatal(err)
	}
	v := &volume{super: sb, r: r, size: r.Size(), budget: image.NewBudget(image.DefaultLimits())}
	root, err := v.inode(rootInode)
	if err != nil {
		t.Fatal(err)
	}
	for what, at := range map[string]int64{"superblock crc32c": superOffset + 0x88, "inode crc32c": root.offset + 0x90} {
		changed := bytes.Clone(raw)
		changed[at] ^= 1
		if got := verdicts(t, changed); !slices.Contains(got[what], image.Mismatched) {
			t.Errorf("%s changed: %v", what, got)
		}
	}
}
