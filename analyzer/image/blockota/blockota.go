// Package blockota reads block-based update packages of Android 5 to 10: system.new.dat, plain, in numbered
// parts, under brotli or xz, with its system.transfer.list.
//
// In: the files of one partition as a set. Out: an [image.Index] with one file, "image", the partition as the
// update writes it: reads are translated to where the transfer list takes each block from.
//
//	sets := blockota.Format().Group(names)
//	fsys, err := blockota.Format().OpenSet(parts, budget)
//
// Limit: blocks that an incremental package takes from the old image cannot be read without it.
package blockota

import (
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"

	"romscan/analyzer/image"
	"romscan/analyzer/image/lzma"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes block-based update packages.
func Format() image.Format {
	return image.Format{
		Name: "blockota",
		Doc:  "Block-based update: NAME.transfer.list with NAME.new.dat, split, under brotli or xz (Android 5 to 10).",
		Refs: []string{
			"AOSP bootable/recovery/updater/blockimg.cpp",
			"AOSP build/tools/releasetools/blockimgdiff.py",
		},
		Limits: []string{
			"blocks of incremental packages that come from the old image are reported and unreadable",
		},
		Single: true,
		Sniff:  func(io.ReaderAt, int64) bool { return false }, // one file alone says nothing
		Open: func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) {
			return nil, image.Errorf(image.Unsupported, 0, "a transfer list and its data are needed")
		},
		Group:   group,
		OpenSet: openSet,
	}
}

var dataName = regexp.MustCompile(`^(.+)\.new\.dat(\.br|\.xz)?(?:\.(\d+))?$`)

// group joins each transfer list with its data: the list first, then the parts in their order.
func group(names []string) []image.Set {
	type part struct {
		name string
		n    int
	}
	parts := map[string][]part{}
	for _, name := range names {
		m := dataName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi("0" + m[3])
		if err != nil {
			continue
		}
		parts[m[1]] = append(parts[m[1]], part{name, n})
	}
	var sets []image.Set
	for _, list := range slices.Sorted(slices.Values(names)) {
		stem, ok := strings.CutSuffix(list, ".transfer.list")
		if !ok || len(parts[stem]) == 0 {
			continue
		}
		p := parts[stem]
		slices.SortFunc(p, func(a, b part) int { return a.n - b.n })
		s := image.Set{Name: stem + ".img", Names: []string{list}}
		for _, x := range p {
			s.Names = append(s.Names, x.name)
		}
		sets = append(sets, s)
	}
	return sets
}

// maxList bounds a transfer list; real ones stay below 1 MiB.
const maxList = 64 << 20

func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	if len(parts) < 2 {
		return nil, image.Errorf(image.Truncated, -1, "a transfer list without data")
	}
	if parts[0].Size > maxList {
		return nil, image.Errorf(image.OverBudget, 0, "transfer list of %d bytes", parts[0].Size)
	}
	text := make([]byte, parts[0].Size)
	if n, err := parts[0].ReadAt(text, 0); int64(n) < parts[0].Size {
		return nil, image.Errorf(image.Truncated, int64(n), "transfer list: %v", err)
	}
	m, err := parse(string(text))
	if err != nil {
		return nil, err
	}
	x := image.NewIndex()
	for _, g := range m.gaps {
		x.Miss("", g)
	}
	data, size, err := source(parts[1:], b)
	if err != nil {
		x.Miss("", err)
	}
	if data == nil {
		return x, nil
	}
	if want := m.fresh * blockSize; want > size {
		x.Miss("", image.Errorf(image.Truncated, size, "the list takes %d bytes from new.dat, which has %d", want, size))
	}
	v := &view{data: data, size: m.blocks * blockSize, segments: m.segments}
	e := image.Entry{Mode: 0o444, Size: v.size, Attr: image.Attr{Offset: -1}, Open: func() (io.ReaderAt, error) { return v, nil }}
	return x, x.Add(Name, e)
}

// source gives random access to new.dat: its parts one after the other, decoded once where it is compressed.
func source(parts []image.Part, b *image.Budget) (io.ReaderAt, int64, error) {
	var c concat
	for _, p := range parts {
		c.parts = append(c.parts, p)
		c.size += p.Size
	}
	name, open := "brotli", func(r io.Reader) io.ReadCloser { return io.NopCloser(brotli.NewReader(r)) }
	switch {
	case strings.Contains(parts[0].Name, ".new.dat.xz"):
		name, open = "xz", func(r io.Reader) io.ReadCloser { return lzma.NewXZReader(r, b.Memory/4) }
	case !strings.Contains(parts[0].Name, ".new.dat.br"):
		return c, c.size, nil
	}
	s, err := b.Decode(c.size, func() (io.ReadCloser, error) { return open(io.NewSectionReader(c, 0, c.size)), nil })
	if err != nil {
		err = image.Errorf(image.GapOf(nil, "", image.BrokenStream(err)).Reason, -1, "%s: %v", name, err)
	}
	if s == nil {
		return nil, 0, err
	}
	return s, s.Size(), err
}
