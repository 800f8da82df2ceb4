package super

import (
	"io"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/image"
)

// source is a block device as it is to be had: a file, from its first byte.
type source struct {
	r    io.ReaderAt
	size int64
	name string
}

// form is how the files of a set are called after their block devices: "super_" before (fastboot's name for them, where
// there are several), a slot behind, or neither.
type form struct{ prefix, slot string }

// stem is a file's name in lower case up to its first dot, without the directories.
func stem(name string) string {
	first, _, _ := strings.Cut(strings.ToLower(path.Base(name)), ".")
	return first
}

// isImage keeps out what is called after an image and is none: vendor.map.
func isImage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case "", ".img", ".bin", ".raw", ".simg", ".ext4":
		return true
	}
	return false
}

// bare is a name without a slot, and the slot.
func bare(name string) (string, string) {
	for _, slot := range []string{"_a", "_b"} {
		if rest, ok := strings.CutSuffix(name, slot); ok {
			return rest, slot
		}
	}
	return name, ""
}

// forms are those to be tried, as the name of the file with the metadata tells: where it is called after its device,
// only the others of its own kind fit; a vendor.img beside a super_system.img is a partition, and no device.
func forms(lead, device string) []form {
	device, named := bare(strings.ToLower(device))
	l, slot := bare(stem(lead))
	if named == "" {
		named = slot
	}
	switch l {
	case "super_" + device:
		return []form{{"super_", slot}}
	case device:
		return []form{{"", slot}}
	}
	return []form{{"super_", named}, {"super_", ""}, {"", named}, {"", ""}}
}

// find returns which of names is the file of a device, -1 for none. Lead is the file that holds the metadata.
func (m *metadata) find(n int, lead string, names []string) int {
	if n <= 0 || n >= len(m.devices) {
		return -1
	}
	device, _ := bare(strings.ToLower(m.devices[n].name))
	for _, f := range forms(lead, m.devices[0].name) {
		want := f.prefix + device + f.slot
		if k := slices.IndexFunc(names, func(name string) bool { return stem(name) == want && isImage(name) }); k >= 0 {
			return k
		}
	}
	return -1
}

// further returns the numbers of the devices behind the first that extents lie on, in ascending order.
func (m *metadata) further() []int {
	var out []int
	for _, e := range m.extents {
		if n := int(e.source); e.kind == linear && n > 0 && n < len(m.devices) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// beside picks the files of the block devices behind the first.
func beside(lead image.Part, siblings []image.Part) []int {
	geo, base, err := findGeometry(lead, lead.Size)
	if err != nil {
		return nil
	}
	slots, err := readSlots(lead, lead.Size, geo, base, &volume{Index: image.NewIndex()})
	if err != nil {
		return nil
	}
	names := make([]string, len(siblings))
	for i, s := range siblings {
		names[i] = s.Name
	}
	var out []int
	for _, m := range slots {
		for _, n := range m.further() {
			if k := m.find(n, lead.Name, names); k >= 0 && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

// sources are the devices of a slot's table, in its order; those that are not there have no reader.
func (m *metadata) sources(parts []image.Part, x *volume) []source {
	lead := parts[0]
	out := []source{{lead, lead.Size, path.Base(lead.Name)}}
	names := make([]string, len(parts)-1)
	for i, p := range parts[1:] {
		names[i] = p.Name
	}
	for n := 1; n < len(m.devices); n++ {
		d := source{name: m.devices[n].name}
		if k := m.find(n, lead.Name, names); k >= 0 {
			p := parts[1+k]
			if most := m.devices[n].size; most > 0 && uint64(p.Size) > most {
				x.Miss("", image.Errorf(image.Malformed, -1, "%s has %d bytes, the block device %q %d: it is not read as one", p.Name, p.Size, d.name, most))
			} else {
				d = source{p, p.Size, path.Base(p.Name)}
			}
		}
		out = append(out, d)
	}
	return out
}
