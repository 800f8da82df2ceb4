package image_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/super"
)

// packRetrofit makes the first of two block devices, "system" and "vendor": metadata, and a partition that lies on the
// second from its first byte on.
func packRetrofit(sectors int) []byte {
	le := binary.LittleEndian
	name := func(s string) []byte { return append([]byte(s), make([]byte, 36-len(s))...) }
	sign := func(b []byte, off int) {
		sum := sha256.Sum256(b)
		copy(b[off:], sum[:])
	}
	geo := append(le.AppendUint32([]byte("gDla"), 52), make([]byte, 32)...)
	for _, v := range []uint32{4096, 1, 4096} {
		geo = le.AppendUint32(geo, v)
	}
	sign(geo, 8)
	tables := append(name("system_a"), 0, 0, 0, 0)
	for _, v := range []uint32{0, 1, 0, uint32(sectors), 0, 0, 0, 0, 1} { // extents, group; an extent
		tables = le.AppendUint32(tables, v)
	}
	for _, dev := range []string{"system", "vendor"} {
		tables = append(append(append(tables, make([]byte, 24)...), name(dev)...), 0, 0, 0, 0)
	}
	head := append([]byte("0PLA\x0A\x00\x00\x00\x80\x00\x00\x00"), make([]byte, 32)...)
	head = le.AppendUint32(head, uint32(len(tables)))
	sum := sha256.Sum256(tables)
	head = append(head, sum[:]...)
	for _, v := range []uint32{0, 1, 52, 52, 1, 24, 76, 0, 48, 76, 2, 64} {
		head = le.AppendUint32(head, v)
	}
	sign(head, 12)
	img := make([]byte, 32<<10)
	copy(img[4096:], geo)
	copy(img[12288:], append(head, tables...))
	return img
}

// TestWalkBeside: a file that lacks what lies in its siblings is opened with them, sparse or not.
func TestWalkBeside(t *testing.T) {
	ext := makeExt(t)
	first := packRetrofit(len(ext) / 512)
	with := func(lead []byte, second ...file) []byte {
		return packTar(t, append([]file{{"fw/super_system.img", lead}}, second...)...)
	}
	whole := []string{
		"in//fw/super_system.img//system_a.img [ext4]",
		"in//fw/super_system.img//system_a.img//app",
		`in//fw/super_system.img//system_a.img//app/X.apk "apk"`,
		"in//fw/super_system.img//system_a.img//lost+found",
	}
	around := func(lead string, rest ...string) []string {
		return append(append([]string{"in [tar]", "in//fw", "in//fw/super_system.img " + lead}, whole...), rest...)
	}
	part := "in//fw/super_vendor.img part of fw/super_system.img"
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"raw", with(first, file{"fw/super_vendor.img", ext}), around("[super]", part)},
		{"sparse", with(packSparse(first, 0, len(first)), file{"fw/super_vendor.img", packSparse(ext, 0, len(ext))}), around("[sparse,super]", part)},
		{"in another directory", with(first, file{"x/super_vendor.img", []byte("v")}), []string{
			"in [tar]", "in//fw", "in//fw/super_system.img [super] gap in//fw/super_system.img unsupported super",
			"in//fw/super_system.img//system_a.img sector", "in//x", `in//x/super_vendor.img "v"`,
		}},
	} {
		for _, jobs := range []int{1, 8} {
			o := opener(append(formats(), super.Format()))
			got := scan(t, o, c.data, jobs)
			if c.name == "in another directory" && len(got) == len(c.want) {
				got[3] = c.want[3] // the error of the read, told in the gap
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, %d jobs: %s", c.name, jobs, diff)
			}
		}
	}
}

// TestBesideIsClosed: siblings stay open as long as the file they belong to is read, and no longer.
func TestBesideIsClosed(t *testing.T) {
	ext := makeExt(t)
	var files []file
	for i := range 8 {
		files = append(files,
			file{fmt.Sprintf("%d/super_system.img", i), packRetrofit(len(ext) / 512)},
			file{fmt.Sprintf("%d/super_vendor.img", i), packSparse(ext, 0, len(ext))})
	}
	data := packTar(t, files...)
	for _, jobs := range []int{1, 8} {
		var opened, open atomic.Int64
		var list []image.Format
		for _, f := range append(formats(), super.Format()) {
			list = append(list, counted(f, &opened, &open))
		}
		apks := 0
		for _, l := range scan(t, opener(list), data, jobs) {
			if strings.HasSuffix(l, `X.apk "apk"`) {
				apks++
			}
			if strings.Contains(l, "closed") || strings.Contains(l, " gap ") {
				t.Errorf("%d jobs: %s", jobs, l)
			}
		}
		if apks != 8 || open.Load() != 0 {
			t.Errorf("%d jobs: %d of 8 files read, %d handles left open", jobs, apks, open.Load())
		}
	}
}
