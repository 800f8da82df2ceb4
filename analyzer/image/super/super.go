// Package super reads super.img: the logical partitions of devices since Android 10.
//
// In: a raw super image, or super_empty.img, which has metadata only. Out: an [image.Index] with one file per
// logical partition, "system_a.img", whose reads are translated to the extents that hold its bytes.
//
//	fsys, err := super.Format().Open(r, size, budget)
//	f, err := fsys.Open("system_a.img")
//
// Limit: extents on block devices other than the first (retrofitted devices) lie in other images.
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
		},
		Limits: []string{
			"extents on other block devices than the first are reported and unreadable",
			"of several metadata slots, the first that is sound counts; partitions only another slot has are added",
		},
		Sniff: sniff,
		Open:  open,
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
			add(x.Index, r, size, m, p)
		}
	}
	return x, nil
}

// add lists one partition. What it lacks in this image is a gap; its file is listed all the same.
func add(x *image.Index, r io.ReaderAt, size int64, m *metadata, p partition) {
	s, err := m.space(r, size, p)
	if err != nil {
		x.Miss(p.name, err)
	}
	attr := image.Attr{Offset: -1}
	if len(s.runs) > 0 && s.runs[0].kind == linear {
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
