package endpoint

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// bare reads a string that is a host or an address as a whole, with or without port and path.
func bare(s string) (Endpoint, bool) {
	authority, path := s, ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		authority, path = s[:i], s[i:]
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r >= 0x80 || !inURL[byte(r)] }) {
		return Endpoint{}, false
	}
	host, port, colon := authority, "", false
	if !strings.HasPrefix(authority, "[") {
		host, port, colon = strings.Cut(authority, ":")
		if colon && !isPort(port) {
			return Endpoint{}, false
		}
	} else if host, port = hostPort(authority); host == "" {
		return Endpoint{}, false
	}
	e := Endpoint{Value: s, Type: "ip", Host: host, Port: port, Path: path}
	if addr, err := netip.ParseAddr(host); err == nil && (addr.Is4() || authority[0] == '[') {
		return e, !strings.HasPrefix(path, "/") || path == "/" || port != "" || !isMask(path)
	}
	e.Type = "host"
	e.Host = strings.TrimPrefix(strings.TrimPrefix(host, "*"), ".")
	return e, isHost(e.Host, port != "" || strings.Count(path, "/") > 1)
}

// isMask tells whether a path is the length of a network prefix: 10.0.0.0/8 is no server.
func isMask(path string) bool { return len(path) <= 3 && strings.Trim(path[1:], "0123456789") == "" }

func isPort(s string) bool {
	return len(s) >= 2 && len(s) <= 5 && strings.Trim(s, "0123456789") == "" && s[0] != '0'
}

// registered returns the registered domain of a host: the public suffix, of ICANN's section, and one label. Of
// a template only the part after the last placeholder counts.
func registered(host string) string {
	if i := strings.LastIndexAny(host, "%{}$*#"); i >= 0 {
		dot := strings.IndexByte(host[i:], '.')
		if dot < 0 {
			return ""
		}
		host = host[i+dot+1:]
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return ""
	}
	suffix := icannSuffix(host)
	if suffix == "" || len(host) <= len(suffix) {
		return ""
	}
	head := host[:len(host)-len(suffix)-1]
	return host[strings.LastIndexByte(head, '.')+1:]
}

// icannSuffix returns the public suffix by the ICANN section of the list alone: blogspot.com and googleapis.com
// are registered domains here, as what is asked is who owns the server.
func icannSuffix(host string) string {
	suffix, icann := publicsuffix.PublicSuffix(host)
	if suffix == "example" { // RFC 6761: never registered, so invented vendors live there; no firmware names it otherwise
		return suffix
	}
	for !icann {
		_, rest, ok := strings.Cut(suffix, ".")
		if !ok {
			return ""
		}
		suffix, icann = publicsuffix.PublicSuffix(rest)
	}
	return suffix
}

// isHost decides whether a dotted word is a host name. sure tells that a port or a path stood after it, which
// property and class names do not have.
func isHost(s string, sure bool) bool {
	if len(s) < 4 || len(s) > 253 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return false
	}
	domain := registered(s)
	if domain == "" {
		return false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	if isSuffix(s, labels) {
		return false
	}
	first, last := labels[0], labels[len(labels)-1]
	name := strings.TrimSuffix(domain, domain[strings.IndexByte(domain, '.'):])
	switch {
	case codeRoots[first]:
		return false
	case countryRoots[first] && !plainTLDs[last]:
		return false
	case plainTLDs[last]:
		return len(name) > 1 || name == "t" && last == "cn"
	case strings.Contains(strings.TrimPrefix(domain, name+"."), "."): // co.uk, com.tw
		return len(name) > 1
	case countryTLDs[last]:
		return len(name) > 2 && (sure || len(labels) > 2 && serverWords[serverWord(first)])
	case wordTLDs[last]:
		return len(name) > 2 && len(labels) > 2 && serverWords[serverWord(first)] && !codeWords[name]
	}
	return false
}

// isSuffix recognises the entries of a public suffix list, which browsers and cookie libraries carry: names
// under which others register, and what was on the list in former years.
func isSuffix(s string, labels []string) bool {
	suffix, _ := publicsuffix.PublicSuffix(s)
	n := len(labels)
	switch {
	case suffix == s, n == 2 && len(labels[0]) == 2 && labels[0] != "me" && (countryTLDs[labels[0]] || countryRoots[labels[0]] || labels[0] == "gb" || labels[0] == "qc"):
		return true
	case n == 3:
		first, last := labels[0], labels[2]
		return (first == "city" || first == "metro") && last == "jp" || (first == "k12" || first == "lib") && last == "us" || labels[1] == "gov" && last == "au"
	}
	return false
}

// serverWord takes digits and what follows a hyphen off: "cdn2", "api-eu".
func serverWord(label string) string {
	label, _, _ = strings.Cut(label, "-")
	return strings.TrimRight(label, "0123456789")
}
