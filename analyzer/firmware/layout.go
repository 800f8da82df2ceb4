package firmware

import (
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Layout maps what was found to Android's own mount points, so that one device path means the same whatever
// the packaging: system.img//app/X.apk, system/app/X.apk in an OTA and system/system/app/X.apk in a dump are
// all /system/app/X.apk.
type Layout struct {
	filesystems map[string]bool
	roots       map[string]root // by printed path of the container
}

// root says how the names inside one container become device paths.
type root struct {
	strip     string          // directories in front of the partitions: "dump-master/"
	tree      bool            // holds partitions as directories; else it is one partition
	partition string          // of a container that is one partition
	dir       string          // where its files are placed, if that is not /partition
	asRoot    map[string]bool // partitions whose directory is the root of the device: system/system/build.prop
}

// Spot is where a file lies on the device.
type Spot struct {
	Device    string // "/system/app/X/X.apk"; "" for packaging
	Partition string // "system"; for packaging the name of the image file
	Member    string // path inside the device file: "classes.dex", "assets/a.apk//classes.dex"
}

// partitions are the names under which Android and its vendors mount read-only software.
// AOSP: system/core/rootdir, fs_mgr; the rest are seen in the firmware of their makers.
var partitions = []string{
	"system", "vendor", "product", "system_ext", "odm", "oem", "system_dlkm", "vendor_dlkm", "odm_dlkm", "apex",
	"cust", "mi_ext", "preload", "data", "product_services", "hw_product", "preas", "preavs", "version", "prism", "optics", "carrier", "omr",
	"my_product", "my_engineering", "my_company", "my_carrier", "my_region", "my_heytap", "my_stock", "my_preload", "my_bigball", "my_manifest",
	"oppo_product", "tr_product", "tr_carrier", "tr_mi", "tr_preload", "tr_region", "tr_theme", "tr_company", "special_preload", "factory", "custom",
}

// inSystem are the directories of /system that are partitions of their own on newer devices and symbolic
// links on older ones (AOSP: build/make/core/board_config.mk).
var inSystem = []string{"vendor", "product", "system_ext", "odm"}

// NewLayout looks at all files of a record once.
func NewLayout(r *fact.Record) *Layout {
	l := &Layout{filesystems: map[string]bool{}, roots: map[string]root{}}
	for _, f := range r.Filesystems {
		l.filesystems[f] = true
	}
	names := map[string][]string{}
	for i := range r.Units {
		p := r.Units[i].File.Path
		if len(p) > 1 {
			c := p[:len(p)-1].String()
			names[c] = append(names[c], p.Name())
		}
	}
	for i := range r.Units {
		p := r.Units[i].File.Path
		for n := 1; n < len(p); n++ {
			c := p[:n].String()
			r, ok := l.roots[c]
			if !ok {
				r = l.rootOf(p[:n], p[n].Container, names[c])
				l.roots[c] = r
			}
			if r.tree || r.partition != "" {
				break // what lies deeper belongs to a device file
			}
		}
	}
	return l
}

// rootOf decides what the names inside a container are relative to.
func (l *Layout) rootOf(p image.Path, kind string, names []string) root {
	formats := strings.Split(kind, ",")
	isFS := l.filesystems[formats[len(formats)-1]]
	var own string
	if formats[len(formats)-1] == "cpio" {
		return ramdisk(p)
	}
	if isFS {
		own = partitionName(p.Name(), names)
		if slices.Contains(names, "build.prop") {
			return root{partition: own}
		}
	}
	if strip, found := image.TreePrefix(names); found {
		return root{tree: true, strip: strip, partition: own, asRoot: asRoots(names, strip)}
	}
	return root{partition: own}
}

// ramdisk places the files of a ramdisk below the image it is part of, /boot/ramdisk/init.rc, as dumps do: that of a
// recovery system has the same names as the device's root and is not it.
func ramdisk(p image.Path) root {
	part := path.Base(p.Name())
	if len(p) > 2 && strings.Contains(p[len(p)-1].Container, "boot") {
		owner := partitionName(p[len(p)-2].Name, nil)
		return root{partition: owner, dir: "/" + owner + "/" + p.Name()}
	}
	part = partitionName(part, nil)
	return root{partition: part, dir: "/" + part}
}

// asRoots lists the partitions of a tree that are the root of the device: since Android 9 the system
// partition holds / and its files lie one directory deeper.
func asRoots(names []string, strip string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		n = strings.TrimPrefix(n, strip)
		for _, p := range partitions {
			if n == p+"/"+p+"/build.prop" || n == p+"/"+p+"/app" || n == p+"/"+p+"/priv-app" {
				out[p] = true
			}
		}
	}
	return out
}

