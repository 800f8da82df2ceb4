package finding

import (
	"slices"
	"sort"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
)

// piece is the facts of one unit with the place firmware gave them.
type piece struct {
	app, partition, device, member string
	facts                          []fact.Fact
	tables                         []*fact.Table
}

// group is what one scope holds: a file, an app or the image.
type group struct {
	app, partition, device string
	pieces                 []piece
	kinds                  map[fact.Kind]bool // nil: not indexed yet
}

// has reports whether any fact of a kind is in the group.
func (g *group) has(k fact.Kind) bool {
	if g.kinds == nil {
		g.kinds = map[fact.Kind]bool{}
		for i := range g.pieces {
			for j := range g.pieces[i].facts {
				g.kinds[g.pieces[i].facts[j].Kind] = true
			}
			for _, t := range g.pieces[i].tables {
				g.kinds[t.Kind] = true
			}
		}
	}
	return g.kinds[k]
}

// groups sorts all facts of an image into the three scopes.
func groups(fw *firmware.Firmware) map[string][]*group {
	image := &group{}
	files := map[string]*group{}
	apps := map[*firmware.App]*group{}
	for i := range fw.Record.Units {
		u, s := &fw.Record.Units[i], fw.Spots[i]
		if len(u.Facts)+len(u.Tables) == 0 || fw.Copy(i) {
			continue
		}
		own, elsewhere := byPlace(fw, u.Facts)
		p := piece{partition: s.Partition, device: s.Device, member: s.Member, facts: own, tables: u.Tables}
		a := fw.AppOf(i)
		if a != nil {
			p.app = a.Package
			if apps[a] == nil {
				apps[a] = &group{app: a.Package, partition: a.Partition, device: a.Device}
			}
			apps[a].pieces = append(apps[a].pieces, p)
			for k := range elsewhere {
				elsewhere[k].app = a.Package
			}
			apps[a].pieces = append(apps[a].pieces, elsewhere...)
		}
		key := s.Device
		if key == "" {
			key = u.File.Path.String()
		}
		if files[key] == nil {
			files[key] = &group{app: p.app, partition: s.Partition, device: key}
		}
		files[key].pieces = append(files[key].pieces, p)
		files[key].pieces = append(files[key].pieces, elsewhere...)
		image.pieces = append(append(image.pieces, p), elsewhere...)
	}
	out := map[string][]*group{"image": {image}}
	for _, a := range fw.Apps {
		d := piece{app: a.Package, partition: a.Partition, device: a.Device, facts: a.Derived}
		if g := apps[a]; g != nil {
			g.pieces = append(g.pieces, d)
			out["app"] = append(out["app"], g)
			files[a.Device].pieces = append(files[a.Device].pieces, d)
		}
		image.pieces = append(image.pieces, d)
	}
	for _, p := range fw.Programs {
		out["app"] = append(out["app"], programs(fw, p)...)
		image.pieces = append(image.pieces, piece{app: p.Package, partition: p.Partition, device: p.Device, facts: p.Derived})
	}
	image.pieces = append(image.pieces, derived(fw, files)...)
	out["file"] = sorted(files)
	return out
}

// programs returns the scopes of a program that is no app, one for each of its jars: a finding says in which it lies. They hold
// its flows only; that two facts meet in code of Android's own, which does nearly everything, says nothing.
func programs(fw *firmware.Firmware, p *firmware.App) (out []*group) {
	jars := map[string]*group{}
	for _, i := range p.Units {
		u, s := &fw.Record.Units[i], fw.Spots[i]
		var flows []fact.Fact
		for _, f := range u.Facts {
			if f.Kind == "flow" {
				flows = append(flows, f)
			}
		}
		if len(flows) == 0 {
			continue
		}
		g := jars[s.Device]
		if g == nil {
			g = &group{app: p.Package, partition: s.Partition, device: s.Device, pieces: []piece{{app: p.Package, partition: s.Partition, device: s.Device, facts: p.Derived}}}
			jars[s.Device] = g
			out = append(out, g)
		}
		own, elsewhere := byPlace(fw, flows)
		for k := range elsewhere {
			elsewhere[k].app = p.Package
		}
		g.pieces = append(append(g.pieces, piece{app: p.Package, partition: s.Partition, device: s.Device, member: s.Member, facts: own}), elsewhere...)
	}
	return out
}

// byPlace splits the facts of a file: those that lie in it, and pieces with what was found about it in other files.
func byPlace(fw *firmware.Firmware, facts []fact.Fact) (own []fact.Fact, elsewhere []piece) {
	isOwn := func(f fact.Fact) bool { return f.At.In == nil }
	if !slices.ContainsFunc(facts, func(f fact.Fact) bool { return !isOwn(f) }) {
		return facts, nil
	}
	at := map[string]int{}
	for _, f := range facts {
		if isOwn(f) {
			own = append(own, f)
			continue
		}
		k, ok := at[f.At.In.String()]
		if !ok {
			k = len(elsewhere)
			at[f.At.In.String()] = k
			s := fw.Layout.Spot(f.At.In)
			elsewhere = append(elsewhere, piece{partition: s.Partition, device: s.Device, member: s.Member})
		}
		elsewhere[k].facts = append(elsewhere[k].facts, f)
	}
	return own, elsewhere
}

// derived spreads the facts of the image as a whole: a file fact also belongs to its file.
func derived(fw *firmware.Firmware, files map[string]*group) []piece {
	var out []piece
	for i := range fw.Derived {
		f := fw.Derived[i : i+1]
		p := piece{facts: f, partition: f[0].Fields.Get("partition"), device: f[0].Fields.Get("path")}
		out = append(out, p)
		if f[0].Kind != "file" {
			continue
		}
		if files[p.device] == nil {
			files[p.device] = &group{partition: p.partition, device: p.device}
		}
		files[p.device].pieces = append(files[p.device].pieces, p)
	}
	return out
}

func sorted(files map[string]*group) []*group {
	out := make([]*group, 0, len(files))
	for _, g := range files {
		out = append(out, g)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].device < out[j].device })
	return out
}
