package boot

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func TestClassic(t *testing.T) {
	fsys := mount(t, classic("the kernel", "the ramdisk", "", strings.Repeat("dt", 3000)).b)
	if err := fstest.TestFS(fsys, "kernel", "ramdisk", "dt", "cmdline", "header.txt"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"kernel": "the kernel", "ramdisk": "the ramdisk", "cmdline": "cmdline", "dt": strings.Repeat("dt", 3000)} {
		if got, err := fs.ReadFile(fsys, name); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	want := []string{"dt 6000@12288", "kernel 10@4096", "ramdisk 11@8192", "boot id: unverified, the id is no checksum"}
	if diff := cmp.Diff(want, summary(t, fsys)); diff != "" {
		t.Error(diff)
	}
}

// TestRecoveryTables: where the header says they lie counts, and that it is odd is said.
func TestRecoveryTables(t *testing.T) {
	p := classic("kernel", "ramdisk", "", "").put(40, 1).put(1632, 4, 16384, 0, 1648).part("padding").part("dtbo")
	want := []string{"kernel 6@4096", "ramdisk 7@8192", "recovery_dtbo 4@16384 (the pages before it end at 0x3000)", "boot id: unverified, the id is no checksum"}
	if diff := cmp.Diff(want, summary(t, mount(t, p.b))); diff != "" {
		t.Error(diff)
	}
}

// TestMediaTek: the header in front of a part is stepped over, whatever it claims.
func TestMediaTek(t *testing.T) {
	wrap := func(name, content string, size uint32) string {
		h := make([]byte, 512)
		copy(h, "\x88\x16\x88\x58")
		binary.LittleEndian.PutUint32(h[4:], size)
		copy(h[8:], name)
		return string(h) + content
	}
	fsys := mount(t, classic(wrap("KERNEL", "kernel", 6), wrap("ROOTFS", "ramdisk", 5000), "", "").b)
	want := []string{`kernel 6@4608 (behind a MediaTek header named "KERNEL")`, `ramdisk 7@8704 (behind a MediaTek header named "ROOTFS")`,
		"boot id: unverified, the id is no checksum"}
	if diff := cmp.Diff(want, summary(t, fsys)); diff != "" {
		t.Error(diff)
	}
	if got, err := fs.ReadFile(fsys, "ramdisk"); err != nil || string(got) != "ramdisk" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestVendorRamdisks(t *testing.T) {
	ok := vendor("platformrecoverymodules", "dtb", "androidboot.x=y\n", row{8, 0, 1, ""}, row{8, 8, 2, "recovery"}, row{7, 16, 3, "dlkm"})
	fsys := mount(t, ok.b)
	want := []string{"bootconfig 16@16384", "dtb 3@8192", "vendor_ramdisk/00 8@4096 (platform ramdisk)", "vendor_ramdisk/01.recovery 8@4104 (recovery ramdisk)",
		"vendor_ramdisk/02.dlkm 7@4112 (ramdisk of kernel modules)"}
	if diff := cmp.Diff(want, summary(t, fsys)); diff != "" {
		t.Error(diff)
	}
	if err := fstest.TestFS(fsys, "vendor_ramdisk/02.dlkm", "bootconfig"); err != nil {
		t.Error(err)
	}
	bad := vendor("platform", "dtb", "", row{8, 0, 0, "../x"}, row{8, 1, 2, "out"})
	want = []string{"dtb 3@8192", "vendor_ramdisk/00 8@4096 (ramdisk of no type)", "gap: malformed at 0x306c: vendor_ramdisk/01: 8 bytes at 1 in a ramdisk of 8"}
	if diff := cmp.Diff(want, summary(t, mount(t, bad.b))); diff != "" {
		t.Error(diff)
	}
	lies := vendor("platform", "dtb", "", row{8, 0, 0, "a"}).put(2116, 1<<30)
	want = []string{"dtb 3@8192", "vendor_ramdisk 8@4096", "vendor_ramdisk_table 108@12288",
		"gap: malformed at 0x844: vendor_ramdisk_table: 1073741824 entries of 108 bytes in a table of 108"}
	if diff := cmp.Diff(want, summary(t, mount(t, lies.b))); diff != "" {
		t.Error(diff)
	}
}

// TestSignatures: what avbtool and boot_signer put behind the last part is listed.
func TestSignatures(t *testing.T) {
	avb := make([]byte, 300)
	copy(avb, "AVB0")
	binary.BigEndian.PutUint64(avb[12:], 30)
	binary.BigEndian.PutUint64(avb[20:], 10)
	for _, c := range []struct{ name, tail, want string }{
		{"avb", string(avb), "vbmeta 296@12288"},
		{"avb that claims too much", string(avb[:290]), ""},
		{"avb 1", "\x30\x82\x00\x06123456more", "signature 10@12288"},
		{"zeros", string(make([]byte, 512)), ""},
	} {
		img := append(classic("kernel", "ramdisk", "", "").b, c.tail...)
		got := strings.Join(summary(t, mount(t, img)), "\n")
		if found := strings.Contains(got, "@12288"); found != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// TestOthers: images that are no ANDROID! and hold a kernel and a ramdisk all the same.
func TestOthers(t *testing.T) {
	meta := newPacker(metaMagic).put(72, 76|160<<16).text(8, "angler-03.84").text(76, "sbl1").put(148, 4096, 4).text(156, "tz").put(228, 4100, 3).part("sbl1tz!")
	want := []string{"sbl1 4@4096", "tz 3@4100"}
	if diff := cmp.Diff(want, summary(t, mount(t, meta.b))); diff != "" {
		t.Error(diff)
	}
	elf := newPacker("\x7fELF\x01\x01\x01").put(16, 2|40<<16).put(28, 52).put(40, 52|32<<16, 2)
	elf.put(52, 1, 4096, 0, 0, 6).put(84, 1, 8192, 0, 0, 7).part("kernel").part("\x1f\x8b\x08\x00...")
	want = []string{"kernel 6@4096", "ramdisk 7@8192"}
	if diff := cmp.Diff(want, summary(t, mount(t, elf.b))); diff != "" {
		t.Error(diff)
	}
	program := bytes.Clone(elf.b)
	program[8192] = 0
	if sniff(bytes.NewReader(program), int64(len(program))) {
		t.Error("a program is taken for a boot image")
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		img    []byte
		reason image.Reason
	}{
		{"PXA", classic("k", "r", "", "").put(36, 0x02000000).b, image.Unsupported},
		{"odd page", classic("k", "r", "", "").put(36, 4095).b, image.Unsupported},
		{"vendor_boot of the future", vendor("r", "d", "").put(8, 9).b, image.Unsupported},
		{"cut header", classic("k", "r", "", "").b[:1000], image.Truncated},
	} {
		r := bytes.NewReader(c.img)
		if !sniff(r, r.Size()) {
			t.Errorf("%s: not recognised", c.name)
		}
		_, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err == nil || image.GapOf(nil, "", err).Reason != c.reason {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, text := range []string{"ANDROID! is a word", "VNDRBOOT", "\x7fELF", metaMagic + strings.Repeat("x", 200)} {
		if sniff(strings.NewReader(text), int64(len(text))) {
			t.Errorf("%q is taken for a boot image", text)
		}
	}
}

func FuzzBoot(f *testing.F) {
	f.Add(classic("kernel", "ramdisk", "second", "dt").b)
	f.Add(vendor("platformrecovery", "dtb", "config", row{8, 0, 1, ""}, row{8, 8, 2, "recovery"}).b)
	f.Add(newPacker(bootMagic).put(8, 6, 7).put(40, 4).put(1580, 3).part("kernel").part("ramdisk").part("sig").b)
	f.Add(newPacker(metaMagic).put(72, 76|80<<16).text(76, "sbl1").put(148, 4096, 4).part("sbl1").b)
	f.Fuzz(func(t *testing.T, img []byte) {
		r := bytes.NewReader(img)
		fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		summary(t, fsys.(*Image))
		buf := make([]byte, 100)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			h, err := fsys.Open(name)
			if err != nil {
				return err
			}
			_, _ = h.Read(buf) // a cut part fails; it must not do more
			return h.Close()
		})
		if err != nil {
			t.Error(err)
		}
	})
}
