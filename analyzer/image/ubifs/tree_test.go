package ubifs

import (
	"io/fs"
	"testing"

	"romscan/analyzer/image/treetest"
)

func openBytes(raw []byte) (fs.FS, error) { return treetest.Open(Format(), raw) }

func load(t testing.TB, raw []byte) fs.FS {
	t.Helper()
	return treetest.Load(t, Format(), raw)
}

func fuzz(f *testing.F, images [][]byte) { treetest.Fuzz(f, Format(), refit, images) }
