package text

import (
	"bytes"
	"unicode/utf8"
)

type encoding int

const (
	notText encoding = iota
	eightBit
	utf16Little
	utf16Big
)

// encodingOf judges by the first bytes; cut tells that the file goes on after them. Control characters that
// no editor writes make a file binary, and so does a mixture of high bytes that is neither UTF-8 nor mostly
// ASCII.
func encodingOf(head []byte, cut bool) encoding {
	switch {
	case len(head) < 8:
		return notText
	case head[0] == 0xff && head[1] == 0xfe && (head[2] != 0 || head[3] != 0):
		return utf16Little
	case head[0] == 0xfe && head[1] == 0xff:
		return utf16Big
	}
	high := 0
	for _, c := range head {
		switch {
		case c >= 0x80:
			high++
		case c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b || c == 0x7f:
			return notText
		}
	}
	if high == 0 {
		return eightBit
	}
	if cut { // the last character may be in two halves
		for i := 0; i < utf8.UTFMax-1 && len(head) > 0 && !utf8.Valid(head); i++ {
			head = head[:len(head)-1]
		}
	}
	if utf8.Valid(head) || high*10 <= len(head)*3 {
		return eightBit
	}
	return notText
}

// starts of lines that only init scripts, property files and the like have.
var configWords = [][]byte{
	[]byte("on "), []byte("service "), []byte("setprop "), []byte("import "), []byte("mkdir "), []byte("chmod "), []byte("chown "),
	[]byte("write "), []byte("export "), []byte("["), []byte("#"), []byte(";"), []byte("!"),
}

// source tells configuration (XML, init scripts, properties, ini files) from assets (scripts, JSON, pages and
// whatever else) by the look of the first lines.
func source(head []byte) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if enc := encodingOf(head, true); enc == utf16Little || enc == utf16Big {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil) // good enough for the names of a configuration file
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	lower := bytes.ToLower(text[:min(len(text), 256)])
	switch {
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.Contains(lower, []byte("<html")):
		return "asset"
	case bytes.HasPrefix(lower, []byte("<")):
		return "config"
	case bytes.HasPrefix(lower, []byte("{")), bytes.HasPrefix(lower, []byte("[{")), bytes.HasPrefix(lower, []byte("/*")), bytes.HasPrefix(lower, []byte("//")):
		return "asset"
	}
	lines, config := 0, 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		lines++
		if isConfig(line) {
			config++
		}
	}
	if config*2 >= lines && lines > 0 {
		return "config"
	}
	return "asset"
}

// isConfig tells whether a line looks like one of a configuration file: a comment, a section, a command of
// init, or a name with a value.
func isConfig(line []byte) bool {
	for _, w := range configWords {
		if bytes.HasPrefix(line, w) {
			return true
		}
	}
	i := bytes.IndexAny(line, "=: \t")
	if i <= 0 || bytes.HasSuffix(line, []byte(";")) || bytes.HasSuffix(line, []byte("{")) {
		return false
	}
	for _, c := range line[:i] {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-') {
			return false
		}
	}
	rest := bytes.TrimLeft(line[i:], " \t")
	return len(rest) > 0 && (rest[0] == '=' || rest[0] == ':')
}
