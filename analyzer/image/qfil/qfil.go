// Package qfil puts together the partitions that Qualcomm's flashing packages (QFIL, firehose) hold in several files.
//
// In: the files of a directory that has rawprogram*.xml, and pieces as they are named there: system_1.img,
// system_2.img. Out: an [image.Index] with one file a partition, "system.img", read from the pieces at the places that
// the XML gives them; what lies between reads as zeros. Files that are no pieces are left where they are.
//
//	for _, set := range qfil.Format().Group(names) { fsys, err := qfil.Format().OpenSet(parts, budget) … }
//
// Limit: a partition begins with its first piece; patch*.xml, which changes partition tables, is not applied.
package qfil

import (
	"cmp"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"romscan/analyzer/image"
)

// Name is what a set is called.
const Name = "rawprogram.images"

// Format describes Qualcomm's flashing packages.
func Format() image.Format {
	return image.Format{
		Name: "qfil",
		Doc:  "QFIL set: rawprogram*.xml and partitions in several pieces, which begin where the XML says; factory firmware of phones with Qualcomm processors.",
		Refs: []string{
			"https://github.com/bkerler/edl (edlclient/Library/firehose_client.py: qfil)",
			"https://github.com/linux-msm/qdl (program.c)",
		},
		Limits: []string{
			"no package made by a device's vendor was met",
			"patch*.xml is not applied",
			"pieces that are sparse images of their own are listed one by one",
			"the set holds the pieces only; files of one piece stand beside it, whatever the XML says of them",
		},
		Sniff: func(io.ReaderAt, int64) bool { return false }, // one file alone is what it is
		Open: func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) {
			return nil, image.Errorf(image.Unsupported, -1, "one piece of a partition without the others")
		},
		Group:   group,
		OpenSet: openSet,
	}
}

var (
	programs = regexp.MustCompile(`(?i)^rawprogram.*\.xml$`)
	pieces   = regexp.MustCompile(`(?i)^(.+)_([0-9]{1,4})\.(img|bin|raw|ext4)$`)
)

// group takes the XML files, those that tell of pieces first, and the names that look like pieces: two or more of one
// stem. What they are, the XML says.
func group(names []string) []image.Set {
	var set, found []string
	stems := map[string]int{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if programs.MatchString(name) {
			set = append(set, name)
		} else if m := pieces.FindStringSubmatch(name); m != nil {
			found = append(found, name)
			stems[m[1]]++
		}
	}
	slices.SortStableFunc(set, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	xmls := len(set)
	for _, name := range found {
		if stems[pieces.FindStringSubmatch(name)[1]] > 1 {
			set = append(set, name)
		}
	}
	if xmls == 0 || len(set) == xmls {
		return nil
	}
	return []image.Set{{Name: Name, Names: set}}
}

// rank puts rawprogram_unsparse*.xml first: where there are both, rawprogram*.xml names the same partitions as sparse
// images, which are not pieces of anything.
func rank(name string) int {
	if strings.Contains(strings.ToLower(name), "unsparse") {
		return 0
	}
	return 1
}

func openSet(parts []image.Part, _ *image.Budget) (fs.FS, error) {
	s := &set{Index: image.NewIndex(), parts: map[string]*image.Part{}}
	var lines []program
	for i := range parts {
		p := &parts[i]
		base := p.Name[strings.LastIndexByte(p.Name, '/')+1:]
		if !programs.MatchString(base) {
			s.parts[base], s.names = p, append(s.names, base)
			continue
		}
		more, err := readPrograms(base, p)
		if err != nil {
			s.Miss(base, err)
		}
		lines = append(lines, more...)
	}
	s.assemble(lines)
	return s.Index, nil
}
