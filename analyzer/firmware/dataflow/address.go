package dataflow

import (
	"slices"
	"strings"
)

// fitting leaves out the address that nobody makes where code ends one in "?" or "&" and more, by what it has already
// (RFC 3986, section 3.4: a query begins with the first question mark).
func fitting(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		i, first := strings.IndexByte(s, '&'), strings.IndexByte(s, '?')
		if i >= 0 && (first < 0 || i < first) && (slices.Contains(list, s[:i]+"?"+s[i+1:]) || slices.Contains(list, s[:i])) {
			return true
		}
		last := strings.LastIndexByte(s, '?')
		return first >= 0 && last > first && slices.Contains(list, s[:last]+"&"+s[last+1:])
	})
}

// addresses keeps what can be one; what is computed as a whole counts where nothing else is known.
func addresses(list []string) []string {
	list = fitting(list)
	var out []string
	computed := false
	for _, s := range list {
		rest := strings.ReplaceAll(s, "{}", "")
		host, named := hostIn(s)
		switch {
		case carrierProxies[strings.ReplaceAll(host, "{}", "")]:
			computed = true
		case named, strings.Contains(rest, ".") && !strings.ContainsAny(rest, " \n") && mayBeHost(host):
			out = append(out, s)
		case s != rest, strings.Contains(rest, "."):
			computed = true
		}
	}
	if len(out) == 0 && computed {
		out = append(out, "{}")
	}
	return out
}

// carrierProxies are where phones had to ask for a page of somebody else, whose name then stands in a header: the gateways of
// China Mobile and China Unicom, and of China Telecom.
var carrierProxies = map[string]bool{"10.0.0.172": true, "10.0.0.200": true}

// hostIn is the host of an address, with "{}" for what is not known of it; named reports whether a scheme stands before it.
func hostIn(s string) (host string, named bool) {
	if i := strings.Index(s, "://"); i >= 0 {
		s, named = s[i+3:], true
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	host, _, _ = strings.Cut(s[strings.LastIndexByte(s, '@')+1:], ":")
	return host, named
}

// mayBeHost reports whether a text without a scheme can name a host: the last label of a domain is letters, and of an IPv4
// address there are four numbers (RFC 1123, section 2.1). Of what is not known it can.
func mayBeHost(s string) bool {
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	last := labels[len(labels)-1]
	if strings.Contains(last, "{}") {
		return true
	}
	if strings.Trim(last, "0123456789") == "" {
		return len(labels) == 4
	}
	return TopLevel(last)
}

// TopLevel reports whether a label can end a host's name: letters alone, so that "1.1.2" is none.
func TopLevel(s string) bool {
	return len(s) >= 2 && !strings.ContainsFunc(s, func(r rune) bool { return (r|0x20) < 'a' || (r|0x20) > 'z' })
}
