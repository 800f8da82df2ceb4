package endpoint

import (
	"net/netip"
	"strings"
)

// Endpoint is a URL, host or address taken apart.
type Endpoint struct {
	Value  string // as it stands in the string
	Type   string // url, host, ip
	Scheme string // lower case
	Host   string // lower case, without port, user and brackets
	Port   string
	Path   string // of a URL, without query and fragment
}

// schemes are those that name a server, from the IANA registry of URI schemes; content, file, market, package
// and the like do not.
var schemes = map[string]bool{
	"http": true, "https": true, "ftp": true, "ftps": true, "sftp": true, "ws": true, "wss": true, "tcp": true, "udp": true,
	"tls": true, "ssl": true, "mqtt": true, "mqtts": true, "amqp": true, "amqps": true, "rtsp": true, "rtsps": true, "rtmp": true,
	"rtmps": true, "rtmpt": true, "mms": true, "mmsh": true, "stun": true, "stuns": true, "turn": true, "turns": true, "xmpp": true,
	"ldap": true, "ldaps": true, "smb": true, "ssh": true, "telnet": true, "git": true, "svn": true, "coap": true, "coaps": true,
	"dav": true, "davs": true, "caldav": true, "carddav": true, "imap": true, "imaps": true, "pop": true, "pop3": true, "smtp": true,
	"smtps": true, "irc": true, "ircs": true, "socks5": true, "socks": true, "gopher": true, "nntp": true, "quic": true, "grpc": true,
	"redis": true, "mysql": true, "postgresql": true, "mongodb": true, "jdbc": true, "supl": true,
}

const maxScheme = 12

// inURL marks the characters a URL goes on with: those of RFC 3986 without the apostrophe, and the braces and
// bars of templates.
var inURL = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	for _, c := range []byte("-._~:/?#[]@!$&()*+,;=%{}|") {
		t[c] = true
	}
	return t
}()

// urls returns the URLs in s.
func urls(s string) []Endpoint {
	var out []Endpoint
	for at := 0; len(out) <= maxPerRow; {
		i := strings.Index(s[at:], "://")
		if i < 0 {
			return out
		}
		i += at
		at = i + 3
		scheme, start := schemeBefore(s, i)
		if scheme == "" {
			continue
		}
		end := at
		for end < len(s) && inURL[s[end]] {
			end++
		}
		if next := strings.Index(s[at:end], "://"); next >= 0 {
			// another URL inside: it is one of its own unless it is a parameter of this one
			if _, inner := schemeBefore(s, at+next); inner > at && (s[inner-1] == ',' || s[inner-1] == ';' || s[inner-1] == '|') {
				end = inner - 1
			}
		}
		if e, ok := parse(scheme, trim(s[start:end]), i-start); ok {
			out = append(out, e)
			at = end
		}
	}
	return out
}

// schemeBefore returns the network scheme that ends at i, and where it starts.
func schemeBefore(s string, i int) (string, int) {
	start := i
	for start > 0 && i-start < maxScheme && isLetterOrDigit(s[start-1]) {
		start--
	}
	scheme := strings.ToLower(s[start:i])
	if schemes[scheme] {
		return scheme, start
	}
	// "urlhttp://": names and values stand side by side in packed text
	for _, known := range []string{"https", "http"} {
		if strings.HasSuffix(scheme, known) {
			return known, i - len(known)
		}
	}
	return "", i
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// trim takes off what ends a sentence or a bracket around the URL, and the start of a format that was cut.
func trim(s string) string {
	for len(s) > 0 {
		switch c := s[len(s)-1]; c {
		case '.', ',', ';', ':', '!', '?', '|', '*', '%', '$', '(', '[', '{':
		case ')', ']', '}':
			open := map[byte]string{')': "(", ']': "[", '}': "{"}[c]
			if strings.Count(s, open) >= strings.Count(s, string(c)) {
				return s
			}
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}

// parse takes a URL apart whose scheme is n bytes long; ok is false where it names no host.
func parse(scheme, s string, n int) (Endpoint, bool) {
	if len(s) <= n+3 {
		return Endpoint{}, false
	}
	e := Endpoint{Value: s, Type: "url", Scheme: scheme}
	rest := s[n+3:]
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if i := strings.IndexAny(tail, "?#"); i >= 0 {
		tail = tail[:i]
	}
	e.Path = tail
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	e.Host, e.Port = hostPort(authority)
	return e, e.Host != "" && strings.ContainsFunc(e.Host, func(r rune) bool { return r > ' ' && r < 0x7f && isLetterOrDigit(byte(r)) })
}

// hostPort splits "host:port" and "[v6]:port".
func hostPort(s string) (host, port string) {
	if strings.HasPrefix(s, "[") {
		host, port, ok := strings.Cut(s[1:], "]")
		if addr, err := netip.ParseAddr(host); ok && err == nil {
			return addr.String(), strings.TrimPrefix(port, ":")
		}
		return "", ""
	}
	host, port, _ = strings.Cut(s, ":")
	if strings.Trim(port, "0123456789") != "" {
		port = ""
	}
	return strings.ToLower(strings.Trim(host, ".")), port
}
