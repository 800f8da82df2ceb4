package dataflow

import (
	"slices"
	"strings"
)

// Which of several hosts an app talks to is often decided once, when a class is initialised: by whether a file is there, a property, a
// flag. What is chosen so is one text among others to whoever reads it later. But all instructions that name a host are known, and a
// host that is named behind conditions alone is one that nothing is sent to where they do not hold.

// naming is a place in the code that names a host, and what holds there.
type naming struct {
	site  uint32
	conds condset
}

// maxNamings bounds the places kept of one host: more are as good as one without conditions.
const maxNamings = 64

// hostOf is the host that a text names with a scheme; "" for none, or one that is not known as a whole.
func hostOf(s string) string {
	if !strings.Contains(s, "://") {
		return ""
	}
	host, _ := hostIn(s)
	if strings.Contains(host, "{}") {
		return ""
	}
	return host
}

// bareHost is the key under which a text is kept that is a host and nothing else, or begins with one that a path or a port follows, which
// a scheme may be put before; "" for none.
func bareHost(s string) string {
	if i := strings.IndexAny(s, "/?#:"); i > 0 {
		s = s[:i]
	}
	if len(s) > maxHost || !strings.Contains(s, ".") || strings.ContainsFunc(s, func(c rune) bool { return !strings.ContainsRune(hostLetters, c) }) || !mayBeHost(s) {
		return ""
	}
	return "://" + s
}

// maxHost bounds the name of a host (RFC 1035, section 2.3.4); hostLetters are what one is made of.
const (
	maxHost     = 253
	hostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."
)

// names notes that a text comes from an instruction, under conditions; site is 0 where it comes from elsewhere.
func (a *analysis) names(text string, site uint32, conds condset) {
	host := hostOf(text)
	if host == "" {
		host = bareHost(text)
	}
	if host != "" {
		a.namesHost(host, site, conds)
	}
	for _, part := range partsOf(text) {
		a.namesHost(part, site, conds)
	}
}

// namesHost notes that an instruction names a host, or a part of one.
func (a *analysis) namesHost(host string, site uint32, conds condset) {
	list := a.namings[host]
	i := slices.IndexFunc(list, func(n naming) bool { return n.site == site })
	switch {
	case i >= 0:
		list[i].conds = conds // what holds there is better known with each pass
	case len(list) < maxNamings:
		a.namings[host] = append(list, naming{site, conds})
	default:
		list[0].conds = 0
	}
}

// namesIn notes the texts that an instruction reads from elsewhere than the code.
func (f *frame) namesIn(v value) {
	for _, at := range f.a.t.atomsOf(v) {
		if n := f.a.t.node(at); n.kind == kStr && f.m != nil && !f.silent {
			f.a.names(n.s, f.a.site(f.m, f.addr), f.gates[f.block])
		}
	}
}

// hostGate judges what stands before every place that names a host: the weakest counts, of those that may be passed.
func (r *reachability) hostGate(host string) (guard, []Gate) {
	if j, ok := r.hosts[host]; ok {
		return j.guard, j.gates
	}
	list := r.a.namings[host]
	if len(list) == 0 { // a text with a scheme is more sure to be an address
		list = r.a.namings["://"+host]
	}
	best := r.weakestNaming(list)
	if len(list) == 0 {
		best = r.madeOfParts(host)
	}
	r.hosts[host] = best
	return best.guard, best.gates
}

// weakestNaming judges what stands before the places that name a host, or a part of one: the weakest, of those that may be passed.
func (r *reachability) weakestNaming(list []naming) hostJudged {
	var best hostJudged
	var shut *hostJudged
	open := false
	for _, n := range list {
		g, gates := r.verdict(r.a.plainConds(n.conds))
		j := hostJudged{g, gates}
		if closed(gates) {
			if shut == nil {
				shut = &j
			}
			continue
		}
		if !open || g < best.guard {
			best, open = j, true
		}
	}
	if !open && shut != nil {
		best = *shut
	}
	return best
}

type hostJudged struct {
	guard guard
	gates []Gate
}

// plainConds are those conditions that depend on no caller.
func (a *analysis) plainConds(s condset) condset {
	var plain []uint32
	for _, id := range a.c.sets[s] {
		if c := a.c.conds[id]; !a.t.symbolic(c.x) && !a.t.symbolic(c.y) {
			plain = append(plain, id)
		}
	}
	return a.c.set(plain)
}

// destinations are addresses with what stands before them.
type destinations struct {
	to []string
	hostJudged
}

// byHost groups addresses by what stands before the naming of their hosts; those that nothing ever names are left out. Without an
// address there is one group.
func (r *reachability) byHost(list []string) []destinations {
	var out []destinations
	for _, s := range list {
		j := hostJudged{}
		if host := hostOf(s); host != "" {
			j.guard, j.gates = r.hostGate(host)
		}
		if slices.ContainsFunc(j.gates, func(g Gate) bool { return g.Never }) {
			continue
		}
		i := slices.IndexFunc(out, func(d destinations) bool { return d.guard == j.guard && sameGates(d.gates, j.gates) })
		if i < 0 {
			i, out = len(out), append(out, destinations{hostJudged: j})
		}
		out[i].to = append(out[i].to, s)
	}
	if len(list) == 0 {
		return []destinations{{}}
	}
	return out
}

func sameGates(x, y []Gate) bool {
	return slices.EqualFunc(x, y, func(g, o Gate) bool { return g.Reads == o.Reads && g.Guard == o.Guard && g.Off == o.Off })
}
