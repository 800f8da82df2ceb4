package image

import (
	"slices"
	"strings"
)

// Realm says what a file is a part of.
type Realm int

// The realms, from the outside in.
const (
	Packaging Realm = iota // around the device's files: an OTA zip, a system.img
	Device                 // a file of the device
	Member                 // inside a device file: classes.dex of an APK
)

// treeMarks are files and directories that only the tree of a device has.
var treeMarks = []string{
	"system/build.prop", "system/app/", "system/priv-app/", "system/framework/", "system/system/build.prop",
	"vendor/build.prop", "product/etc/build.prop",
}

// TreePrefix reports whether names are those of an unpacked device, with its partitions as directories, and
// what stands in front of the partitions: "" or up to two directories, "dump-main/".
func TreePrefix(names []string) (string, bool) {
	best, found := "", false
	for _, n := range names {
		for _, mark := range treeMarks {
			i := 0
			if !strings.HasPrefix(n+"/", mark) {
				if i = strings.Index(n+"/", "/"+mark) + 1; i == 0 {
					continue
				}
			}
			if prefix := n[:i]; strings.Count(prefix, "/") <= 2 && (!found || len(prefix) < len(best)) {
				best, found = prefix, true
			}
		}
	}
	return best, found
}

// settle decides what the files of a container are part of.
func (c *Container) settle(f *File) {
	if !c.Filesystem && f.Realm == Packaging {
		names := make([]string, len(c.Files))
		for i, x := range c.Files {
			names[i] = x.Path.Name()
		}
		if !slices.Contains(names, "AndroidManifest.xml") {
			_, c.Filesystem = TreePrefix(names)
		}
	}
	realm := Packaging
	switch {
	case c.Filesystem:
		realm = Device
	case f.Realm != Packaging:
		realm = Member
	}
	for _, x := range c.Files {
		x.Realm = realm
	}
}
