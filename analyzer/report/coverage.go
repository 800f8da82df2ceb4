package report

import (
	"path"
	"slices"
	"sort"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// followed is what signs gaps of the analysis of code: the bytes were read, what they do was not followed to the end.
const followed = "flow"

// readingGaps counts the gaps that say bytes were not read.
func readingGaps(list []image.Gap) int {
	n := 0
	for i := range list {
		if list[i].By != followed {
			n++
		}
	}
	return n
}

// gaps lists everything that was not read, in tree order, the run's own first; then what of the code was not followed.
func gaps(fw *firmware.Firmware) []Gap {
	out, late := []Gap{}, []Gap{}
	add := func(g image.Gap, s firmware.Spot) {
		to := &out
		if g.By == followed {
			to = &late
		}
		*to = append(*to, Gap{Path: g.At.String(), Device: s.Device, Partition: s.Partition, Offset: g.Offset, Reason: g.Reason, By: g.By, Detail: g.Detail})
	}
	for _, g := range fw.Record.Gaps {
		add(g, firmware.Spot{})
	}
	for i := range fw.Record.Units {
		u := &fw.Record.Units[i]
		for _, g := range u.Gaps {
			add(g, fw.Spots[i])
		}
		if unread(u, fw.Spots[i]) && len(u.Gaps) == 0 {
			add(image.Gap{At: u.File.Path, Offset: 0, Reason: image.Unsupported, By: "image", Detail: "no known format"}, fw.Spots[i])
		}
	}
	return append(out, late...)
}

// imageNames are the endings under which firmware packages carry partitions.
var imageNames = []string{".img", ".dat", ".br", ".lz4", ".pac", ".sin", ".kdz", ".dz", ".ozip", ".ofp", ".ops", ".ext4", ".sparse", ".simg"}

// unread reports whether a file of the packaging is, by its name, a partition that no format recognised.
func unread(u *fact.Unit, s firmware.Spot) bool {
	if s.Device != "" || u.File.Kind != "" || !u.File.Mode.IsRegular() || u.File.PartOf != "" {
		return false
	}
	base := strings.ToLower(path.Base(u.File.Path.Name()))
	return base == "payload.bin" || base == "update.app" || slices.ContainsFunc(imageNames, func(e string) bool { return strings.HasSuffix(base, e) })
}

// coverage says for every partition how far it was read.
func coverage(fw *firmware.Firmware) []Coverage {
	rows := map[string]*Coverage{}
	row := func(name string) *Coverage {
		if rows[name] == nil {
			rows[name] = &Coverage{Partition: name, State: "read"}
		}
		return rows[name]
	}
	for i := range fw.Record.Units {
		u, s := &fw.Record.Units[i], fw.Spots[i]
		switch {
		case s.Device != "":
			cover(row(s.Partition), u, s)
		case unread(u, s) || u.File.Kind != "" && broken(u):
			c := row(s.Partition)
			c.State, c.Image, c.Format, c.Bytes = "unread", u.File.Path.String(), u.File.Kind, u.File.Size
			c.Gaps += max(len(u.Gaps), 1)
			c.Reason = "no known format"
			if len(u.Gaps) > 0 {
				c.Reason = string(u.Gaps[0].Reason) + ": " + u.Gaps[0].Detail
			}
		}
	}
	for _, a := range fw.Apps {
		if r := rows[a.Partition]; r != nil {
			r.Apps++
		}
	}
	out := make([]Coverage, 0, len(rows))
	checked := verified(fw)
	for _, c := range rows {
		c.Verified = checked[c.Image]
		if c.State == "read" && c.Gaps > 0 {
			c.State = "partial"
		}
		out = append(out, *c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Partition < out[j].Partition })
	return out
}

// verified says, by the path of what was compared, how comparing it with its checksums went.
func verified(fw *firmware.Firmware) map[string]string {
	out := map[string]string{}
	rank := []string{"", "no", "partly", "yes", "mismatch"}
	for i := range fw.Record.Units {
		u := &fw.Record.Units[i]
		for j := range u.Facts {
			f := &u.Facts[j]
			if f.Kind != "integrity" {
				continue
			}
			at := u.File.Path.String()
			if name := f.Fields.Get("name"); name != "" {
				at += image.Separator + name
			}
			state := "no"
			switch {
			case f.Fields.Get("result") == string(image.Mismatched):
				state = "mismatch"
			case f.Fields.Get("result") == string(image.Matched) && f.Fields.Get("whole") == "yes":
				state = "yes"
			case f.Fields.Get("result") == string(image.Matched):
				state = "partly"
			}
			if slices.Index(rank, state) > slices.Index(rank, out[at]) {
				out[at] = state
			}
		}
	}
	return out
}

func cover(c *Coverage, u *fact.Unit, s firmware.Spot) {
	c.Gaps += readingGaps(u.Gaps)
	if s.Member != "" || !u.File.Mode.IsRegular() {
		return
	}
	c.Files++
	c.Bytes += u.File.Size
	if p := u.File.Path; c.Format == "" && len(p) > 1 {
		c.Format, c.Image = p[len(p)-1].Container, p[:len(p)-1].String()
	}
}

// broken reports whether a container was recognised and not opened: it has gaps and nothing else to say.
func broken(u *fact.Unit) bool {
	return slices.ContainsFunc(u.Gaps, func(g image.Gap) bool { return g.Reason != image.Tampered && g.By != followed }) && u.File.Mode.IsRegular()
}

// Unread counts partitions that were not read at all: what the exit code goes by.
func (r *Report) Unread() int {
	n := 0
	for _, c := range r.Coverage {
		if c.State == "unread" {
			n++
		}
	}
	return n
}
