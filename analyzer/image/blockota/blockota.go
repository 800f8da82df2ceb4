// Package blockota reads block-based update packages of Android 5 to 10: system.new.dat, plain, in numbered
// parts, under brotli or xz, with its system.transfer.list.
//
// In: the files of one partition as a set, and for an incremental update the base. Out: an [image.Index] with one file,
// "image", the partition as the update leaves it: reads are translated to where the transfer list takes each block
// from; blocks that a patch makes are made when they are read.
//
//	sets := blockota.Format().Group(names)
//	fsys, err := blockota.Format().OpenSet(parts, budget)
//
// Limit: blocks that an incremental package takes from the old image cannot be read without a base.
package blockota

import (
	"io"
	"io/fs"
	"path"
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
			"AOSP bootable/recovery/updater/blockimg.cpp, applypatch/imgpatch.cpp",
			"AOSP build/tools/releasetools/blockimgdiff.py",
		},
		Limits: []string{
			"without a base, blocks of incremental packages that come from the old image are reported and unreadable",
			"a patch that takes more than a quarter of the memory budget, with what it reads, is not applied",
			"blocks that an incremental package leaves as they were have no hash of their own; nor have any in lists of version 1 and 2",
			"a hash tree that the device computes reads as zeros",
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

const patchName = ".patch.dat"

// group joins each transfer list with its data: the list first, then the parts in their order, then the patches.
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
		if slices.Contains(names, stem+patchName) {
			s.Names = append(s.Names, stem+patchName)
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
	v := &view{pieces: m.now.pieces(), rest: m.now.rest, commands: m.commands, budget: b}
	rest := parts[1:]
	if last := rest[len(rest)-1]; strings.HasSuffix(last.Name, patchName) {
		v.patches, rest = section{last, last.Size}, rest[:len(rest)-1]
	}
	x := image.NewIndex()
	for _, g := range m.gaps {
		x.Miss("", g)
	}
	if len(rest) > 0 {
		if v.data.r, v.data.size, err = source(rest, b); err != nil {
			x.Miss("", err)
		}
		if want := int64(m.fresh) * blockSize; v.data.r != nil && want > v.data.size {
			x.Miss("", image.Errorf(image.Truncated, v.data.size, "the list takes %d bytes from new.dat, which has %d", want, v.data.size))
		}
	}
	if v.data.r == nil && m.now.rest == zeros {
		return x, nil
	}
	v.size = int64(m.blocks) * blockSize
	for _, err := range v.findBase(m, path.Base(parts[0].Name)) {
		x.Miss("", err)
	}
	e := image.Entry{Mode: 0o444, Size: v.size, Attr: image.Attr{Offset: -1}, Open: func() (io.ReaderAt, error) { return v, nil }}
	return &update{x, v}, x.Add(Name, e)
}

// findBase looks for what an incremental update starts from, the partition that its list is named after, and says what
// cannot be read.
func (v *view) findBase(m *transfers, list string) []error {
	if v.rest != base {
		return nil
	}
	why := ""
	if v.budget.Base != nil {
		name, _, _ := strings.Cut(list, ".")
		r, size, err := v.budget.Base.Partition(name, 0)
		if err == nil && r != nil {
			v.old = section{r, size}
			v.size = max(v.size, size) // what lies behind all commands stays, too
		} else if err != nil {
			why = "; " + image.GapOf(nil, "", err).Detail
		}
	}
	var old, patched int64
	for _, p := range m.now.read(nil, 0, m.blocks, 0, 2*maxRanges) {
		if p.origin == base || p.origin >= 0 && v.commands[p.origin].needsBase {
			old += int64(p.count)
		}
		if p.origin >= 0 && v.commands[p.origin].name != "move" {
			patched += int64(p.count)
		}
	}
	var gaps []error
	if old > 0 && v.old.r == nil {
		gaps = append(gaps, image.Errorf(image.Unsupported, -1, "incremental update: %d of %d bytes come from the image before it%s", old*blockSize, v.size, why))
	} else if patched > 0 && v.patches.r == nil {
		gaps = append(gaps, image.Errorf(image.Truncated, -1, "incremental update: %d of %d bytes are patched, and patch.dat is not there", patched*blockSize, v.size))
	}
	if v.old.r != nil {
		v.limit()
		if err := v.probe(); err != nil {
			gaps = append(gaps, err)
		}
	}
	return gaps
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
