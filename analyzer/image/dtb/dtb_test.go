package dtb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func big(words ...uint32) []byte {
	var out []byte
	for _, w := range words {
		out = binary.BigEndian.AppendUint32(out, w)
	}
	return out
}

func little(words ...uint32) []byte {
	var out []byte
	for _, w := range words {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	return out
}

// dtbo is a table of two trees and three entries.
func dtbo(version uint32) []byte {
	img := append([]byte(tableMagic), big(141, 32, 32, 3, 32, 2048, version)...)
	img = append(img, big(5, 128, 1, 2, 1, 7, 8, 9)...)
	img = append(img, big(8, 133, 3, 4, 0, 0, 0, 0)...)
	img = append(img, big(5, 128, 5, 6, 0, 0, 0, 0)...)
	return append(img, "firstsecond!!"...)
}

func qcdt(version uint32) []byte {
	words := map[uint32]int{1: 3, 2: 4, 3: 8}[version]
	img := append([]byte(qcMagic), little(version, 1)...)
	for i := range words {
		img = append(img, little(uint32(10+i))...)
	}
	at := uint32(len(img) + 8)
	return append(append(img, little(at, 4)...), "tree"...)
}

func mount(t *testing.T, img []byte) *image.Index {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*image.Index)
}

func list(t *testing.T, x *image.Index) []string {
	t.Helper()
	var out []string
	entries, err := x.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range entries {
		info, _ := d.Info()
		at := info.Sys().(*image.Attr)
		out = append(out, fmt.Sprintf("%s %d@%d (%s)", d.Name(), info.Size(), at.Offset, at.Note))
	}
	for _, g := range x.Gaps() {
		out = append(out, "gap: "+g.Error())
	}
	return out
}

func TestTable(t *testing.T) {
	fsys := mount(t, dtbo(0))
	if err := fstest.TestFS(fsys, "00.dtbo", "01.dtbo"); err != nil {
		t.Error(err)
	}
	want := []string{"00.dtbo 5@128 (entry 0: id 0x1 rev 0x2 custom [1 7 8 9]; entry 2: id 0x5 rev 0x6 custom [0 0 0 0])",
		"01.dtbo 8@133 (entry 1: id 0x3 rev 0x4 custom [0 0 0 0])"}
	if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
		t.Error(diff)
	}
	if got, err := fs.ReadFile(fsys, "01.dtbo"); err != nil || string(got) != "second!!" {
		t.Errorf("%q, %v", got, err)
	}
	if got := list(t, mount(t, dtbo(1))); !strings.Contains(got[0], "id 0x1 rev 0x2 zlib custom [7 8 9]") {
		t.Errorf("version 1: %s", got)
	}
	cut := list(t, mount(t, dtbo(0)[:136]))
	if cut[len(cut)-1] != "gap: truncated at 0x85: 01.dtbo: 8 bytes stated, 3 there" {
		t.Errorf("cut: %q", cut)
	}
}

func TestQCDT(t *testing.T) {
	for version, want := range map[uint32]string{
		1: "00.dtb 4@32 (entry 0: platform 10 variant 0xb more [c])",
		2: "00.dtb 4@36 (entry 0: platform 10 variant 0xb more [c d])",
		3: "00.dtb 4@52 (entry 0: platform 10 variant 0xb more [c d e f 10 11])",
	} {
		fsys := mount(t, qcdt(version))
		if diff := cmp.Diff([]string{want}, list(t, fsys)); diff != "" {
			t.Errorf("version %d: %s", version, diff)
		}
		if got, err := fs.ReadFile(fsys, "00.dtb"); err != nil || string(got) != "tree" {
			t.Errorf("version %d: %q, %v", version, got, err)
		}
	}
}

func TestNoTable(t *testing.T) {
	many := dtbo(0)
	copy(many[16:], big(1<<30))
	later := qcdt(3)
	later[4] = 9
	for name, img := range map[string][]byte{"a tree": append([]byte("\xD0\x0D\xFE\xED"), make([]byte, 100)...), "entries": many, "version": later, "version of dtbo": dtbo(2),
		"short": []byte(qcMagic)} {
		if sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("%s: taken for a table", name)
		}
	}
}

// TestRealTables: every tree of tables of devices starts with the magic of a tree and is as long as it says.
func TestRealTables(t *testing.T) {
	for name, trees := range map[string]int{
		"dtbo/gfive-pg9-9__dtbo.img": 1, "dtbo/hp4024_dtbo.img": 1, "dtbo/infinix-x5515f-9-a__dtbo.img": 1, "dtbo/pixelwatch-11-2307__dtbo.img": 4,
		"dtbo/samsung-a01core-10__dtbo.img": 5, "dtbo/samsung-a14xm-14__dtbo.img": 1, "dtb/lyf-ls5016-511__recovery_dt.img": 3, "dtb/smartfren-g36c1h-511__boot_dt.img": 1,
	} {
		t.Run(name, func(t *testing.T) {
			img := corpustest.File(t, "trees/formats", name)
			fsys := mount(t, img)
			entries, _ := fsys.ReadDir(".")
			if len(entries) != trees || len(fsys.Gaps()) > 0 {
				t.Errorf("%d trees, want %d: %q", len(entries), trees, list(t, fsys))
			}
			for _, d := range entries {
				tree, err := fs.ReadFile(fsys, d.Name())
				if err != nil || len(tree) < 8 || string(tree[:4]) != "\xD0\x0D\xFE\xED" || int(binary.BigEndian.Uint32(tree[4:])) > len(tree) {
					t.Errorf("%s: %d bytes, %v", d.Name(), len(tree), err)
				}
			}
		})
	}
}

func FuzzDTB(f *testing.F) {
	f.Add(dtbo(0))
	f.Add(dtbo(1))
	for version := range uint32(3) {
		f.Add(qcdt(version + 1))
	}
	f.Fuzz(func(t *testing.T, img []byte) {
		r := bytes.NewReader(img)
		fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1000)
		for _, d := range entries {
			h, err := fsys.Open(d.Name())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = h.Read(buf) // a cut tree fails; it must not do more
		}
	})
}
