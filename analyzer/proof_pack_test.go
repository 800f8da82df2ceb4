package analyzer

import (
	"bufio"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packaging is one way firmware is shipped, made with the tools that vendors and builders use.
type packaging struct {
	name  string
	tools []string
	// pack writes d below dir and returns the input for a scan.
	pack func(t testing.TB, d *device, dir string) string
}

func packagings() []packaging {
	return append(layered(), []packaging{
		{"directory", nil, func(t testing.TB, d *device, dir string) string { return d.dir }},
		{"ext4", []string{"mke2fs"}, func(t testing.TB, d *device, dir string) string {
			return d.images(t, dir, "-t", "ext4")
		}},
		{"ext2", []string{"mke2fs"}, func(t testing.TB, d *device, dir string) string {
			return d.images(t, dir, "-t", "ext2", "-b", "1024")
		}},
		{"inline", []string{"mke2fs", "debugfs"}, packInline},
		{"sparse", []string{"mke2fs", "img2simg"}, func(t testing.TB, d *device, dir string) string {
			for _, p := range d.partitions {
				link(t, d.sparseImage(t, p), filepath.Join(dir, p+".img"))
			}
			return dir
		}},
		{"pieces", []string{"mke2fs", "img2simg", "simg2simg"}, packPieces},
		{"ota", []string{"zip"}, packOTA},
		{"tgz", []string{"mke2fs", "img2simg", "tar", "gzip"}, packTGZ},
		{"tar.md5", []string{"mke2fs", "img2simg", "tar"}, packMD5},
		{"zip-in-zip", []string{"mke2fs", "img2simg", "zip"}, packFactory},
	}...)
}

// make packs d, or skips by the name of the tool that is missing.
func (p packaging) make(t testing.TB, d *device) string {
	t.Helper()
	for _, name := range p.tools {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	return p.pack(t, d, t.TempDir())
}

func link(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Link(from, to); err != nil {
		t.Fatal(err)
	}
}

// mke2fs makes the image of one partition, with room for it and little more.
func (d *device) mke2fs(t testing.TB, partition, to string, args ...string) {
	t.Helper()
	root := filepath.Join(d.dir, partition)
	size := d.size(t, root)
	args = append(slices.Clone(args), "-q", "-F", "-i", "4096", "-d", root, to, fmt.Sprintf("%dk", size>>10))
	run(t, d.dir, "mke2fs", args...)
}

// size is what a directory needs of a file system, in bytes.
func (d *device) size(t testing.TB, root string) int64 {
	t.Helper()
	size := int64(4 << 20)
	err := filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size() + info.Size()/20 + 5<<10
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// images makes a raw image per partition: the input is the one there is, or the directory of them.
func (d *device) images(t testing.TB, dir string, args ...string) string {
	t.Helper()
	for _, p := range d.partitions {
		d.mke2fs(t, p, filepath.Join(dir, p+".img"), args...)
	}
	if len(d.partitions) == 1 {
		return filepath.Join(dir, d.partitions[0]+".img")
	}
	return dir
}

// packInline keeps small files in their inodes. With inline_data, mke2fs 1.47.0 leaves out blocks of zeros at the end
// of a file and forgets that they count for its size, so the sizes are put right.
func packInline(t testing.TB, d *device, dir string) string {
	input := d.images(t, dir, "-t", "ext4", "-O", "inline_data,^metadata_csum", "-I", "256")
	for _, p := range d.partitions {
		root := filepath.Join(d.dir, p)
		var script strings.Builder
		err := filepath.WalkDir(root, func(host string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(host)
			if n := len(data); err == nil && n > 256 && data[n-1] == 0 {
				fmt.Fprintf(&script, "set_inode_field \"%s\" size %d\n", strings.TrimPrefix(host, root), n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		commands := filepath.Join(t.TempDir(), "commands")
		if err := os.WriteFile(commands, []byte(script.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, dir, "debugfs", "-w", "-f", commands, filepath.Join(dir, p+".img"))
	}
	return input
}

// sparseImage returns a partition's sparse image, made once.
func (d *device) sparseImage(t testing.TB, partition string) string {
	t.Helper()
	if d.sparse[partition] == "" {
		raw := filepath.Join(filepath.Dir(d.dir), partition+".raw")
		d.mke2fs(t, partition, raw, "-t", "ext4")
		run(t, d.dir, "img2simg", raw, raw+".simg")
		d.sparse[partition] = raw + ".simg"
	}
	return d.sparse[partition]
}

// packPieces splits each sparse image the way flashing tools need it: super.img.0, super.img.1, ...
func packPieces(t testing.TB, d *device, dir string) string {
	for _, p := range d.partitions {
		run(t, dir, "simg2simg", d.sparseImage(t, p), p+".img", "2000000")
	}
	return dir
}

// packOTA packs the files one by one: links, and here all modes too, are in the script only.
func packOTA(t testing.TB, d *device, dir string) string {
	var script strings.Builder
	var links []string
	fmt.Fprintln(&script, `mount("ext4", "EMMC", "/dev/block/system", "/system");`)
	for _, p := range d.partitions {
		fmt.Fprintf(&script, "package_extract_dir(%q, %q);\nset_perm_recursive(0, 0, 0755, 0644, %q);\n", p, "/"+p, "/"+p)
	}
	pkg := filepath.Join(dir, "package")
	err := filepath.WalkDir(d.dir, func(host string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(d.dir, host)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		to, name := filepath.Join(pkg, rel), "/"+filepath.ToSlash(rel)
		switch {
		case info.IsDir():
			return os.MkdirAll(to, 0o755)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(host)
			links = append(links, fmt.Sprintf("symlink(%q, %q);\n", target, name))
			return err
		}
		if mode := unixMode(info.Mode()); mode != 0o644 {
			fmt.Fprintf(&script, "set_perm(0, 0, %#o, \"%s\");\n", mode, name)
		}
		data, err := os.ReadFile(host)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(pkg, "META-INF/com/google/android")
	if err := os.MkdirAll(meta, 0o755); err != nil {
		t.Fatal(err)
	}
	text := script.String() + strings.Join(links, "") + "unmount(\"/system\");\n"
	if err := os.WriteFile(filepath.Join(meta, "updater-script"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, pkg, "zip", "-q", "-r", "-X", filepath.Join(dir, "update.zip"), ".")
	return filepath.Join(dir, "update.zip")
}

func unixMode(m fs.FileMode) uint32 {
	out := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		out |= 0o4000
	}
	return out
}

// packTGZ packs as the fastboot packages of Xiaomi: images/ of sparse images in a gzipped tar.
func packTGZ(t testing.TB, d *device, dir string) string {
	images := filepath.Join(dir, "device_images_V1", "images")
	if err := os.MkdirAll(images, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.partitions {
		link(t, d.sparseImage(t, p), filepath.Join(images, p+".img"))
	}
	run(t, dir, "tar", "-czf", "images.tgz", "device_images_V1")
	return filepath.Join(dir, "images.tgz")
}

// packMD5 packs as Samsung does: a tar whose own digest follows it as a line of text.
func packMD5(t testing.TB, d *device, dir string) string {
	args := []string{"--format=ustar", "-cf", "AP.tar"}
	for _, p := range d.partitions {
		link(t, d.sparseImage(t, p), filepath.Join(dir, p+".img"))
		args = append(args, p+".img")
	}
	run(t, dir, "tar", args...)
	f, err := os.OpenFile(filepath.Join(dir, "AP.tar"), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := md5.New()
	if _, err := io.Copy(sum, bufio.NewReader(f)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(f, "%x  AP.tar\n", sum.Sum(nil)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "AP.tar.md5")
	if err := os.Rename(f.Name(), name); err != nil {
		t.Fatal(err)
	}
	return name
}

// packFactory packs as the factory images of Pixels: images deflated in a zip that is stored in a zip.
func packFactory(t testing.TB, d *device, dir string) string {
	args := []string{"-q", "-X", "image-device-1.zip"}
	for _, p := range d.partitions {
		link(t, d.sparseImage(t, p), filepath.Join(dir, p+".img"))
		args = append(args, p+".img")
	}
	run(t, dir, "zip", args...)
	run(t, dir, "zip", "-q", "-X", "-0", "factory.zip", "image-device-1.zip")
	return filepath.Join(dir, "factory.zip")
}
