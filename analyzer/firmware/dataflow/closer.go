package dataflow

import (
	"slices"
	"strings"
)

// closer leaves out addresses of which only the host is known and that something follows, {}, where the same data is known to go
// from the same instruction to that host by an address that the first one covers: a piece of a text was lost on one way to it. What
// stands before the other is no more than what stands before the first.
func closer(list []Flow) []Flow {
	var out []Flow
	for i := range list {
		f := &list[i]
		left := slices.DeleteFunc(slices.Clone(f.Endpoints), func(to string) bool {
			return openHost(to) && slices.ContainsFunc(list, func(g Flow) bool {
				return g.Data == f.Data && g.Source == f.Source && g.Sink == f.Sink && !Stronger(g.Guard, f.Guard) && g.Exact == f.Exact &&
					slices.ContainsFunc(g.Endpoints, func(o string) bool { return !openHost(o) && Covers(to, o) && !hostGoesOn(to, o) })
			})
		})
		switch {
		case len(left) == len(f.Endpoints):
			out = append(out, *f)
		case len(left) > 0:
			own := *f
			own.Endpoints = left
			out = append(out, own)
		}
	}
	return out
}

// openHost reports whether an address states a scheme and a host right behind which something unknown stands.
func openHost(to string) bool {
	_, rest, ok := strings.Cut(to, "://")
	host, _, open := strings.Cut(rest, "{}")
	return ok && open && host != "" && !strings.ContainsAny(host, "/?:")
}

// hostGoesOn reports whether an address has more of a host where another has a blank.
func hostGoesOn(blank, to string) bool {
	at := strings.Index(blank, "{}")
	return at >= len(to) || !strings.ContainsRune("/?", rune(to[at]))
}

// Covers reports whether an address is one of those that another with blanks, {}, may be.
func Covers(blank, to string) bool {
	parts := strings.Split(blank, "{}")
	rest, ok := strings.CutPrefix(to, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	rest, ok = strings.CutSuffix(rest, parts[len(parts)-1])
	for _, p := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, p)
		if at < 0 {
			return false
		}
		rest = rest[at+len(p):]
	}
	return ok
}
