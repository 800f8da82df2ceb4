package mediatek

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func header(name string, size uint32) []byte {
	h := bytes.Repeat([]byte{0xFF}, headerSize)
	clear(h[:40])
	copy(h, magic)
	binary.LittleEndian.PutUint32(h[4:], size)
	copy(h[8:], name)
	return h
}

// chained is a header of the later kind with its content, filled up to a multiple of 16 bytes.
func chained(name, content string) []byte {
	h := header(name, uint32(len(content)))
	for i, w := range []uint32{extMagic, headerSize, 1, 0, 0, 16, 0, 0} {
		binary.LittleEndian.PutUint32(h[48+4*i:], w)
	}
	h = append(h, content...)
	for len(h)%16 != 0 {
		h = append(h, 0)
	}
	return h
}

// signed is an SSSS image; words are set at their offsets.
func signed(content string, words map[int]uint32) []byte {
	h := make([]byte, signedSize)
	copy(h, signedMagic+"Customer")
	for at, w := range words {
		binary.LittleEndian.PutUint32(h[at:], w)
	}
	return append(append(h, content...), strings.Repeat("signature ", 3)...)
}

func list(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var out []string
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range entries {
		info, _ := d.Info()
		out = append(out, fmt.Sprintf("%s %d@%d", d.Name(), info.Size(), info.Sys().(*image.Attr).Offset))
	}
	for _, g := range fsys.(image.Gapper).Gaps() {
		out = append(out, "gap: "+g.Error())
	}
	return out
}

func TestChain(t *testing.T) {
	one := treetest.Load(t, Format(), append(header("LOGO", 5), "12345padding"...))
	if err := fstest.TestFS(one, "LOGO"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"LOGO 5@512"}, list(t, one)); diff != "" {
		t.Error(diff)
	}
	img := append(append(chained("md1rom", "modem"), chained("cert2", "first")...), chained("cert2", "second")...)
	three := treetest.Load(t, Format(), append(img, make([]byte, 100)...))
	if diff := cmp.Diff([]string{"cert2 5@1040", "cert2.2 6@1568", "md1rom 5@512"}, list(t, three)); diff != "" {
		t.Error(diff)
	}
	if got, err := fs.ReadFile(three, "cert2.2"); err != nil || string(got) != "second" {
		t.Errorf("%q, %v", got, err)
	}
	cut := treetest.Load(t, Format(), img[:1043])
	if diff := cmp.Diff([]string{"cert2 5@1040", "md1rom 5@512", "gap: truncated at 0x413: cert2: 5 bytes stated, 3 there"}, list(t, cut)); diff != "" {
		t.Error(diff)
	}
	if _, err := fs.ReadFile(cut, "cert2"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a cut part reads with %v", err)
	}
	big := chained("big", "x")
	binary.LittleEndian.PutUint32(big[72:], 1)
	if diff := cmp.Diff([]string{"big 4294967297@512", "gap: truncated at 0x210: big: 4294967297 bytes stated, 16 there"}, list(t, treetest.Load(t, Format(), big))); diff != "" {
		t.Error(diff)
	}
}

// TestSigned: which of the layouts it is shows in what fits.
func TestSigned(t *testing.T) {
	content := strings.Repeat("content ", 100)
	n := uint32(len(content))
	for name, img := range map[string][]byte{
		"64 bit":            signed(content, map[int]uint32{60: n, 44: 64, 40: 30}),
		"without an offset": signed(content, map[int]uint32{60: n}),
		"signature first":   signed(content, map[int]uint32{40: n, 44: 64, 60: 30}),
		"32 bit":            signed(content, map[int]uint32{40: n, 44: 64, 48: 64, 52: n, 56: 64 + n, 60: 30}),
		"short name":        signed(content, map[int]uint32{24: n, 28: 64, 32: 64, 36: n, 40: 64 + n, 44: 30}),
	} {
		fsys := treetest.Load(t, Format(), img)
		if got, err := fs.ReadFile(fsys, Content); err != nil || string(got) != content {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		outer := append(append([]byte(outerMagic), make([]byte, outerSize-4)...), img...)
		fsys = treetest.Load(t, Format(), outer)
		if got, err := fs.ReadFile(fsys, Content); err != nil || string(got) != content {
			t.Errorf("%s behind BFBF: %d bytes, %v", name, len(got), err)
		}
		if err := fstest.TestFS(fsys, Content); err != nil {
			t.Error(err)
		}
	}
	other := append(append([]byte(outerMagic), make([]byte, outerSize+60)...), "content"...)
	if got, err := fs.ReadFile(treetest.Load(t, Format(), other), Content); err != nil || string(got) != "content" {
		t.Errorf("BFBF and no SSSS: %q, %v", got, err)
	}
}

func TestNotMediaTek(t *testing.T) {
	for _, img := range []string{strings.Repeat("S", 1000), strings.Repeat("BFBF", 10_000), magic, magic + strings.Repeat("\x01", 600), "SSSS" + strings.Repeat("\x00", 100)} {
		if sniff(strings.NewReader(img), int64(len(img))) {
			t.Errorf("%.20q is taken for a MediaTek image", img)
		}
	}
}

func TestRealImages(t *testing.T) {
	for name, want := range map[string][]string{
		"condor-c4plus-422__logo.bin":             {"LOGO 226866@512"},
		"xiaomi-h3td-JHECNBE23__uboot.img":        {"LK 249200@512"},
		"infinix-x5514d-81__lk.img":               {"cert1 1709@600768", "cert2 945@602992", "lk 599744@512"},
		"infinix-x5514d-81__odmdtbo.img":          {"cert1 1709@36096", "cert2 945@38320", "dtbo 35065@512"},
		"doogee-mix-70__md3rom-verified.img":      {"cert1md 1729@1040", "cert2 932@3296", "md3rom 1@512"},
		"alcatel-pixi34__boot_ramdisk.mtk_header": {"ROOTFS 834853@512", "gap: truncated at 0x200: ROOTFS: 834853 bytes stated, 0 there"},
	} {
		t.Run(name, func(t *testing.T) {
			img := corpustest.File(t, "trees/formats/mtk", name)
			fsys := treetest.Load(t, Format(), img)
			if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
				t.Error(diff)
			}
			if cert, err := fs.ReadFile(fsys, "cert2"); err == nil && !bytes.HasPrefix(cert, []byte("\x30\x82")) {
				t.Error("cert2 is no certificate")
			}
		})
	}
}

func FuzzMediaTek(f *testing.F) {
	f.Add(append(chained("lk", "content"), chained("cert1", "cert")...))
	f.Add(signed("content", map[int]uint32{60: 7}))
	f.Add(append(append([]byte(outerMagic), make([]byte, outerSize-4)...), signed("content", map[int]uint32{40: 7})...))
	f.Fuzz(func(t *testing.T, img []byte) {
		r := bytes.NewReader(img)
		sniff(r, r.Size())
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
			_, _ = h.Read(buf) // a cut part fails; it must not do more
		}
	})
}
