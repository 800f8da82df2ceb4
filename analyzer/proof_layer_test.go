package analyzer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layered are the packagings whose layers stand on others.
func layered() []packaging {
	return []packaging{
		{"erofs", []string{"mkfs.erofs"}, func(t testing.TB, d *device, dir string) string {
			return d.mkfs(t, dir, func(root, to string) { run(t, dir, "mkfs.erofs", "-zlz4hc", to, root) })
		}},
		{"squashfs", []string{"mksquashfs"}, func(t testing.TB, d *device, dir string) string {
			return d.mkfs(t, dir, func(root, to string) { run(t, dir, "mksquashfs", root, to, "-comp", "xz", "-no-progress", "-quiet") })
		}},
		{"f2fs", []string{"mkfs.f2fs", "sload.f2fs"}, packF2FS},
		{"ap", []string{"mke2fs", "img2simg", "lz4", "tar", "zip"}, packAP},
		{"blockota", []string{"mke2fs", "brotli", "zip"}, packBlocks},
		{"disk", []string{"mke2fs", "sgdisk", "xz"}, packDisk},
		{"cd", []string{"mke2fs", "genisoimage"}, packCD},
	}
}

// mkfs makes a file system of each partition with make(root, image).
func (d *device) mkfs(t testing.TB, dir string, make func(root, to string)) string {
	t.Helper()
	for _, p := range d.partitions {
		make(filepath.Join(d.dir, p), filepath.Join(dir, p+".img"))
	}
	return dir
}

// packAP packs as the firmware of Samsung: sparse images, each in LZ4 blocks, in a tar in a zip.
func packAP(t testing.TB, d *device, dir string) string {
	args := []string{"--format=ustar", "-cf", "AP_X.tar.md5"}
	for _, p := range d.partitions {
		run(t, dir, "lz4", "-q", "-B6", "--content-size", d.sparseImage(t, p), p+".img.lz4")
		args = append(args, p+".img.lz4")
	}
	run(t, dir, "tar", args...)
	run(t, dir, "zip", "-q", "-X", "-1", "firmware.zip", "AP_X.tar.md5")
	return filepath.Join(dir, "firmware.zip")
}

// packBlocks packs as block-based updates: the blocks that are not zero in one stream under brotli, and a list of
// where they go.
func packBlocks(t testing.TB, d *device, dir string) string {
	const block = 4096
	args := []string{"-q", "-X", "-0", "ota.zip"}
	d.images(t, dir, "-t", "ext4")
	for _, p := range d.partitions {
		raw, err := os.ReadFile(filepath.Join(dir, p+".img"))
		if err != nil {
			t.Fatal(err)
		}
		var fresh bytes.Buffer
		var list strings.Builder
		fmt.Fprintf(&list, "4\n%d\n0\n0\n", len(raw)/block)
		zero := make([]byte, block)
		for b := 0; b < len(raw)/block; {
			end, empty := b, bytes.Equal(raw[b*block:(b+1)*block], zero)
			for end < len(raw)/block && bytes.Equal(raw[end*block:(end+1)*block], zero) == empty {
				end++
			}
			if empty {
				fmt.Fprintf(&list, "zero 2,%d,%d\n", b, end)
			} else {
				fmt.Fprintf(&list, "new 2,%d,%d\n", b, end)
				fresh.Write(raw[b*block : end*block])
			}
			b = end
		}
		for name, data := range map[string][]byte{p + ".new.dat": fresh.Bytes(), p + ".transfer.list": []byte(list.String())} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		run(t, dir, "brotli", "-q", "3", "-w", "24", "--rm", p+".new.dat")
		args = append(args, p+".new.dat.br", p+".transfer.list")
	}
	run(t, dir, "zip", args...)
	return filepath.Join(dir, "ota.zip")
}

// packDisk packs as a dump of a phone's storage: partitions in a GUID partition table, all of it under xz.
func packDisk(t testing.TB, d *device, dir string) string {
	d.images(t, dir, "-t", "ext4")
	const sector = 512
	disk := filepath.Join(dir, "emmc.bin")
	next := int64(2048)
	args := []string{"-a", "1"}
	var content []byte
	for i, p := range d.partitions {
		raw, err := os.ReadFile(filepath.Join(dir, p+".img"))
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, "-n", fmt.Sprintf("%d:%d:%d", i+1, next, next+int64(len(raw))/sector-1), "-c", fmt.Sprintf("%d:%s", i+1, p))
		content = append(content, raw...)
		next += int64(len(raw)) / sector
	}
	content = append(make([]byte, 2048*sector), append(content, make([]byte, 64*sector)...)...)
	if err := os.WriteFile(disk, content, 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "sgdisk", append(args, disk)...)
	run(t, dir, "xz", "-0", disk)
	return disk + ".xz"
}

// packCD packs partitions as files of a CD image.
func packCD(t testing.TB, d *device, dir string) string {
	images := filepath.Join(dir, "cd")
	if err := os.Mkdir(images, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.partitions {
		link(t, d.sparseImage(t, p), filepath.Join(images, p+".img"))
	}
	run(t, dir, "genisoimage", "-quiet", "-R", "-o", "x.iso", images)
	return filepath.Join(dir, "x.iso")
}

// packF2FS makes F2FS images, as read-only partitions of Samsung's newer phones are.
func packF2FS(t testing.TB, d *device, dir string) string {
	return d.mkfs(t, dir, func(root, to string) {
		if err := os.WriteFile(to, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(to, 160<<20+2*d.size(t, root)); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "mkfs.f2fs", "-q", "-O", "extra_attr,inode_checksum,sb_checksum", to)
		run(t, dir, "sload.f2fs", "-f", root, to)
	})
}
