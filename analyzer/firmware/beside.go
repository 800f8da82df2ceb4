package firmware

import (
	"path"
	"strings"

	"romscan/analyzer/image"
)

// codeKey says what code belongs to.
type codeKey struct {
	owner  string // what CodeOwner names; of files outside a device's tree with the container they lie in
	beside bool   // in a file beside the package, not in it
	at     int    // of the path: the segment that is that file
}

// besideKey returns what the code in unit i belongs to; owner is "" where nothing says so. A folder of files that is no device's
// tree, X.apk and X.odex side by side, is joined by the names alone.
func (fw *Firmware) besideKey(i int) codeKey {
	p, device := fw.Record.Units[i].File.Path, fw.Spots[i].Device
	if a := fw.appOf[i]; a != nil {
		if a.alone {
			q := fw.Record.Units[a.Unit].File.Path
			return codeKey{owner: flatOwner(q[:len(q)-1], trimPackage("/"+q.Name()))}
		}
		return codeKey{owner: trimPackage(device)}
	}
	if device != "" {
		if owner := CodeOwner(device); owner != "" {
			return codeKey{owner: owner, beside: true}
		}
		if owner := trimPackage(device); owner != device {
			return codeKey{owner: owner}
		}
		return codeKey{}
	}
	for k := range p { // the outermost: what lies in it is named by its container
		if owner := CodeOwner("/" + p[k].Name); owner != "" {
			return codeKey{owner: flatOwner(p[:k], owner), beside: true, at: k}
		}
	}
	return codeKey{}
}

// flatOwner marks a name as one inside a container: it is no device path.
func flatOwner(container image.Path, owner string) string {
	return image.Separator + container.String() + owner
}

// Verification lists the vdex files that hold no code and whose code is not in the image either: from Android 9 on they may
// hold what the verifier found alone, and the code stays in the APK (art/runtime/vdex_file.h).
func (fw *Firmware) Verification() []int {
	var out []int
	for i := range fw.Record.Units {
		u := &fw.Record.Units[i]
		if k := u.File.Kind; k != "vdex" && !strings.HasSuffix(k, ",vdex") {
			continue
		}
		owner := fw.besideKey(i).owner
		dir, base := path.Split(owner)
		if owner == "" || fw.coded[owner] || strings.Contains(base, "@") || base == "boot" || fw.coded[dir+strings.TrimPrefix(base, "boot-")] {
			continue // of the boot image and of modules: the code lies under other names
		}
		out = append(out, i)
	}
	return out
}
