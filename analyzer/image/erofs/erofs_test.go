package erofs

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image/treetest"
)

type feature struct {
	name string
	args []string
}

// features are the ways of mkfs.erofs that a reader has to tell apart.
var features = []feature{
	{"plain", nil},
	{"noinline", []string{"-Enoinline_data"}},
	{"extended", []string{"-Eforce-inode-extended"}},
	{"compact", []string{"-Eforce-inode-compact"}},
	{"chunks", []string{"-Eforce-inode-blockmap", "--chunksize=4096"}},
	{"chunk_indexes", []string{"-Eforce-chunk-indexes", "--chunksize=65536"}},
	{"lz4", []string{"-zlz4"}},
	{"lz4hc", []string{"-zlz4hc,9"}},
	{"64k", []string{"-zlz4hc", "-C65536"}},
	{"1m", []string{"-zlz4", "-C1048576"}},
	{"legacy", []string{"-zlz4", "-Elegacy-compress"}},
	{"legacy_64k", []string{"-zlz4", "-Elegacy-compress", "-C65536"}},
	{"ztailpacking", []string{"-zlz4", "-Eztailpacking"}},
	{"ztailpacking_64k", []string{"-zlz4", "-Eztailpacking", "-C65536"}},
	{"ztailpacking_legacy", []string{"-zlz4", "-Eztailpacking,legacy-compress"}},
	{"short_extents", []string{"-zlz4", "--max-extent-bytes=8192", "-C65536"}},
	{"no_xattrs", []string{"-x-1", "-zlz4"}},
}

// newer are those that mkfs.erofs 1.5, which knows two compressors, does not have or passes over in silence.
var newer = []feature{
	{"fragments", []string{"-zlz4", "-Efragments"}},
	{"fragments_64k", []string{"-zlz4", "-Efragments", "-C65536"}},
	{"fragments_legacy", []string{"-zlz4", "-Efragments,legacy-compress"}},
	{"all_fragments", []string{"-zlz4", "-Eall-fragments", "-C16384"}},
	{"dedupe", []string{"-zlz4", "-Ededupe", "-C16384"}},
	{"dedupe_4k", []string{"-zlz4hc", "-Ededupe"}},
	{"dedupe_fragments", []string{"-zlz4hc", "-Ededupe,fragments", "-C65536"}},
	{"dedupe_ztailpacking", []string{"-zlz4", "-Ededupe,ztailpacking", "-C8192"}},
	{"dedupe_all", []string{"-zlz4", "-Ededupe,ztailpacking,fragments", "-C65536"}},
	{"deflate", []string{"-zdeflate,level=6", "-C65536"}},
	{"deflate_dedupe", []string{"-zdeflate", "-C16384", "-Ededupe,fragments"}},
	{"lzma", []string{"-zlzma", "-C65536"}},
	{"lzma_4k", []string{"-zlzma,level=9,dictsize=1048576"}},
	{"lzma_dedupe", []string{"-zlzma", "-C32768", "-Eztailpacking,fragments,dedupe"}},
	{"zstd", []string{"-zzstd", "-C65536"}},
	{"zstd_1m", []string{"-zzstd,level=9", "-C1048576", "-Eztailpacking"}},
	{"zstd_dedupe", []string{"-zzstd", "-C16384", "-Ededupe,fragments"}},
	{"48bit", []string{"-E48bit"}},
	{"48bit_chunks", []string{"-E48bit", "--chunksize=4096"}},
	{"48bit_lz4", []string{"-zlz4", "-C65536", "-E48bit"}},
	{"48bit_zstd_all", []string{"-zzstd", "-C65536", "-E48bit,fragments,dedupe"}},
	{"48bit_4k", []string{"-zlz4hc", "-E48bit,fragments"}},
	{"metabox", []string{"-zlz4", "-m4096", "-E48bit"}},
	{"metabox_zstd", []string{"-zzstd:deflate", "-C65536", "-m16384:1", "--MZ=i", "-E48bit"}},
	{"directories", []string{"-zlz4", "--zD=1", "-C16384"}},
	{"small_blocks", []string{"-b512", "-zlz4"}},
	{"small_blocks_plain", []string{"-b1024"}},
	{"prefixes", []string{"--xattr-prefix=security.se"}},
}

// newTool skips where mkfs.erofs is that old.
func newTool(t testing.TB) {
	t.Helper()
	tool, err := exec.LookPath("mkfs.erofs")
	if err != nil {
		t.Skip("no mkfs.erofs")
	}
	if help, _ := exec.Command(tool, "--help").CombinedOutput(); !bytes.Contains(help, []byte("deflate")) {
		t.Skip("mkfs.erofs is older than 1.7 or made without compressors")
	}
}

func TestNewer(t *testing.T) {
	newTool(t)
	large, small := makeTree(t), makeSmallTree(t)
	for _, f := range newer {
		t.Run(f.name, func(t *testing.T) {
			tree := large
			if strings.Contains(strings.Join(f.args, " "), "dedupe") { // which takes mkfs.erofs long
				tree = small
			}
			img := mkfs(t, tree, f.args...)
			compare(t, tree, treetest.LoadFile(t, Format(), img))
		})
	}
}

func TestFeatures(t *testing.T) {
	tree := makeTree(t)
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			img := mkfs(t, tree, f.args...)
			compare(t, tree, treetest.LoadFile(t, Format(), img))
		})
	}
}

// TestExtract compares with what erofs-utils reads out of the same images.
func TestExtract(t *testing.T) {
	tool, err := exec.LookPath("fsck.erofs")
	if err != nil {
		t.Skip("no fsck.erofs")
	}
	tree := makeTree(t)
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			img := mkfs(t, tree, f.args...)
			out := filepath.Join(t.TempDir(), "out")
			if msg, err := exec.Command(tool, "--extract="+out, "--preserve", img).CombinedOutput(); err != nil {
				t.Skipf("%v: %s", err, msg)
			}
			want := digests(t, os.DirFS(out))
			for name, d := range digests(t, treetest.LoadFile(t, Format(), img)) {
				// Changing the owner, as fsck.erofs does last, takes these bits away.
				if d.Mode &^= fs.ModeSetuid | fs.ModeSetgid; want[name].Mode&^(fs.ModeSetuid|fs.ModeSetgid) == d.Mode {
					d.Mode = want[name].Mode
				}
				if d != want[name] {
					t.Errorf("%s: %v, extracted %v", name, d, want[name])
				}
				delete(want, name)
			}
			if len(want) > 0 {
				t.Errorf("not found: %v", want)
			}
		})
	}
}

// TestCorpus compares every file of real firmware trees.
func TestCorpus(t *testing.T) {
	trees, _ := filepath.Glob(corpustest.Dir(t, "trees", "trees", "*"))
	if len(trees) == 0 {
		t.Skip("no corpus")
	}
	for k, tree := range trees {
		if info, err := os.Stat(tree); err != nil || !info.IsDir() {
			continue
		}
		f := features[k%len(features)]
		t.Run(filepath.Base(tree)+"_"+f.name, func(t *testing.T) {
			compare(t, tree, treetest.LoadFile(t, Format(), mkfs(t, tree, f.args...)))
		})
	}
}
