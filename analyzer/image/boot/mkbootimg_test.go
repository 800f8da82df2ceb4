package boot

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// TestAgainstMkbootimg builds images of every header version with mkbootimg and compares all parts with what went in.
// Versions the installed tool cannot write are skipped by name: Debian's stops at 3.
func TestAgainstMkbootimg(t *testing.T) {
	tool, err := exec.LookPath("mkbootimg")
	if err != nil {
		t.Skip("no mkbootimg")
	}
	dir := t.TempDir()
	parts := map[string][]byte{}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, name := range []string{"kernel", "ramdisk", "second", "recovery_dtbo", "dtb", "vendor_ramdisk", "frag", "bootconfig", "dt"} {
		data := make([]byte, 3000*(i+1)+i)
		for j := range data {
			data[j] = byte(rng.Uint32())
		}
		parts[name] = data
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parts["vendor_ramdisk/00"], parts["vendor_ramdisk/01.extra"] = parts["vendor_ramdisk"], parts["frag"]
	long := strings.Repeat("word ", 150)
	all := "--cmdline " + strings.ReplaceAll(long, " ", ",") + " --os_version 11.0.1 --os_patch_level 2021-07 --kernel kernel --ramdisk ramdisk"
	for _, c := range []struct{ name, args, want string }{
		{"v0", all + " --header_version 0 --second second -o out", "kernel ramdisk second"},
		{"v0 page 16384", all + " --header_version 0 --pagesize 16384 -o out", "kernel ramdisk"},
		{"v0 dt", all + " --header_version 0 --dt dt -o out", "kernel ramdisk dt"},
		{"v1", all + " --header_version 1 --recovery_dtbo recovery_dtbo -o out", "kernel ramdisk recovery_dtbo"},
		{"v2", all + " --header_version 2 --second second --recovery_dtbo recovery_dtbo --dtb dtb --pagesize 4096 -o out", "kernel ramdisk second recovery_dtbo dtb"},
		{"v3", all + " --header_version 3 -o out", "kernel ramdisk"},
		{"v4", all + " --header_version 4 -o out", "kernel ramdisk"},
		{"vendor v3", "--header_version 3 --vendor_boot out --vendor_ramdisk vendor_ramdisk --dtb dtb --vendor_cmdline a=b --board somebody", "vendor_ramdisk dtb"},
		{"vendor v4", "--header_version 4 --vendor_boot out --vendor_ramdisk vendor_ramdisk --dtb dtb --vendor_cmdline a=b --vendor_bootconfig bootconfig " +
			"--ramdisk_type dlkm --ramdisk_name extra --vendor_ramdisk_fragment frag", "vendor_ramdisk/00 vendor_ramdisk/01.extra dtb bootconfig"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(tool, strings.Fields(c.args)...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				if cannot(string(out)) {
					t.Skip("mkbootimg cannot write " + c.name)
				}
				t.Fatalf("%v\n%s", err, out)
			}
			img, err := os.ReadFile(filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			fsys := mount(t, img)
			for name := range strings.FieldsSeq(c.want) {
				if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, parts[name]) {
					t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(parts[name]))
				}
			}
			cmdline, _ := fs.ReadFile(fsys, "cmdline")
			header, _ := fs.ReadFile(fsys, "header.txt")
			if strings.HasPrefix(c.name, "vendor") {
				if string(cmdline) != "a=b" {
					t.Errorf("cmdline %q", cmdline)
				}
			} else if string(cmdline) != strings.ReplaceAll(long, " ", ",") || !strings.Contains(string(header), "os_version: 11.0.1\nos_patch_level: 2021-07\n") {
				t.Errorf("cmdline %q, header %s", cmdline, header)
			}
			checkID(t, fsys, img, strings.Contains("v0 page 16384 v0 dt v1 v2", c.name))
			if g := fsys.Gaps(); len(g) != 0 {
				t.Error(g)
			}
		})
	}
}

// cannot tells a version this mkbootimg does not know; that of Debian 12 also divides into a fraction where the offset
// of recovery_dtbo should be.
func cannot(out string) bool {
	for _, s := range []string{"not supported", "not compatible", "unrecognized", "ambiguous option", "required argument is not an integer"} {
		if strings.Contains(out, s) {
			return true
		}
	}
	return false
}

// checkID compares the id, then breaks a byte of the last part and compares again.
func checkID(t *testing.T, fsys *Image, img []byte, has bool) {
	t.Helper()
	got := strings.Join(summary(t, fsys), "\n")
	if strings.Contains(got, "boot id: match") != has {
		t.Errorf("id: %s", got)
	}
	if !has {
		return
	}
	last := fsys.parts[len(fsys.parts)-1]
	if last.size == 0 {
		last = fsys.parts[1]
	}
	broken := bytes.Clone(img)
	broken[last.off+last.size-1] ^= 1
	if got := strings.Join(summary(t, mount(t, broken)), "\n"); !strings.Contains(got, "boot id: "+string(image.Unverified)) {
		t.Errorf("id of a broken image: %s", got)
	}
}
