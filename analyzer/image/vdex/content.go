package vdex

import (
	"cmp"
	"io"
	"slices"

	"romscan/analyzer/image"
)

// content is a DEX as it is shown: its bytes, those of its data behind them where it is compact, and code units that are
// replaced in what is read.
type content struct {
	dex        Dex
	main, tail io.ReaderAt
	data       uint32 // where the data of a compact DEX begin
	size       int64
	patches    []patch // in the order of their places
}

// patch is a code unit, two bytes, that is shown instead of what is there.
type patch struct {
	at   uint32 // in the DEX, as it is shown
	unit uint16
}

const (
	dataAlign = 16
	dataField = 108 // data_off in the header
)

func newContent(r io.ReaderAt, d Dex) *content {
	c := &content{dex: d, main: image.NewSection(r, d.Offset, d.Size), size: d.Size}
	if d.Compact {
		c.data = uint32((d.Size + dataAlign - 1) &^ (dataAlign - 1))
		c.tail = image.NewSection(r, d.Data.Offset, d.Data.Size)
		c.size = int64(c.data) + d.Data.Size
		// the data are shown at another distance than they lie; the checksum leaves this field out
		c.patches = []patch{{dataField, uint16(c.data)}, {dataField + 2, uint16(c.data >> 16)}}
	}
	return c
}

// patch adds patches. Of two at one place the first counts.
func (c *content) patch(list []patch) {
	c.patches = append(c.patches, list...)
	slices.SortStableFunc(c.patches, func(a, b patch) int { return cmp.Compare(a.at, b.at) })
	c.patches = slices.Clip(slices.CompactFunc(c.patches, func(a, b patch) bool { return a.at == b.at }))
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= c.size {
		return 0, io.EOF
	}
	n, err := c.raw(p[:min(int64(len(p)), c.size-off)], off)
	c.apply(p[:n], off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// raw reads what is there, with zeros between a compact DEX and its data. p ends inside the content.
func (c *content) raw(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		at, rest := off+int64(done), p[done:]
		var n int
		var err error
		switch {
		case at < c.dex.Size:
			n, err = c.main.ReadAt(rest[:min(int64(len(rest)), c.dex.Size-at)], at)
		case at < int64(c.data):
			n = int(min(int64(len(rest)), int64(c.data)-at))
			clear(rest[:n])
		default:
			n, err = c.tail.ReadAt(rest, at-int64(c.data))
		}
		done += n
		if err != nil && err != io.EOF {
			return done, err
		}
		if n == 0 {
			return done, io.ErrUnexpectedEOF
		}
	}
	return done, nil
}

func (c *content) apply(p []byte, off int64) {
	i, _ := slices.BinarySearchFunc(c.patches, off-1, func(x patch, at int64) int { return cmp.Compare(int64(x.at), at) })
	for ; i < len(c.patches); i++ {
		at := int64(c.patches[i].at) - off
		if at >= int64(len(p)) {
			return
		}
		if at >= 0 {
			p[at] = byte(c.patches[i].unit)
		}
		if at+1 >= 0 && at+1 < int64(len(p)) {
			p[at+1] = byte(c.patches[i].unit >> 8)
		}
	}
}
