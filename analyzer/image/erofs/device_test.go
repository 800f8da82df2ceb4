package erofs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// deviceFixture has files in the image, on two devices by their numbers, and by an address of the first device.
func deviceFixture(tag string) []byte {
	f := newFixture(incompatDeviceTable | 0x4)
	block := f.data([]byte("here"), false)
	table := f.data(words(0), false)
	copy(f.img[table*fixtureBlock:], tag)
	binary.LittleEndian.PutUint32(f.img[table*fixtureBlock+64:], 3)    // blocks
	binary.LittleEndian.PutUint32(f.img[table*fixtureBlock+68:], 1000) // from here on
	binary.LittleEndian.PutUint32(f.img[table*fixtureBlock+deviceSlot+64:], 5)
	index := func(device uint16, block uint32) []byte { return words(uint32(device)<<16, block) }
	f.file("here", f.inode(chunkBased, typeRegular|0o644, 4, chunkIndexes, index(0, block)))
	f.file("one", f.inode(chunkBased, typeRegular|0o644, 5, chunkIndexes, index(1, 2)))
	f.file("there", f.inode(flatPlain, typeRegular|0o644, 6, 1001, nil))
	f.file("two", f.inode(chunkBased, typeRegular|0o644, 7, chunkIndexes, index(2, 4)))
	return f.finish(func(sb []byte) {
		binary.LittleEndian.PutUint16(sb[0x56:], 2)
		binary.LittleEndian.PutUint16(sb[0x58:], uint16(table*fixtureBlock/deviceSlot))
	})
}

func asPart(name string, b []byte) image.Part {
	return image.Part{Name: name, ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

func blob(blocks int, texts map[int]string) []byte {
	b := make([]byte, blocks*fixtureBlock)
	for n, s := range texts {
		copy(b[n*fixtureBlock:], s)
	}
	return b
}

// TestDevices reads from the devices that are there, and says what lies on the others.
func TestDevices(t *testing.T) {
	first, second := blob(3, map[int]string{1: "1 by 1", 2: "1.two"}), blob(5, map[int]string{4: "2.three"})
	img := deviceFixture("")
	flat := append(append(bytes.Clone(img), make([]byte, 1000*fixtureBlock-len(img))...), first...)
	all := map[string]string{"here": "here", "one": "1.two", "there": "1 by 1", "two": "2.three"}
	for _, c := range []struct {
		name     string
		img      []byte
		siblings []image.Part
		picked   int
		gaps     []string
		lost     []string
	}{
		{"both", img, []image.Part{asPart("a", second), asPart("b", nil), asPart("c", first)}, 2, nil, nil},
		{"one", img, []image.Part{asPart("c", first)}, 1, []string{"device 2 of 20480 bytes is not there and no file beside fits: 7 bytes of 1 files"}, []string{"two"}},
		{"two files fit", img, []image.Part{asPart("a", second), asPart("b", first), asPart("c", first)}, 1, []string{"device 1 of 12288 bytes is not there and no file beside fits: 11 bytes of 2 files"}, []string{"one", "there"}},
		{"called after the image", img, []image.Part{asPart("a", second), asPart("system.blob", first), asPart("c", first)}, 2, nil, nil},
		{"called as the tag", deviceFixture("ab12"), []image.Part{asPart("a", second), asPart("AB12.blob", first), asPart("c", first)}, 2, nil, nil},
		{"appended", flat, []image.Part{asPart("a", second)}, 1, nil, nil},
	} {
		lead := asPart("fw/system.img", c.img)
		parts := []image.Part{lead}
		for _, k := range beside(lead, c.siblings) {
			parts = append(parts, c.siblings[k])
		}
		if len(parts) != 1+c.picked {
			t.Errorf("%s: %d files picked", c.name, len(parts)-1)
		}
		fsys, err := openSet(parts, image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		gaps := fsys.(image.Gapper).Gaps()
		if len(gaps) != len(c.gaps) {
			t.Errorf("%s: %v", c.name, gaps)
			continue
		}
		for k, want := range c.gaps {
			if !strings.HasPrefix(gaps[k].Detail, want) || gaps[k].Reason != image.Unsupported {
				t.Errorf("%s: %v", c.name, gaps[k])
			}
		}
		for name, want := range all {
			got, err := fs.ReadFile(fsys, name)
			if slices.Contains(c.lost, name) {
				if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Unsupported {
					t.Errorf("%s: %s: %q, %v", c.name, name, got, err)
				}
			} else if err != nil || string(got) != want {
				t.Errorf("%s: %s: %q, %v", c.name, name, got, err)
			}
		}
	}
}

// TestBlobDevice reads what mkfs.erofs --blobdev makes, and without the blob tells how much of which device is missing.
func TestBlobDevice(t *testing.T) {
	tree := makeSmallTree(t)
	treetest.Write(t, tree, "noise", treetest.Noise(1, 100000))
	treetest.Write(t, tree, "more", treetest.Noise(2, 40960))
	dir := t.TempDir()
	raw, err := os.ReadFile(mkfs(t, tree, "--chunksize=4096", "--blobdev="+filepath.Join(dir, "blob")))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "blob"))
	if err != nil {
		t.Fatal(err)
	}
	lead, siblings := asPart("vendor.erofs", raw), []image.Part{asPart("boot.img", nil), asPart("vendor.blob", data), asPart("x", data[1:])}
	picked := beside(lead, siblings)
	if len(picked) != 1 || picked[0] != 1 {
		t.Fatalf("picked %v", picked)
	}
	fsys, err := openSet([]image.Part{lead, siblings[1]}, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, tree, fsys)
	if err := fstest.TestFS(fsys, "noise", "more"); err != nil {
		t.Error(err)
	}
	alone, err := openSet([]image.Part{lead}, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if g := alone.(image.Gapper).Gaps(); len(g) != 1 || !strings.HasPrefix(g[0].Detail, "device 1 of ") {
		t.Errorf("%v", g)
	} else {
		t.Log(g[0])
	}
	if _, err := fs.ReadFile(alone, "noise"); err == nil {
		t.Error("reads without its device")
	}
}
