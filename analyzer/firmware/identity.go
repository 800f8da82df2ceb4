package firmware

import (
	"path"
	"sort"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// Identity is what a build says it is.
type Identity struct {
	Partition    string `json:"partition,omitempty"` // "" for the merged properties
	Brand        string `json:"brand,omitempty"`
	Manufacturer string `json:"manufacturer,omitempty"`
	Model        string `json:"model,omitempty"`
	Product      string `json:"product,omitempty"`
	Device       string `json:"device,omitempty"`
	Fingerprint  string `json:"fingerprint,omitempty"`
	Build        string `json:"build,omitempty"` // ro.build.display.id
	Incremental  string `json:"incremental,omitempty"`
	Release      string `json:"release,omitempty"` // Android version
	SDK          int    `json:"sdk,omitempty"`
	Patch        string `json:"patch,omitempty"`   // security patch level
	Type         string `json:"type,omitempty"`    // user, userdebug, eng
	Keys         string `json:"keys,omitempty"`    // release-keys, test-keys, dev-keys
	Date         string `json:"date,omitempty"`    // as the build wrote it
	DateUTC      int64  `json:"dateUTC,omitempty"` // seconds since 1970
}

// Property is one value with the file that set it.
type Property struct {
	Name, Value string
	File        string // device path
	At          fact.Place
}

// propFiles is the order in which init reads property files, where later files win from Android 10 on and
// earlier ones win for ro.* before (AOSP system/core/init/property_service.cpp, PropertyLoadBootDefaults and,
// before Android 10, load_properties_from_file through property_set, which refuses to set ro.* twice).
var propFiles = []string{
	"/default.prop", "/prop.default", "/system/etc/prop.default", "/system/default.prop", "/system/build.prop",
	"/system_ext/etc/build.prop", "/system_ext/build.prop", "/system_dlkm/etc/build.prop",
	"/vendor/default.prop", "/vendor/build.prop", "/vendor_dlkm/etc/build.prop", "/odm_dlkm/etc/build.prop",
	"/odm/etc/build.prop", "/odm/default.prop", "/odm/build.prop",
	"/product/etc/build.prop", "/product/build.prop", "/product_services/build.prop", "/factory/factory.prop",
}

// mergeFromSDK is the first release in which init collects all files before it sets anything (Android 10).
const mergeFromSDK = 29

// identify merges the property files.
func (fw *Firmware) identify() {
	files := fw.propertyFiles()
	sdk := 0
	for _, p := range files["/system/build.prop"] {
		if p.Name == "ro.build.version.sdk" && sdk == 0 {
			sdk, _ = strconv.Atoi(p.Value)
		}
	}
	merged := merge(files, sdk)
	fw.Identity = identityOf(merged, "")
	fw.properties = merged
	byPartition := map[string]map[string]string{}
	for _, f := range propFiles {
		if len(files[f]) == 0 {
			continue
		}
		part, _, _ := strings.Cut(f[1:], "/")
		if !strings.Contains(f[1:], "/") {
			part = "boot"
		}
		if byPartition[part] == nil {
			byPartition[part] = map[string]string{}
		}
		for _, p := range files[f] {
			if _, ok := byPartition[part][p.Name]; !ok {
				byPartition[part][p.Name] = p.Value
			}
		}
	}
	var names []string
	for n := range byPartition {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fw.Of = append(fw.Of, identityOf(byPartition[n], n))
	}
	for _, id := range append([]Identity{fw.Identity}, fw.Of...) {
		if f, ok := id.fact(); ok {
			fw.Derived = append(fw.Derived, f)
		}
	}
}

// Properties returns the system properties of the image by name, merged as init does. It must not be changed.
func (fw *Firmware) Properties() map[string]string { return fw.properties }

// propertyFiles collects the property facts by device path. The ramdisk's default.prop of an unpacked boot
// image counts as /default.prop.
func (fw *Firmware) propertyFiles() map[string][]Property {
	out := map[string][]Property{}
	for i := range fw.Record.Units {
		s := fw.Spots[i]
		if s.Device == "" || s.Member != "" {
			continue
		}
		name := s.Device
		if strings.Contains(name, "/ramdisk/") && (path.Base(name) == "default.prop" || path.Base(name) == "prop.default") {
			name = "/default.prop"
		}
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind == "property" {
				out[name] = append(out[name], Property{f.Fields.Get("name"), f.Fields.Get("value"), s.Device, f.At})
			}
		}
	}
	return out
}

// merge applies the files in init's order, following import lines.
func merge(files map[string][]Property, sdk int) map[string]string {
	props := map[string]string{}
	var load func(name string, depth int)
	load = func(name string, depth int) {
		for _, p := range files[name] {
			if p.Name == "import" {
				if target, ok := expand(p.Value, props); ok && depth < 8 {
					load(target, depth+1)
				}
				continue
			}
			_, set := props[p.Name]
			if set && sdk < mergeFromSDK && strings.HasPrefix(p.Name, "ro.") {
				continue
			}
			props[p.Name] = p.Value
		}
	}
	for _, f := range propFiles {
		load(f, 0)
	}
	deriveProduct(props)
	return props
}

// expand replaces ${name} and ${name:-default} in an import line; a property only the bootloader knows
// leaves the import out.
func expand(s string, props map[string]string) (string, bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	for range 8 {
		i := strings.Index(s, "${")
		if i < 0 {
			return s, true
		}
		j := strings.IndexByte(s[i:], '}')
		if j < 0 {
			return "", false
		}
		name, def, hasDefault := strings.Cut(s[i+2:i+j], ":-")
		v, ok := props[name]
		if !ok && !hasDefault {
			return "", false
		}
		if !ok {
			v = def
		}
		s = s[:i] + v + s[i+j+1:]
	}
	return "", false
}

// deriveProduct fills ro.product.* and the fingerprint from the partitions' own, as init does since
// Android 10 (property_service.cpp, property_initialize_ro_product_props, property_derive_build_fingerprint).
func deriveProduct(props map[string]string) {
	order := props["ro.product.property_source_order"]
	if order == "" {
		order = "product,odm,vendor,system_ext,system"
	}
	for _, k := range []string{"brand", "device", "manufacturer", "model", "name"} {
		if props["ro.product."+k] != "" {
			continue
		}
		for part := range strings.SplitSeq(order, ",") {
			if v := props["ro.product."+part+"."+k]; v != "" {
				props["ro.product."+k] = v
				break
			}
		}
	}
	if props["ro.build.fingerprint"] == "" && props["ro.product.brand"] != "" && props["ro.build.id"] != "" {
		p := func(n string) string { return props[n] }
		props["ro.build.fingerprint"] = p("ro.product.brand") + "/" + p("ro.product.name") + "/" + p("ro.product.device") + ":" +
			p("ro.build.version.release") + "/" + p("ro.build.id") + "/" + p("ro.build.version.incremental") + ":" + p("ro.build.type") + "/" + p("ro.build.tags")
	}
}
