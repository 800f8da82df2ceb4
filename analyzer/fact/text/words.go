package text

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// separators end a word: white space, quotes, brackets of markup, and what separates the items of a list.
// Characters that URLs use are not among them.
var separators = func() (t [256]bool) {
	for c := range 0x21 {
		t[c] = true
	}
	for _, c := range []byte("\"'`<>\\^|\x7f") {
		t[c] = true
	}
	return t
}()

// words8 returns the words of text in an eight-bit encoding or UTF-8.
func words8(data []byte) []word {
	var out []word
	line := uint32(1)
	nowhere := nowhereLine(data)
	for i := 0; i < len(data); {
		if separators[data[i]] {
			if data[i] == '\n' {
				line++
				nowhere = nowhereLine(data[i+1:])
			}
			i++
			continue
		}
		start := i
		dot := false
		for i < len(data) && !separators[data[i]] {
			dot = dot || data[i] == '.' || data[i] == ':'
			i++
		}
		if dot {
			n := len(out)
			out = split(out, data[start:i], line, uint32(start))
			for k := n; k < len(out); k++ {
				switch {
				case nowhere:
					out[k].where = blocked
				case isAccessPoint(data[:out[k].offset]):
					out[k].where = accessPoint
				}
			}
		}
		if len(out) > maxWords {
			break
		}
	}
	return out
}

// nowhereLine tells whether a line is one of a hosts file that sends names to the device itself.
func nowhereLine(line []byte) bool {
	for _, addr := range []string{"127.0.0.1", "0.0.0.0", "::1"} {
		if rest, ok := bytes.CutPrefix(line, []byte(addr)); ok && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return false
}

// isAccessPoint tells whether a word that follows before is the value of an attribute apn="…", as files of
// access points have it.
func isAccessPoint(before []byte) bool {
	n := len(before)
	return n >= 5 && (before[n-1] == '"' || before[n-1] == '\'') && bytes.EqualFold(before[n-5:n-1], []byte("apn="))
}

// split takes a stretch without white space apart: URLs are kept whole; of the rest, parts between = , ; ( )
// { } that look like hosts or addresses.
func split(out []word, b []byte, line, offset uint32) []word {
	at := 0
	for {
		i := bytes.Index(b[at:], []byte("://"))
		if i < 0 {
			break
		}
		i += at
		start := i
		for start > at && (isAlnum(b[start-1]) || b[start-1] == '+') {
			start--
		}
		end := len(b)
		if next := bytes.Index(b[i+3:], []byte("://")); next >= 0 {
			// a second URL follows: the first ends where the list goes on
			if sep := bytes.LastIndexAny(b[i+3:i+3+next], ",;"); sep >= 0 {
				end = i + 3 + sep
			}
		}
		out = keep(out, b[start:min(end, start+maxWord)], line, offset+uint32(start))
		if at = end; at >= len(b) || len(out) > maxWords {
			return out
		}
	}
	for i := at; i < len(b); {
		n := bytes.IndexAny(b[i:], "=,;(){}")
		if n < 0 {
			n = len(b) - i
		}
		if part := b[i : i+n]; hostLike(part) {
			out = keep(out, part, line, offset+uint32(i))
		}
		i += n + 1
	}
	return out
}

func keep(out []word, b []byte, line, offset uint32) []word {
	return append(out, word{text: strings.ToValidUTF8(string(b), "\ufffd"), line: line, offset: offset})
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// hostLike tells whether a part may be a host or an IPv4 address, with or without port and path. Package
// endpoint decides; this keeps away what cannot be one.
func hostLike(b []byte) bool {
	host := b
	if i := bytes.IndexAny(b, "/:"); i >= 0 {
		host = b[:i]
	}
	host = bytes.TrimLeft(host, "*.")
	host = bytes.TrimRight(host, ".")
	dot := bytes.LastIndexByte(host, '.')
	if dot < 1 || len(host) > 253 {
		return false
	}
	digits := 0
	for _, c := range host {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c == '-', c == '.':
		default:
			return false
		}
	}
	if dots := bytes.Count(host, []byte(".")); digits+dots == len(host) {
		return dots == 3
	}
	if len(host)-dot < 3 {
		return false
	}
	_, icann := publicsuffix.PublicSuffix(string(host[dot+1:]))
	return icann
}

// wordsUTF16 returns the words of UTF-16 text; the offset of a word is that of its line.
func wordsUTF16(data []byte, big bool) []word {
	var order binary.ByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	var out []word
	var units []uint16
	start, line := 2, uint32(1)
	flush := func(next int) {
		text := make([]byte, 0, len(units))
		for _, r := range utf16.Decode(units) {
			text = utf8.AppendRune(text, r)
		}
		for _, w := range words8(text) {
			out = append(out, word{w.text, line, uint32(start), w.where})
		}
		units, start = units[:0], next
		line++
	}
	for i := 2; i+2 <= len(data) && len(out) <= maxWords; i += 2 {
		u := order.Uint16(data[i:])
		if u == '\n' {
			flush(i + 2)
			continue
		}
		units = append(units, u)
	}
	flush(len(data))
	return out
}
