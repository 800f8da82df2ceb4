package dataflow

import (
	"slices"
	"strings"
)

// A host that no text of the code names as a whole is put together: from its first labels and the rest. What stands before both of
// these stands before it, where the code names both.

// maxPart bounds the length of a part of a host that is remembered.
const maxPart = 63

// partMark is put before parts of hosts, among the hosts that code names.
const partMark = "~"

// partsOf lists what a text may add to a host: what it begins with, or what follows a scheme, or a blank of a format.
func partsOf(text string) []string {
	if len(text) > maxText {
		return nil
	}
	var out []string
	for _, s := range strings.Split(text, "%s") {
		if _, rest, ok := strings.Cut(s, "://"); ok {
			s = rest
		}
		if i := strings.IndexAny(s, "/?#:"); i >= 0 {
			s = s[:i]
		}
		if s != "" && len(s) <= maxPart && len(out) < 2 && !strings.ContainsFunc(s, func(c rune) bool { return !strings.ContainsRune(hostLetters, c) }) {
			out = append(out, partMark+s)
		}
	}
	return out
}

// madeOfParts judges what stands before a host that is put together of two parts which code names: of several ways to put it together
// the weakest.
func (r *reachability) madeOfParts(host string) hostJudged {
	var best hostJudged
	found := false
	for i := 1; i < len(host) && i <= maxPart; i++ {
		if host[i] != '.' && host[i-1] != '.' {
			continue
		}
		first, rest := r.a.namings[partMark+host[:i]], r.a.namings[partMark+host[i:]]
		if len(first) == 0 || len(rest) == 0 {
			continue
		}
		j, k := r.weakestNaming(first), r.weakestNaming(rest)
		if k.guard > j.guard {
			j = k
		}
		if slices.ContainsFunc(j.gates, func(g Gate) bool { return g.Never }) { // the part may come from elsewhere
			return hostJudged{}
		}
		if !found || j.guard < best.guard {
			best, found = j, true
		}
	}
	return best
}