// partitionName names the partition a single filesystem image holds: from its file name, else from content.
func partitionName(file string, names []string) string {
	base := strings.ToLower(path.Base(file))
	for _, cut := range []string{".img", ".ext4", ".raw", ".bin", ".unsparse", "_a", "_b", "-sign", "_image", ".emmc"} {
		if i := strings.Index(base, cut); i > 0 && (cut[0] == '.' || strings.HasSuffix(base, cut)) {
			base = base[:i]
		}
	}
	for _, cut := range []string{"_a", "_b", "-sign", "_image"} {
		base = strings.TrimSuffix(base, cut)
	}
	if slices.Contains(partitions, base) {
		return base
	}
	for _, n := range names {
		switch n {
		case "system/build.prop", "build.prop":
			return "system"
		case "etc/build.prop":
			return base
		}
	}
	return base
}

// Spot places a file.
func (l *Layout) Spot(p image.Path) Spot {
	for n := 1; n < len(p); n++ {
		r := l.roots[p[:n].String()]
		if !r.tree && r.partition == "" {
			continue
		}
		s := r.place(p[n].Name)
		if s.Device == "" {
			continue
		}
		if n+1 < len(p) {
			s.Member = p[n+1:].String()
			return mounted(s, p[n:])
		}
		return s
	}
	return Spot{Partition: path.Base(p.Name()), Member: ""}
}

// mounted moves what lies in the payload of an APEX to where Android mounts it: /apex/NAME (AOSP system/apex,
// apexd). p begins with the package's own segment; a compressed package has another one inside.
func mounted(s Spot, p image.Path) Spot {
	for k := 1; k+1 < len(p); k++ {
		if p[k].Name != "apex_payload.img" {
			continue
		}
		name := path.Base(p[0].Name)
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".capex"), ".apex")
		s.Device, s.Member = "/apex/"+name+"/"+p[k+1].Name, ""
		if k+2 < len(p) {
			s.Member = p[k+2:].String()
		}
		break
	}
	return s
}

func (r root) place(name string) Spot {
	if r.tree {
		name = strings.TrimPrefix(name, r.strip)
		top, rest, _ := strings.Cut(name, "/")
		if r.asRoot[top] && rest != "" {
			return canonical("/"+rest, top)
		}
		if r.partition != "" {
			top = r.partition
		}
		return canonical("/"+name, top)
	}
	if r.dir != "" {
		return Spot{Device: r.dir + "/" + name, Partition: r.partition}
	}
	return canonical("/"+r.partition+"/"+name, r.partition)
}

// canonical gives every file the one path Android knows it by.
func canonical(device, top string) Spot {
	for _, d := range inSystem {
		if rest, ok := strings.CutPrefix(device, "/system/"+d+"/"); ok {
			return Spot{Device: "/" + d + "/" + rest, Partition: d}
		}
	}
	if rest, ok := strings.CutPrefix(device, "/vendor/odm/"); ok {
		return Spot{Device: "/odm/" + rest, Partition: "odm"}
	}
	first, _, _ := strings.Cut(device[1:], "/")
	if slices.Contains(partitions, first) {
		return Spot{Device: device, Partition: first}
	}
	return Spot{Device: device, Partition: top}
}
