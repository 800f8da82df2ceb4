package sparse

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

// names are the forms in which pieces of one image are numbered; the stem comes first, the number last.
//
//	system.img_sparsechunk.0, system.img_sparsechunk1   Motorola; SparseConverter
//	super.img.0, system.sparse.0                        Xiaomi; what AOSP's simg2simg writes: name, dot, number
//	system.000                                          cut by number alone: from 000 on only
var names = [...]*regexp.Regexp{
	regexp.MustCompile(`(?i)^(.+?)_sparsechunk\.?([0-9]{1,4})$`),
	regexp.MustCompile(`(?i)^(.+\.(?:img|sparse|simg))\.([0-9]{1,4})$`),
	regexp.MustCompile(`^(.+)\.([0-9]{3})$`),
}

// numbered is the form that says nothing of an image: it makes a set only from 000 on.
const numbered = 2

// number splits the name of a piece; stem is "" for other names.
func number(name string) (stem string, form, n int) {
	for form, re := range names {
		if m := re.FindStringSubmatch(name); m != nil {
			n, err := strconv.Atoi(m[2])
			if err == nil {
				return m[1], form, n
			}
		}
	}
	return "", 0, 0
}

// group finds the names of pieces: two or more with one stem and form, the first numbered 0 or 1. Numbers
// that are missing in between are told by openSet. A name that has a number twice (1 and 01) makes no set.
func group(siblings []string) []image.Set {
	type key struct {
		stem string
		form int
	}
	type member struct {
		name string
		n    int
	}
	found := map[key][]member{}
	var order []key
	for _, name := range slices.Sorted(slices.Values(siblings)) {
		stem, form, n := number(name)
		if stem == "" {
			continue
		}
		k := key{stem, form}
		if found[k] == nil {
			order = append(order, k)
		}
		found[k] = append(found[k], member{name, n})
	}
	var sets []image.Set
	for _, k := range order {
		members := found[k]
		slices.SortFunc(members, func(a, b member) int { return a.n - b.n })
		twice := slices.CompactFunc(slices.Clone(members), func(a, b member) bool { return a.n == b.n })
		if len(members) < 2 || len(twice) < len(members) || members[0].n > 1 || k.form == numbered && members[0].n > 0 {
			continue
		}
		s := image.Set{Name: k.stem}
		for _, m := range members {
			s.Names = append(s.Names, m.name)
		}
		sets = append(sets, s)
	}
	return sets
}

// fits tells pieces of one image from files that only are called alike: one of them is a sparse image, or all but the
// last are of one size, as a file is that was cut.
func fits(parts []image.Part) bool {
	same := true
	for i, p := range parts {
		if sniff(p, p.Size) {
			return true
		}
		same = same && (i+1 == len(parts) && p.Size <= parts[0].Size || i+1 < len(parts) && p.Size == parts[0].Size)
	}
	return same
}

// openSet puts the pieces together. What they are is decided by their content:
//
//   - all are sparse and no two have data for the same place: each is an image of the whole with DONT_CARE
//     where the others have data, as fastboot and libsparse split (sparse_file_resparse);
//   - all are sparse and they do overlap: each is an image of its own part, and the parts follow each other;
//   - the first is no sparse image, or is the only one: one file was cut into pieces, which are joined.
func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	pieces := make([]*piece, len(parts))
	sparse := 0
	for i, part := range parts {
		var err error
		if pieces[i], err = parse(part, part.Size, b); err == nil {
			sparse++
		}
	}
	switch {
	case sparse == len(parts):
		return assemble(parts, pieces).fs(), nil
	case sparse == 0 || sparse == 1 && pieces[0] != nil:
		return joined(parts, b)
	}
	for i, p := range pieces {
		if p == nil {
			return nil, image.Errorf(image.Malformed, -1, "%s is no sparse image, as other pieces are", parts[i].Name)
		}
	}
	return nil, image.Errorf(image.Malformed, -1, "no pieces")
}

// assemble lays the pieces over or behind each other.
func assemble(parts []image.Part, pieces []*piece) *piece {
	whole := &piece{}
	over := overlay(pieces)
	missing := absent(parts)
	for i, p := range pieces {
		var shift int64
		if !over {
			shift = whole.size
		}
		first := shift
		if over && len(p.segments) > 0 {
			first = p.segments[0].pos
		}
		if gone := missing[i]; gone != "" {
			// Nobody knows how much of the hole before this piece was in the missing ones.
			e := image.Errorf(image.Truncated, -1, "pieces are missing: %s", gone)
			whole.gaps = append(whole.gaps, e)
			end := whole.end()
			whole.add(segment{pos: end, length: first - end, bad: e})
		}
		for _, s := range p.segments {
			s.pos += shift
			whole.segments = append(whole.segments, s)
		}
		for _, err := range p.gaps {
			g := image.GapOf(nil, "", err)
			whole.gaps = append(whole.gaps, image.Errorf(g.Reason, g.Offset, "%s: %s", parts[i].Name, g.Detail))
		}
		if p.why != nil { // up to where the next piece begins
			end := p.size + shift
			if over && i+1 < len(pieces) && len(pieces[i+1].segments) > 0 {
				end = pieces[i+1].segments[0].pos
			}
			from := max(p.known+shift, whole.end())
			whole.add(segment{pos: from, length: end - from, bad: p.why})
		}
		whole.size = max(whole.size, p.size+shift)
	}
	whole.known = whole.size
	return whole
}

func (p *piece) end() int64 {
	if len(p.segments) == 0 {
		return 0
	}
	last := p.segments[len(p.segments)-1]
	return last.pos + last.length
}

// overlay reports whether the pieces' data, in their order, ascends without overlap.
func overlay(pieces []*piece) bool {
	var end int64
	for _, p := range pieces {
		if len(p.segments) == 0 {
			continue
		}
		if p.segments[0].pos < end {
			return false
		}
		end = p.end()
	}
	return true
}

// absent tells, for each part, which numbers are missing right before it.
func absent(parts []image.Part) []string {
	out := make([]string, len(parts))
	last := -1
	for i, part := range parts {
		_, _, n := number(part.Name[strings.LastIndexByte(part.Name, '/')+1:])
		if i > 0 && n > last+1 {
			out[i] = fmt.Sprintf("%d to %d", last+1, n-1)
		}
		last = n
	}
	return out
}

// joined reads parts that are cuts of one file: of a sparse image, or of the raw image itself.
func joined(parts []image.Part, b *image.Budget) (fs.FS, error) {
	raw := &piece{}
	missing := absent(parts)
	for i, part := range parts {
		if missing[i] != "" {
			return nil, image.Errorf(image.Truncated, -1, "pieces are missing: %s", missing[i])
		}
		raw.add(segment{pos: raw.size, length: part.Size, r: part})
		raw.size += part.Size
	}
	raw.known = raw.size
	if p, err := parse(raw, raw.size, b); err == nil {
		return p.fs(), nil
	}
	return raw.fs(), nil
}
