package boot

import (
	"io/fs"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"
)

const cutID = "boot id: unverified, kernel: unexpected EOF"

// TestRealImages reads boot images of devices. Most are only the beginning of one: what they lack is said.
func TestRealImages(t *testing.T) {
	for _, c := range []struct{ name, want, header, cmdline string }{
		{"boot.img", "kernel 40960@4096; ramdisk 733285@45056; signature 1319@782336; boot id: match; boot signature: unverified, boot signatures are not verified",
			"os_patch_level: 2016-08", "androidboot.hardware=angler"},
		{"htc-evo4g-synergy-2011-07__boot.img", "kernel 2455344@2048; ramdisk 155134@2457600; boot id: match",
			"kernel_addr: 0x20008000", "no_console_suspend=1 console=null"},
		{"recovery_head", "kernel 40960@4096; ramdisk 479460@45056; gap: truncated at 0xb000: ramdisk: 479460 bytes stated, 0 there; " +
			strings.Replace(cutID, "kernel", "ramdisk", 1), "os_version: 7.0.0", "buildvariant=userdebug"},
		{"amazon-eanab-511__bootimg_00_kernel", "kernel 4819728@2048; ramdisk 763504@4823040; second 34650@5586944; " +
			"gap: truncated at 0x800: kernel: 4819728 bytes stated, 2316 there; gap: truncated at 0x499800: ramdisk: 763504 bytes stated, 0 there; " +
			"gap: truncated at 0x554000: second: 34650 bytes stated, 0 there; " + cutID, "page_size: 2048", "androidboot.hardware=freescale"},
		{"nokia-iru-11__bootimg_00_kernel", "dtb 62795@24489984; kernel 15486976@2048; ramdisk 8999973@15489024; " +
			"gap: truncated at 0x800: kernel: 15486976 bytes stated, 612 there; gap: truncated at 0xec5800: ramdisk: 8999973 bytes stated, 0 there; " +
			"gap: truncated at 0x175b000: dtb: 62795 bytes stated, 0 there; " + cutID, "header_version: 2", "console=ttyS1,115200n8"},
		{"samsung-j3xnlte-511-a__bootimg_00_kernel", "dt 505856@14137344; kernel 11275160@2048; ramdisk 2857190@11278336; " +
			"gap: truncated at 0x800: kernel: 11275160 bytes stated, 368 there; gap: truncated at 0xac1800: ramdisk: 2857190 bytes stated, 0 there; " +
			"gap: truncated at 0xd7b800: dt: 505856 bytes stated, 0 there; " + cutID, "header_version: 0", "console=ttyS1,115200n8"},
		{"nokia-snt-13__vendor_bootimg_00_kernel", "dtb 324431@708608; vendor_ramdisk 703475@4096; gap: truncated at 0xad000: dtb: 324431 bytes stated, 0 there",
			"dtb_addr: 0x01f00000", "androidboot.hardware=qcom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := mount(t, corpustest.File(t, "trees/formats/boot", c.name))
			if diff := cmp.Diff(strings.Split(c.want, "; "), summary(t, fsys)); diff != "" {
				t.Error(diff)
			}
			for name, want := range map[string]string{"header.txt": c.header, "cmdline": c.cmdline} {
				if text, err := fs.ReadFile(fsys, name); err != nil || !strings.Contains(string(text), want) {
					t.Errorf("%s: %v, %s", name, err, text)
				}
			}
		})
	}
}
