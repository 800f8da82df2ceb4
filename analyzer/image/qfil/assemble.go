package qfil

import (
	"fmt"
	"io"
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// set is what is made of a package.
type set struct {
	*image.Index
	parts map[string]*image.Part
	names []string // of parts, in order
	taken map[string]bool
}

// assemble makes partitions out of those of lines that are pieces, and lists the pieces that belong to none.
func (s *set) assemble(lines []program) {
	s.taken = map[string]bool{}
	type partition struct{ disk, label string }
	found := map[partition][]program{}
	var order []partition
	seen := map[string]bool{}
	for _, p := range lines {
		// Of a piece that stands in both kinds of rawprogram*.xml, the first counts. Pieces that only the other kind
		// names, or none, are not missed.
		if m := pieces.FindStringSubmatch(p.file); m == nil || seen[p.file] || s.parts[p.file] == nil && !s.stem(m[1]) {
			continue
		}
		seen[p.file] = true
		k := partition{p.disk, p.label}
		if found[k] == nil {
			order = append(order, k)
		}
		found[k] = append(found[k], p)
	}
	for _, k := range order {
		s.join(k.label, found[k])
	}
	for _, name := range s.names {
		if !s.taken[name] {
			s.alone(name, "no rawprogram*.xml says where it belongs")
		}
	}
}

// stem reports whether there is a piece of that stem.
func (s *set) stem(stem string) bool {
	return slices.ContainsFunc(s.names, func(name string) bool { return pieces.FindStringSubmatch(name)[1] == stem })
}

// alone lists a piece as it is.
func (s *set) alone(name, why string) {
	p := s.parts[name]
	s.taken[name] = true
	e := image.Entry{Mode: 0o444, Size: p.Size, Attr: image.Attr{Offset: -1, Note: why}, Open: func() (io.ReaderAt, error) { return p, nil }}
	if err := s.Add(s.Free(name), e); err != nil {
		s.Miss(name, err)
	}
}

// join makes one partition.
func (s *set) join(label string, lines []program) {
	for _, p := range lines {
		part := s.parts[p.file]
		if p.start < 0 || part != nil && string(bin.Head(part, part.Size, 4)) == "\x3A\xFF\x26\xED" {
			s.apart(label, lines)
			return
		}
	}
	slices.SortStableFunc(lines, func(a, b program) int { return int(min(max(a.start*a.sector-b.start*b.sector, -1), 1)) })
	base := lines[0].start * lines[0].sector
	space := image.NewSpace(0)
	for _, p := range lines {
		var r io.ReaderAt
		part, n, stated := s.parts[p.file], int64(0), p.sectors*p.sector
		if part == nil {
			err := image.Errorf(image.Truncated, -1, "%s is missing: %d bytes of %s", p.file, stated, label)
			s.Miss(p.file, err)
			r, n = missing{err}, stated
		} else {
			s.taken[p.file] = true
			from := p.from * p.sector
			n = max(part.Size-from, 0)
			if stated > 0 {
				if n = min(n, stated); stated-n >= p.sector {
					s.Miss(p.file, image.Errorf(image.Truncated, part.Size, "%d bytes stated, %d there", stated, n))
				}
			}
			r = image.NewSection(part, from, n)
		}
		if p.start*p.sector-base+n > maxPartition {
			s.Miss(p.file, image.Errorf(image.Malformed, -1, "%d bytes into %s", p.start*p.sector-base, label))
			continue
		}
		if err := space.Place(p.start*p.sector-base, n, r); err != nil {
			g := image.GapOf(nil, "", err)
			s.Miss(p.file, image.Errorf(g.Reason, -1, "in %s: %s", label, g.Detail))
		}
	}
	name, note := label, ""
	if valid, _, ok := image.ValidName(label); !ok || valid != label {
		name, note = pieces.FindStringSubmatch(lines[0].file)[1], fmt.Sprintf("label is %.80q", label)
	}
	e := image.Entry{Mode: 0o444, Size: space.Size(), Attr: image.Attr{Offset: -1, Note: note}}
	e.Open = func() (io.ReaderAt, error) { return space, nil }
	if err := s.Add(s.Free(name+".img"), e); err != nil {
		s.Miss(name, err)
	}
}

// apart lists the pieces of a partition one by one, because it cannot be put together.
func (s *set) apart(label string, lines []program) {
	s.Miss(label, image.Errorf(image.Unsupported, -1, "pieces that are sparse images, or count from the end of the disk, are not put together"))
	for _, p := range lines {
		if s.parts[p.file] != nil && !s.taken[p.file] {
			s.alone(p.file, "a piece of "+label)
		}
	}
}

// missing is a piece that is not there.
type missing struct{ err error }

// ReadAt implements [io.ReaderAt].
func (m missing) ReadAt([]byte, int64) (int, error) { return 0, m.err }
