package sparse

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	imagegzip "romscan/analyzer/image/gzip"
	imagetar "romscan/analyzer/image/tar"
)

// squeeze makes one LZ4 block.
func squeeze(t testing.TB, data []byte) []byte {
	t.Helper()
	out := make([]byte, lz4.CompressBlockBound(len(data)))
	var c lz4.Compressor
	n, err := c.CompressBlock(data, out)
	if err != nil || n == 0 {
		t.Fatalf("does not compress: %d, %v", n, err)
	}
	return out[:n]
}

// sonyPieces are two pieces as SIN of versions 4 and 5 have them, each with holes where the other has data, and what
// they make together.
func sonyPieces(t testing.TB) (pieces [][]byte, want []byte) {
	a, b, c := bytes.Repeat(noise(1, 100), 40)[:4*512], noise(2, 512), bytes.Repeat(noise(3, 64), 24)[:3*512]
	first := build(512, 12, 28, 12, chunk{chunkLZ4, 4, squeeze(t, a)}, chunk{chunkRaw, 1, b}, chunk{chunkDontCare, 7, nil})
	second := build(512, 12, 28, 12, chunk{chunkDontCare, 5, nil}, chunk{chunkFill, 2, []byte("abcd")}, chunk{chunkDontCare, 1, nil}, chunk{chunkLZ4, 3, squeeze(t, c)}, chunk{chunkRaw, 1, b})
	return [][]byte{first, second}, bytes.Join([][]byte{a, b, bytes.Repeat([]byte("abcd"), 256), make([]byte, 512), c, b}, nil)
}

// TestLZ4 reads Sony's pieces, named as they are in SIN, and one of them alone.
func TestLZ4(t *testing.T) {
	pieces, want := sonyPieces(t)
	sets := group([]string{"system_X-FLASH-ALL-1.000", "system_X-FLASH-ALL-1.001", "system_X-FLASH-ALL-1.cms"})
	if len(sets) != 1 || len(sets[0].Names) != 2 {
		t.Fatalf("sets: %v", sets)
	}
	checkSet(t, "two pieces", parts(pieces...), want)
	alone := treetest.Load(t, Format(), pieces[0])
	if err := fstest.TestFS(alone, Name); err != nil {
		t.Error(err)
	}
	got, err := fs.ReadFile(alone, Name)
	if err != nil || !bytes.Equal(got, append(bytes.Clone(want[:5*512]), make([]byte, 7*512)...)) || len(treetest.Reasons(alone)) > 0 {
		t.Errorf("one piece: %d bytes, %v, %v", len(got), err, treetest.Reasons(alone))
	}
}

// TestLZ4Damage: an LZ4 chunk that is broken, lies about its size or is cut takes no other chunk with it.
func TestLZ4Damage(t *testing.T) {
	data := bytes.Repeat(noise(4, 100), 40)[:4*512]
	packed := squeeze(t, data)
	for name, c := range map[string]struct {
		chunk chunk
		cut   int
		gaps  []image.Reason
	}{
		"broken":    {chunk{chunkLZ4, 4, bytes.Repeat([]byte{0xF0}, 40)}, 0, nil},
		"too long":  {chunk{chunkLZ4, 5, packed}, 0, nil},
		"too short": {chunk{chunkLZ4, 3, packed}, 0, nil},
		"a lie":     {chunk{chunkLZ4, 1 << 30, packed}, 0, []image.Reason{image.Malformed}},
		"empty":     {chunk{chunkLZ4, 4, nil}, 0, []image.Reason{image.Malformed}},
		"cut":       {chunk{chunkLZ4, 4, packed}, 10, []image.Reason{image.Truncated}},
	} {
		raw := build(512, 1+c.chunk.blocks, 28, 12, chunk{chunkRaw, 1, data[:512]}, c.chunk)
		fsys := treetest.Load(t, Format(), raw[:len(raw)-c.cut])
		f, err := fsys.Open(Name)
		if err != nil {
			t.Fatal(err)
		}
		at := f.(interface {
			ReadAt([]byte, int64) (int, error)
		})
		b := make([]byte, 512)
		if n, err := at.ReadAt(b, 0); n != 512 || !bytes.Equal(b, data[:512]) {
			t.Errorf("%s: the chunk before it: %d, %v", name, n, err)
		}
		if n, err := at.ReadAt(b, 512); err == nil {
			t.Errorf("%s: %d bytes are read", name, n)
		}
		if got := treetest.Reasons(fsys); fmt.Sprint(got) != fmt.Sprint(c.gaps) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// packSIN writes SIN of version 4, or, without gzip, 5.
func packSIN(t *testing.T, zipped bool, pieces [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, data := range append([][]byte{[]byte("certificate")}, pieces...) {
		name := "system.cms"
		if i > 0 {
			name = fmt.Sprintf("system.%03d", i-1)
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !zipped {
		return b.Bytes()
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestSIN goes through the archive to the image that its pieces make.
func TestSIN(t *testing.T) {
	pieces, want := sonyPieces(t)
	for _, zipped := range []bool{true, false} {
		raw := packSIN(t, zipped, pieces)
		o := &image.Opener{Formats: []image.Format{Format(), imagegzip.Format(), imagetar.Format()}, Budget: image.NewBudget(image.DefaultLimits())}
		found := 0
		_, err := image.Walk(t.Context(), o, image.NewFile("system.sin", bytes.NewReader(raw), int64(len(raw))), 1, func(f *image.File, c *image.Container) bool {
			if c != nil && len(c.Gaps) > 0 {
				t.Errorf("%s: %v", f.Path, c.Gaps)
			}
			if f.Path.String() == "system.sin//system" && c != nil {
				found++
				if got, err := c.Stream.Bytes(1 << 20); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
			return true
		})
		if err != nil || found != 1 {
			t.Errorf("gzip %v: %d images, %v", zipped, found, err)
		}
	}
}

// TestSonyTool compares with anyxperia_dumper, where that is installed, on a SIN of version 4 that the test makes.
func TestSonyTool(t *testing.T) {
	tool, err := exec.LookPath("sony_dump")
	if err != nil {
		t.Skip("no sony_dump (anyxperia_dumper)")
	}
	pieces, want := sonyPieces(t)
	dir := t.TempDir()
	sin := filepath.Join(dir, "system.sin")
	if err := os.WriteFile(sin, packSIN(t, true, pieces), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, dir, sin).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "system.bin"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("sony_dump wrote %d bytes, %v", len(got), err)
	}
}
