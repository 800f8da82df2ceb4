// Package super reads super.img: the logical partitions of devices since Android 10.
//
// In: a raw super image, or super_empty.img, which has metadata only. Out: an [image.Index] with one file per
// logical partition, "system_a.img", whose reads are translated to the extents that hold its bytes.
//
//	fsys, err := super.Format().Open(r, size, budget)
//	f, err := fsys.Open("system_a.img")
//
// Limit: extents on block devices other than the first (retrofitted devices) lie in other images, which are found by
// their names and only where they lie beside.
package super

import (
	"context"
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Format describes super images.
func Format() image.Format {
	return image.Format{
		Name: "super",
		Doc:  "super.img: logical partitions (system, vendor, product …) in one image, since Android 10.",
		Refs: []string{
			"AOSP system/core/fs_mgr/liblp/include/liblp/metadata_format.h",
			"AOSP system/core/fs_mgr/liblp/reader.cpp",
			"AOSP system/core/fastboot/super_flash_helper.cpp, fs_mgr/liblp/images.cpp: names of the files of several devices",
		},
		Limits: []string{
			"extents on further block devices (retrofitted devices) are read where the devices' files lie beside: super_vendor.img beside super_system.img, vendor.img beside system.img; else reported and unreadable",
			"no device's set of such files was met",
			"of several metadata slots, the first that is sound counts; partitions only another slot has are added",
		},
		Sniff:   sniff,
		Open:    open,
		OpenSet: openSet,
		Beside:  beside,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	_, _, err := findGeometry(r, size)
	return err == nil
}

// volume is an opened super image.
type volume struct {
	*image.Index
	checks []image.Check
}

// Verify implements [image.Verifier]: the checksums of every copy of the metadata, compared when it was opened. What
// the partitions hold has none here.
func (v *volume) Verify(_ context.Context, yield func(image.Check) bool) {
	for _, c := range v.checks {
		if !yield(c) {
			return
		}
	}
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	return openSet([]image.Part{{Name: "super.img", ReaderAt: r, Size: size}}, b)
}

// openSet opens the file with the metadata, which comes first, and those of further block devices.
func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	r, size := parts[0].ReaderAt, parts[0].Size
	geo, base, err := findGeometry(r, size)
	if err != nil {
		return nil, err
	}
	x := &volume{Index: image.NewIndex()}
	slots, err := readSlots(r, size, geo, base, x)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	left := b.Memory / 16 / runSize
	for _, m := range slots {
		sources := m.sources(parts, x)
		for _, p := range m.partitions {
			if seen[p.name] {
				continue
			}
			seen[p.name] = true
			if left -= int64(p.count); left < 0 {
				x.Miss(p.name, image.Errorf(image.OverBudget, -1, "%d extents, more than memory is for", p.count))
				left += int64(p.count)
				continue
			}
			add(x.Index, sources, m, p)
		}
	}
	return x, nil
}

// add lists one partition. What it lacks in this image is a gap; its file is listed all the same.
func add(x *image.Index, from []source, m *metadata, p partition) {
	s, err := m.space(from, p)
	if err != nil {
		x.Miss(p.name, err)
	}
	attr := image.Attr{Offset: -1}
	if len(s.runs) > 0 && s.runs[0].kind == linear && s.runs[0].device == 0 {
		attr.Offset = s.runs[0].from
	}
	name, note, ok := image.ValidName(p.name)
	if !ok {
		x.Miss("", image.Errorf(image.Malformed, -1, "partition named %q", p.name))
		return
	}
	attr.Note = note
	e := image.Entry{Mode: 0o444, Size: s.size, Attr: attr, Open: func() (io.ReaderAt, error) { return s, nil }}
	if err := x.Add(name+".img", e); err != nil {
		x.Miss(name, err)
	}
}
