package yaffs2

import (
	"io/fs"
	"testing"

	"romscan/analyzer/image/treetest"
)

func load(t testing.TB, raw []byte) fs.FS {
	t.Helper()
	return treetest.Load(t, Format(), raw)
}

func fuzz(f *testing.F, images [][]byte) { treetest.Fuzz(f, Format(), refit, images) }
