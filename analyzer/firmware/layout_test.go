package firmware

import (
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// at builds an image path: names joined by |, each with the container it lies in: "zip:system.img".
func at(segments ...[2]string) image.Path {
	p := image.Path{{Name: "in"}}
	for _, s := range segments {
		p = p.Join(image.Segment{Container: s[0], Name: s[1], Offset: -1})
	}
	return p
}

func layout(paths ...image.Path) *Layout {
	r := &fact.Record{Header: fact.Header{Filesystems: []string{"ext4", "otazip", "cpio"}}}
	for _, p := range paths {
		for n := 1; n <= len(p); n++ {
			r.Units = append(r.Units, fact.Unit{File: fact.FileInfo{Path: p[:n]}})
		}
	}
	return NewLayout(r)
}

// TestSpot places one app in every packaging: the device path is the same.
func TestSpot(t *testing.T) {
	app := Spot{Device: "/system/app/X.apk", Partition: "system"}
	for _, c := range []struct {
		name  string
		paths []image.Path
		want  Spot
	}{
		{"partition image", []image.Path{at([2]string{"zip", "system.img"}, [2]string{"sparse,ext4", "app/X.apk"})}, app},
		{"slot suffix", []image.Path{at([2]string{"zip", "images/system_a.img"}, [2]string{"ext4", "app/X.apk"})}, app},
		{"system as root", []image.Path{at([2]string{"zip", "system.img"}, [2]string{"ext4", "system/app/X.apk"}), at([2]string{"zip", "system.img"}, [2]string{"ext4", "system/build.prop"})}, app},
		{"OTA tree", []image.Path{at([2]string{"otazip", "system/app/X.apk"})}, app},
		{"dump", []image.Path{at([2]string{"dir", "system/app/X.apk"})}, app},
		{"dump of a system-as-root device", []image.Path{at([2]string{"dir", "system/system/app/X.apk"}), at([2]string{"dir", "system/system/build.prop"})}, app},
		{"dump in a folder", []image.Path{at([2]string{"zip", "dump-main/system/app/X.apk"})}, app},
		{"bare image without a name", []image.Path{at([2]string{"ext4", "app/X.apk"}), at([2]string{"ext4", "build.prop"})}, app},
		{"vendor inside system", []image.Path{at([2]string{"dir", "system/vendor/app/X.apk"}), at([2]string{"dir", "system/build.prop"})}, Spot{Device: "/vendor/app/X.apk", Partition: "vendor"}},
		{"vendor image", []image.Path{at([2]string{"zip", "vendor.img"}, [2]string{"ext4", "app/X.apk"})}, Spot{Device: "/vendor/app/X.apk", Partition: "vendor"}},
		{"member of an app", []image.Path{at([2]string{"otazip", "system/app/X.apk"}, [2]string{"zip", "classes.dex"})},
			Spot{Device: "/system/app/X.apk", Partition: "system", Member: "classes.dex"}},
		{"a tree inside an app stays inside", []image.Path{at([2]string{"otazip", "system/app/X.apk"}, [2]string{"zip", "assets/system/app/Y.apk"})},
			Spot{Device: "/system/app/X.apk", Partition: "system", Member: "assets/system/app/Y.apk"}},
		{"app in an APEX", []image.Path{at([2]string{"otazip", "system/apex/com.x.apex"}, [2]string{"zip", "apex_payload.img"}, [2]string{"ext4", "app/X/X.apk"}, [2]string{"zip", "classes.dex"}),
			at([2]string{"otazip", "system/build.prop"})},
			Spot{Device: "/apex/com.x/app/X/X.apk", Partition: "system", Member: "classes.dex"}},
		{"ramdisk of a boot image", []image.Path{at([2]string{"zip", "boot.img"}, [2]string{"boot", "ramdisk"}, [2]string{"gzip,cpio", "init.rc"})},
			Spot{Device: "/boot/ramdisk/init.rc", Partition: "boot"}},
		{"recovery with a system of its own", []image.Path{at([2]string{"zip", "recovery_a.img"}, [2]string{"boot", "ramdisk"}, [2]string{"lz4,cpio", "system/build.prop"})},
			Spot{Device: "/recovery/ramdisk/system/build.prop", Partition: "recovery"}},
		{"ramdisk alone", []image.Path{at([2]string{"zip", "ramdisk.img"}, [2]string{"gzip,cpio", "init.rc"})}, Spot{Device: "/ramdisk/init.rc", Partition: "ramdisk"}},
		{"packaging", []image.Path{at([2]string{"zip", "radio.img"})}, Spot{Partition: "radio.img"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := layout(c.paths...).Spot(c.paths[0]); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
