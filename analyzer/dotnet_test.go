package analyzer

import (
	"archive/zip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/pierrec/lz4/v4"
)

// TestAssembliesInStores packs real assemblies of a MAUI app as builds of such apps do, each compressed, all in one store,
// and scans that: what is read of each is what is read of the files themselves.
func TestAssembliesInStores(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "apps", "xamarin-maui-assemblies")
	files, _ := filepath.Glob(filepath.Join(dir, "*.dll"))
	if len(files) == 0 {
		t.Skip("no romscan-corpus/trees/apps/xamarin-maui-assemblies")
	}
	plain := assemblies(t, dir)
	le := binary.LittleEndian
	var table, names, data []byte
	at := 20 + 28*len(files)
	for _, f := range files {
		at += 4 + len(filepath.Base(f))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		packed := make([]byte, lz4.CompressBlockBound(len(b)))
		n, err := lz4.CompressBlock(b, packed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && n < len(b) {
			b = append(le.AppendUint32([]byte("XALZ\x00\x00\x00\x00"), uint32(len(b))), packed[:n]...)
		}
		for _, v := range []uint32{0, uint32(at + len(data)), uint32(len(b)), 0, 0, 0, 0} {
			table = le.AppendUint32(table, v)
		}
		names = append(le.AppendUint32(names, uint32(len(filepath.Base(f)))), filepath.Base(f)...)
		data = append(data, b...)
	}
	store := []byte("XABA\x02\x00\x01\x80")
	for _, v := range []int{len(files), 0, 0} {
		store = le.AppendUint32(store, uint32(v))
	}
	out := t.TempDir()
	apk, err := os.Create(filepath.Join(out, "x.apk"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(apk)
	w, err := z.Create("assemblies/assemblies.blob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(slices.Concat(store, table, names, data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := apk.Close(); err != nil {
		t.Fatal(err)
	}
	packed := assemblies(t, out)
	if len(plain) < 50 || !slices.Equal(plain, packed) {
		t.Errorf("%d assemblies in files, %d in a store:\n%s", len(plain), len(packed), strings.Join(packed, "\n"))
	}
}

// assemblies scans a folder and lists its assemblies with how many strings each has.
func assemblies(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, u := range read(t, dir, 2).Units {
		for _, f := range u.Facts {
			if f.Kind != "pe" {
				continue
			}
			line := f.Fields.Get("assembly")
			for _, tab := range u.Tables {
				line += " " + string(tab.Kind) + " " + strings.Join(tab.Values[:min(len(tab.Values), 3)], "|")
			}
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
