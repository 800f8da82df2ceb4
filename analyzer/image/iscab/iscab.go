// Package iscab reads InstallShield's cabinets: data1.hdr with the names and data1.cab, data2.cab … with the content, or
// one .cab with both.
//
// In: such a set of files, or the one file. Out: an [image.Parts] with the files; stored ones are read in place,
// deflated ones a chunk at a time. Verify compares the MD5 of each file.
//
//	fsys, err := iscab.Format().OpenSet(parts, budget)
//	f, err := fsys.Open("rom.zip")
//
// Limit: Microsoft's cabinets, which are also called .cab, are another format and not read.
package iscab

import (
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes InstallShield's cabinets.
func Format() image.Format {
	return image.Format{
		Name: "iscab",
		Doc:  "InstallShield cabinet: data1.hdr and data1.cab, data2.cab …, in which HTC's ROM update utilities (RUU) have their rom.zip.",
		Refs: []string{
			"https://github.com/twogood/unshield (lib/cabfile.h, lib/libunshield.c, lib/file.c)",
		},
		Limits: []string{
			"of cabinets that InstallShield wrote only two of 1997 (version 0 in the header) were met, none from a utility of HTC's; the others were read from ones that the tests write and unshield reads too",
			"file groups and components are not told: the files lie in their directories, whatever group they are of",
			"files that lie beside the cabinet, as on CDs, are named and not taken in",
			"MD5s of cabinets before version 6 are not compared: unshield does not know them to be of the content",
		},
		Sniff:   func(r io.ReaderAt, size int64) bool { _, err := readCommon(r, size); return err == nil },
		Open:    open,
		Group:   group,
		Fits:    fits,
		OpenSet: openSet,
	}
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	return openSet([]image.Part{{ReaderAt: r, Size: size}}, b)
}

var numbered = regexp.MustCompile(`(?i)^(|.*[^0-9])([1-9][0-9]{0,3})\.(hdr|cab)$`)

// group finds NAME1.hdr and NAME1.cab, NAME2.cab and so on, or two or more of the latter.
func group(siblings []string) []image.Set {
	files := map[string]string{} // by the lower case of the name
	names := map[string]string{} // of the wholes, by what the names begin with
	for _, name := range slices.Sorted(slices.Values(siblings)) {
		if m := numbered.FindStringSubmatch(name); m != nil && files[strings.ToLower(name)] == "" {
			files[strings.ToLower(name)] = name
			if stem := strings.ToLower(m[1]); m[2] == "1" && names[stem] == "" {
				names[stem] = m[1] + ".cab"
			}
		}
	}
	var sets []image.Set
	for _, stem := range slices.Sorted(maps.Keys(names)) {
		s := image.Set{Name: strings.TrimPrefix(names[stem], ".")}
		if hdr := files[stem+"1.hdr"]; hdr != "" {
			s.Names = append(s.Names, hdr)
		}
		for n := 1; files[stem+strconv.Itoa(n)+".cab"] != ""; n++ {
			s.Names = append(s.Names, files[stem+strconv.Itoa(n)+".cab"])
		}
		if len(s.Names) > 1 {
			sets = append(sets, s)
		}
	}
	return sets
}

// fits tells such a set from files that only are called alike: all have the magic, the first has the names.
func fits(parts []image.Part) bool {
	for i, p := range parts {
		c, err := readCommon(p, p.Size)
		if err != nil || i == 0 && c.length == 0 {
			return false
		}
	}
	return true
}

// cabinet is a set that is being read.
type cabinet struct {
	*image.Parts
	budget  *image.Budget
	header  *header
	volumes []volume
}

func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	if len(parts) == 0 {
		return nil, image.Errorf(image.Malformed, -1, "no parts")
	}
	lead := parts[0]
	h, err := readHeader(lead, lead.Size)
	if err != nil {
		return nil, err
	}
	var size int64
	for _, p := range parts {
		size += p.Size
	}
	space := image.NewSpace(size)
	c := &cabinet{Parts: image.NewParts(space, size), budget: b, header: h}
	size = 0
	for i, p := range parts {
		if err := space.Place(size, p.Size, p); err != nil {
			return nil, err
		}
		if i > 0 || len(parts) == 1 || !strings.HasSuffix(strings.ToLower(p.Name), ".hdr") {
			v, err := readVolume(p, h.version)
			if err != nil {
				c.Miss("", err)
				v.Size = 0
			}
			v.at = size
			c.volumes = append(c.volumes, v)
		}
		size += p.Size
	}
	if len(parts) == 1 && !c.volumes[0].hasData() {
		return nil, image.Errorf(image.Truncated, lead.Size, "a header for %d files, whose content lies in other files", len(h.files))
	}
	if h.broken != nil {
		c.Miss("", h.broken)
	}
	for i := range h.files {
		c.add(i)
	}
	return c.Parts, nil
}

// common is what a header and a volume start with, little endian: "ISc(", u32 version, u32, u32 offset and u32 size of
// the descriptor; the size is 0 in volumes that have a header of their own beside them.
type common struct {
	version        int
	offset, length int64
}

const commonSize = 20

func readCommon(r io.ReaderAt, size int64) (common, error) {
	raw, err := bin.ReadAt(r, size, 0, commonSize, commonSize)
	if err != nil {
		return common{}, err
	}
	b := bin.Little(raw, 0)
	if string(b.Bytes(4)) != "ISc(" {
		return common{}, image.Errorf(image.Malformed, 0, "no magic number of a cabinet")
	}
	v := b.U32()
	b.Skip(4)
	c := common{offset: int64(b.U32()), length: int64(b.U32())}
	switch v >> 24 {
	case 1:
		c.version = int(v >> 12 & 15)
	case 2, 4:
		c.version = int(v&0xFFFF) / 100
	default:
		return c, image.Errorf(image.Unsupported, 4, "version 0x%x", v)
	}
	if c.length > 0 && c.offset < commonSize {
		return c, image.Errorf(image.Malformed, 12, "a descriptor at %d", c.offset)
	}
	return c, nil
}
