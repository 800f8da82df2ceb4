package erofs

import (
	"strconv"

	"romscan/analyzer/image"
)

// maxCounted bounds the chunks that are looked at to tell what is missing.
const maxCounted = 1 << 22

// count notes what of a file lies on devices that are not there.
func (w *indexer) count(i *inode) {
	if !w.v.lacking() || !i.isRegular() || i.size == 0 || w.counted > maxCounted {
		return
	}
	c := w.v.content(i)
	c.once.Do(c.build)
	w.counted += int64(len(c.extents)) + 1
	lost := map[*device]int64{}
	for k, e := range c.extents {
		end := i.size
		if k+1 < len(c.extents) {
			end = c.extents[k+1].pos
		} else if c.err != nil {
			end = c.limit
		}
		if d := w.v.missing(e); d != nil {
			lost[d] += end - e.pos
		}
	}
	for d, n := range lost {
		d.lost.bytes += n
		d.lost.files++
	}
}

// lacking reports whether a device is not there.
func (v *volume) lacking() bool {
	for k := range v.devices {
		if v.devices[k].from == nil {
			return true
		}
	}
	return false
}

// missing returns the device that an extent lies on, if it is not there.
func (v *volume) missing(e extent) *device {
	var d *device
	switch {
	case e.kind == hole || e.kind == fragment || e.meta:
	case e.device == 0:
		d = v.region(e.at)
	case int(e.device) <= len(v.devices):
		d = &v.devices[e.device-1]
	}
	if d == nil || d.from != nil {
		return nil
	}
	return d
}

// tellLost makes a gap of each device that is not there.
func (w *indexer) tellLost() {
	for k := range w.v.devices {
		d := &w.v.devices[k]
		if d.from != nil {
			continue
		}
		about := ""
		if w.counted > maxCounted {
			about = "at least "
		}
		size := "of unstated size"
		if d.bytes > 0 {
			size = "of " + bytesOf(d.bytes)
		}
		at := w.v.deviceTable*deviceSlot + int64(k)*deviceSlot
		w.x.Miss("", image.Errorf(image.Unsupported, at, "%s %s is not there and no file beside fits: %s%s of %d files lie on it", d, size, about, bytesOf(d.lost.bytes), d.lost.files))
	}
}

func bytesOf(n int64) string { return strconv.FormatInt(n, 10) + " bytes" }
