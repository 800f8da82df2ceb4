package iscab

import (
	"bytes"
	"crypto/md5"
	"io"
	"math"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// volume is a .cab. Behind what headers and volumes have in common stands, little endian, in u32 up to version 5 and in
// u64 since: offset of the data; u32 index of the first file, u32 of the last; of the first and of the last file the
// offset, the size and the size deflated, as far as they are in this volume.
type volume struct {
	image.Part
	at          int64 // in the set
	data        int64
	first, last edge
}

// edge is the first or last file of a volume.
type edge struct {
	index              int64
	data, size, packed int64
}

const (
	oldVolume = 40
	newVolume = 64
)

func readVolume(p image.Part, version int) (volume, error) {
	v := volume{Part: p}
	if _, err := readCommon(p, p.Size); err != nil {
		return v, err
	}
	n := int64(newVolume)
	if version <= lastOld {
		n = oldVolume
	}
	raw, err := bin.ReadAt(p, p.Size, commonSize, n, n)
	if err != nil {
		return v, err
	}
	b := bin.Little(raw, commonSize)
	number := func() int64 { return int64(min(b.U64(), math.MaxInt64)) }
	if version <= lastOld {
		number = func() int64 { return int64(b.U32()) }
	}
	v.data = number()
	if version <= lastOld {
		b.Skip(4)
	}
	v.first.index, v.last.index = int64(b.U32()), int64(b.U32())
	for _, e := range []*edge{&v.first, &v.last} {
		e.data, e.size, e.packed = number(), number(), number()
	}
	return v, nil
}

// hasData tells a cabinet that is whole from a header alone, whose bytes there are zeros.
func (v *volume) hasData() bool { return v.data > 0 && v.data <= v.Size }

// stretch is a part of a file in one volume.
type stretch struct {
	volume int
	off, n int64
}

// stretches returns where the n bytes of file i are.
func (c *cabinet) stretches(i int, n int64) ([]stretch, error) {
	f := &c.header.files[i]
	at := f.volume - 1
	if c.header.version <= lastOld {
		for at = 0; at < len(c.volumes) && int64(i) > c.volumes[at].last.index; at++ {
		}
	}
	var list []stretch
	split := f.flags&flagSplit != 0
	for left := n; left > 0; at++ {
		if at < 0 || at >= len(c.volumes) {
			return list, image.Errorf(image.Truncated, f.header, "volume %d is missing: %d of %d bytes are there", at+1, n-left, n)
		}
		v := &c.volumes[at]
		last, first := int64(i) == v.last.index && v.last.data != 0 && v.last.data != math.MaxInt32, int64(i) == v.first.index
		if c.header.version == lastOld { // which has no such flag
			out := f.data > v.Size-n // unshield does not ask this, and takes the first and the last file of all for whole
			split = split || last && v.last.packed != f.packed && (out || i+1 < len(c.header.files)) || first && v.first.packed != f.packed && (out || i > 0)
		}
		s := stretch{at, f.data, left}
		if split {
			var e edge
			switch {
			case last:
				e = v.last
			case first:
				e = v.first
			default:
				return list, image.Errorf(image.Malformed, f.header, "volume %d has none of the rest: %d of %d bytes are there", at+1, n-left, n)
			}
			s.off, s.n = e.data, e.packed
			if f.flags&flagCompressed == 0 {
				s.n = e.size
			}
			if s.n <= 0 {
				return list, image.Errorf(image.Malformed, commonSize, "%d bytes of a file in volume %d", s.n, at+1)
			}
			s.n = min(s.n, left)
		}
		list = append(list, s)
		left -= s.n
	}
	return list, nil
}

// maxLinks bounds how often a file can be said to be another one.
const maxLinks = 64

// add lists file i.
func (c *cabinet) add(i int) {
	f := &c.header.files[i]
	if f.flags&flagInvalid != 0 || f.name == 0 {
		return // a place that is not used
	}
	name := c.header.path(f)
	from := i
	for n := 0; f.cannot == nil && f.link&linkPrevious != 0; n++ {
		if from = int(f.previous); n == maxLinks || from >= len(c.header.files) {
			c.Miss(name, image.Errorf(image.Malformed, f.header, "it is stated to be file %d", from))
			return
		}
		f = &c.header.files[from]
	}
	if f.cannot != nil {
		c.Miss(name, f.cannot)
		return
	}
	if f.data == 0 && f.flags&flagSplit == 0 {
		return
	}
	n := f.size
	if f.flags&flagCompressed != 0 {
		n = f.packed
	}
	list, err := c.stretches(from, n)
	if len(list) == 1 && f.flags&flagSplit == 0 && list[0].off == c.volumes[list[0].volume].Size && n > 0 {
		c.Miss(name, image.Errorf(image.Unsupported, f.header, "the file lies beside the cabinet"))
		return
	}
	if err != nil {
		c.Miss(name, err)
		if len(list) == 0 {
			return
		}
	}
	c.place(name, f, list, n)
}

// place lists a file whose bytes are in these stretches.
func (c *cabinet) place(name string, f *file, list []stretch, n int64) {
	e := image.Entry{Mode: 0o444, Size: f.size, Attr: image.Attr{Offset: -1}}
	space := image.NewSpace(0)
	for _, s := range list {
		v := &c.volumes[s.volume]
		if s.off > v.Size || s.n > v.Size-s.off {
			c.Miss(name, image.Errorf(image.Truncated, v.Size, "%d bytes at %d of volume %d, which ends before", s.n, s.off, s.volume+1))
		}
		if err := space.Place(space.Size(), s.n, image.NewSection(v, s.off, s.n)); err != nil {
			c.Miss(name, err)
			return
		}
	}
	var in io.ReaderAt = image.NewSection(space, 0, n) // what is missing fails
	if len(list) > 0 {
		e.Attr.Offset = c.volumes[list[0].volume].at + list[0].off
	}
	if f.flags&flagObfuscated != 0 {
		in = obfuscated{in}
		e.Attr.Note = "obfuscated"
	}
	if f.flags&flagCompressed != 0 && f.size > 0 {
		e.Attr.Offset = -1
		in = &deflated{in: in, packed: n, size: f.size, at: f.header, budget: c.budget}
	}
	e.Open = func() (io.ReaderAt, error) { return in, nil }
	listed := c.AddFile(name, e)
	if listed != "" && c.header.version > lastOld && !bytes.Equal(f.sum, make([]byte, md5.Size)) {
		check := image.Check{Name: listed, What: "md5", Whole: true, Offset: f.header}
		c.LaterSum(check, in, 0, f.size, func() image.Summer { return md5.New() }, f.sum)
	}
}
