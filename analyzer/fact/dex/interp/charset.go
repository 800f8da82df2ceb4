package interp

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// charset is the state of a java.nio.charset.Charset.
type charset string

// The charsets every Java has.
const (
	utf8Set    charset = "UTF-8"
	asciiSet   charset = "US-ASCII"
	latin1Set  charset = "ISO-8859-1"
	utf16Set   charset = "UTF-16"
	utf16BESet charset = "UTF-16BE"
	utf16LESet charset = "UTF-16LE"
)

var charsetNames = map[string]charset{
	"UTF-8": utf8Set, "UTF8": utf8Set, "US-ASCII": asciiSet, "ASCII": asciiSet, "ISO-8859-1": latin1Set, "ISO8859-1": latin1Set, "ISO8859_1": latin1Set,
	"LATIN1": latin1Set, "UTF-16": utf16Set, "UTF16": utf16Set, "UTF-16BE": utf16BESet, "UTF-16LE": utf16LESet,
}

// foreignSets are names of charsets that devices have and the models lack.
var foreignSets = []string{"GB", "BIG5", "SHIFT", "SJIS", "EUC", "KOI", "WINDOWS-", "CP", "ISO-", "ISO8", "IBM", "UTF-32", "UTF-7", "KS"}

// charset resolves a name as getBytes(String) does.
func (m *Machine) charset(name *object) (charset, error) {
	t, err := m.text(name)
	if err != nil {
		return "", err
	}
	s := strings.ToUpper(t.String())
	if c, ok := charsetNames[s]; ok {
		return c, nil
	}
	for _, p := range foreignSets {
		if strings.HasPrefix(s, p) {
			return "", stop(Unmodelled, "charset %q", clip(s))
		}
	}
	return "", m.throw("java/io/UnsupportedEncodingException", "%s", clip(t.String()))
}

func (m *Machine) retEncoded(t text, c charset) (reg, error) {
	if err := m.alloc(3 * int64(len(t))); err != nil {
		return reg{}, err
	}
	return m.retBytes(c.encode(t))
}

func (c charset) encode(t text) []byte {
	b := make([]byte, 0, len(t)+2)
	switch c {
	case utf16Set:
		b = append(b, 0xfe, 0xff)
		return appendUnits(b, t)
	case utf16BESet:
		return appendUnits(b, t)
	case utf16LESet:
		for _, u := range t {
			b = append(b, byte(u), byte(u>>8))
		}
		return b
	}
	for i := 0; i < len(t); i++ {
		r, n := t.runeAt(i)
		i += n - 1
		switch {
		case r < 0x80, c == latin1Set && r <= 0xff:
			b = append(b, byte(r))
		case c == utf8Set && !utf16.IsSurrogate(r):
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, '?')
		}
	}
	return b
}

// decode reads bytes; what cannot be read becomes U+FFFD, as Java replaces it.
func (c charset) decode(b []byte) text {
	t := make(text, 0, len(b))
	switch c {
	case latin1Set, asciiSet:
		for _, x := range b {
			u := uint16(x)
			if c == asciiSet && x >= 0x80 {
				u = utf8.RuneError
			}
			t = append(t, u)
		}
		return t
	case utf16Set, utf16BESet, utf16LESet:
		order := binary.ByteOrder(binary.BigEndian)
		if c == utf16LESet {
			order = binary.LittleEndian
		}
		if c == utf16Set && len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff) {
			if b[0] == 0xff {
				order = binary.LittleEndian
			}
			b = b[2:]
		}
		for ; len(b) >= 2; b = b[2:] {
			t = append(t, order.Uint16(b))
		}
		if len(b) == 1 {
			t = append(t, utf8.RuneError)
		}
		return t
	}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = badLength(b)
		}
		t = utf16.AppendRune(t, r)
		b = b[n:]
	}
	return t
}

// badLength is how many bytes of malformed UTF-8 Java replaces by one character: a sequence that is cut short goes
// as a whole, anything else byte by byte.
func badLength(b []byte) int {
	want := 0
	low, high := byte(0x80), byte(0xbf)
	switch c := b[0]; {
	case c >= 0xe0 && c <= 0xef:
		want = 3
		if c == 0xe0 {
			low = 0xa0
		}
		if c == 0xed {
			high = 0x9f
		}
	case c >= 0xf0 && c <= 0xf4:
		want = 4
		if c == 0xf0 {
			low = 0x90
		}
		if c == 0xf4 {
			high = 0x8f
		}
	}
	if len(b) >= 3 && b[0] == 0xed && b[1] >= 0xa0 && b[1] <= 0xbf && b[2]&0xc0 == 0x80 {
		return 3 // a surrogate
	}
	n := 1
	for n < want && n < len(b) && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}
