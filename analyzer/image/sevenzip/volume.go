package sevenzip

import (
	"io/fs"
	"regexp"
	"slices"

	"romscan/analyzer/image"
)

var volume = regexp.MustCompile(`(?i)^(.+\.7z)\.([0-9]{3,5})$`)

// group takes the volumes of an archive, if they are all there: 001, 002 and so on.
func group(names []string) []image.Set {
	var sets []image.Set
	for _, name := range slices.Sorted(slices.Values(names)) {
		m := volume.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		if k := len(sets) - 1; k >= 0 && sets[k].Name == m[1] {
			sets[k].Names = append(sets[k].Names, name)
		} else {
			sets = append(sets, image.Set{Name: m[1], Names: []string{name}})
		}
	}
	return slices.DeleteFunc(sets, func(s image.Set) bool { return len(s.Names) < 2 || volumeNumber(s.Names[0]) != 1 })
}

// volumeNumber is -1 for a name that is none of a volume.
func volumeNumber(name string) int {
	m := volume.FindStringSubmatch(name)
	if m == nil {
		return -1
	}
	n := 0
	for _, c := range m[2] {
		n = 10*n + int(c-'0')
	}
	return n
}

func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	whole := image.NewSpace(0)
	for i, p := range parts {
		if n := volumeNumber(p.Name); n >= 0 && n != i+1 {
			return nil, image.Errorf(image.Truncated, whole.Size(), "volume %03d is missing", i+1)
		}
		if err := whole.Place(whole.Size(), p.Size, p); err != nil {
			return nil, err
		}
	}
	if !sniff(whole, whole.Size()) {
		return nil, image.Errorf(image.Malformed, 0, "no magic of 7z")
	}
	return open(whole, whole.Size(), b)
}
