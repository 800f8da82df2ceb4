package erofs

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// deviceSlot is the size of a struct erofs_deviceslot, in bytes.
const deviceSlot = 128

// device is a further device: a file that holds data only.
type device struct {
	number int    // from 1 on, as chunks name it
	tag    string // what identifies it, mostly empty
	bytes  int64  // as stated, 0 where nothing is
	start  int64  // where it begins among all addresses, in bytes; 0 where it has none
	from   *space // where it lies, nil where it is not there
	shift  int64  // of its first byte in from
	// lost is what was found to lie on a device that is not there.
	lost struct{ bytes, files int64 }
}

// readDevices reads the device table and finds the devices among files, which are the siblings of the image. A device
// whose addresses lie in the image itself was appended to it (flatdev in fs/erofs/super.c).
func (v *volume) readDevices(lead string, files []image.Part) error {
	var err error
	if v.devices, err = v.deviceSlots(v.device); err != nil {
		return err
	}
	for n := range v.devices {
		d := &v.devices[n]
		if k := d.pick(lead, len(v.devices), files); k >= 0 {
			d.from = &space{r: files[k], size: files[k].Size}
		} else if d.inside(v.device.size) {
			d.from, d.shift = &v.device, d.start
		}
		if d.start > 0 {
			v.regions = append(v.regions, d)
		}
	}
	slices.SortStableFunc(v.regions, func(a, b *device) int { return int(min(max(a.start-b.start, -1), 1)) })
	return nil
}

func (sb *super) deviceSlots(s space) ([]device, error) {
	if sb.incompat&incompatDeviceTable == 0 {
		return nil, nil
	}
	raw, err := bin.ReadAt(s.r, s.size, sb.deviceTable*deviceSlot, int64(sb.extraDevices)*deviceSlot, deviceSlot<<16)
	if err != nil {
		return nil, err
	}
	var out []device
	for ; len(raw) >= deviceSlot; raw = raw[deviceSlot:] {
		c := bin.Little(raw, 0)
		tag, _, _ := strings.Cut(string(c.Bytes(64)), "\x00")
		blocks, start := int64(c.U32()), int64(c.U32())
		if sb.incompat&incompat48bit != 0 {
			blocks |= int64(c.U16()) << 32
			// The tools' header has uniaddr_hi here, the kernel's two bytes on, behind blocks_hi of 32 bits. The other
			// is zero in both.
			tools, kernel := c.U16(), c.U16()
			start |= int64(tools|kernel) << 32
		}
		out = append(out, device{number: len(out) + 1, tag: text([]byte(tag)), bytes: sb.address(blocks), start: sb.address(start)})
	}
	return out, nil
}

func (d *device) inside(size int64) bool {
	return d.start > 0 && d.bytes > 0 && d.start+d.bytes <= size
}

// pick returns which of files is the device, -1 for none: the one that is called as the tag says; else, of those with
// as many bytes as the device, the only one or the only one that is called after the image. Where neither is stated
// (mkfs.erofs up to 1.5) an only device is the only file called after the image.
func (d *device) pick(lead string, devices int, files []image.Part) int {
	only := func(fits func(image.Part) bool) int {
		k := slices.IndexFunc(files, fits)
		if k >= 0 && slices.IndexFunc(files[k+1:], fits) >= 0 {
			return -1
		}
		return k
	}
	if d.tag != "" {
		tagged := func(p image.Part) bool {
			base := path.Base(p.Name)
			return strings.EqualFold(base, d.tag) || strings.EqualFold(stem(base), d.tag) || strings.HasPrefix(d.tag, "sha256:") && strings.EqualFold(stem(base), d.tag[7:])
		}
		if k := only(tagged); k >= 0 {
			return k
		}
	}
	after := func(p image.Part) bool { return stem(p.Name) == stem(lead) && path.Base(p.Name) != path.Base(lead) }
	sized := func(p image.Part) bool { return p.Size == d.bytes }
	if d.bytes > 0 {
		if k := only(sized); k >= 0 {
			return k
		}
		return only(func(p image.Part) bool { return sized(p) && after(p) })
	}
	if d.tag == "" && devices == 1 {
		return only(after)
	}
	return -1
}

// stem is a file's name up to its last dot, without the directories.
func stem(name string) string {
	base := path.Base(name)
	return base[:len(base)-len(path.Ext(base))]
}

// beside picks the files of the further devices.
func beside(lead image.Part, siblings []image.Part) []int {
	sb, err := readSuper(lead, lead.Size)
	if err != nil {
		return nil
	}
	devices, err := sb.deviceSlots(space{r: lead, size: lead.Size})
	if err != nil {
		return nil
	}
	var out []int
	for n := range devices {
		d := &devices[n]
		if k := d.pick(lead.Name, len(devices), siblings); k >= 0 && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// region returns the device that an address belongs to, nil for the image.
func (v *volume) region(at int64) *device {
	k, found := slices.BinarySearchFunc(v.regions, at, func(d *device, at int64) int { return int(min(max(d.start-at, -1), 1)) })
	if found {
		return v.regions[k]
	}
	if k > 0 && at-v.regions[k-1].start < v.regions[k-1].bytes {
		return v.regions[k-1]
	}
	return nil
}

// locate returns where bytes lie that a chunk or cluster says to be at an address: in the image, on the device with a
// number or, without one, on the device that the address belongs to (erofs_map_dev).
func (v *volume) locate(number uint16, at int64) (*space, int64, error) {
	d := (*device)(nil)
	switch {
	case int(number) > len(v.devices):
		return nil, 0, image.Errorf(image.Malformed, at, "the data lies on device %d of %d", number, len(v.devices))
	case number != 0:
		d = &v.devices[number-1]
	default:
		if d = v.region(at); d == nil {
			return &v.device, at, nil
		}
		at -= d.start
	}
	if d.from == nil {
		return nil, 0, image.Errorf(image.Unsupported, at, "the data lies on %s, which is not there", d)
	}
	return d.from, min(at, 1<<62) + d.shift, nil // the sum may have no more bits
}

// String names a device.
func (d *device) String() string {
	s := "device " + strconv.Itoa(d.number)
	if d.tag != "" {
		s += " (" + d.tag + ")"
	}
	return s
}
