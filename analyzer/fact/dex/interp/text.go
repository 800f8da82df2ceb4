package interp

import (
	"unicode/utf16"
	"unicode/utf8"
)

// text is the state of a java.lang.String: UTF-16 code units, lone surrogates included. It is never changed.
type text []uint16

// String returns the text as UTF-8, U+FFFD for a lone surrogate.
func (t text) String() string {
	b := make([]byte, 0, len(t))
	for i := 0; i < len(t); i++ {
		if t[i] < utf8.RuneSelf {
			b = append(b, byte(t[i]))
			continue
		}
		r, n := t.runeAt(i)
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError
		}
		b = utf8.AppendRune(b, r)
		i += n - 1
	}
	return string(b)
}

// runeAt returns the code point at i as String.codePointAt does, and its length in units.
func (t text) runeAt(i int) (rune, int) {
	r := rune(t[i])
	if utf16.IsSurrogate(r) && i+1 < len(t) {
		if full := utf16.DecodeRune(r, rune(t[i+1])); full != utf8.RuneError {
			return full, 2
		}
	}
	return r, 1
}

// units returns s as UTF-16; bytes that are no UTF-8 become U+FFFD.
func units(s string) text {
	t := make(text, 0, len(s))
	for _, r := range s {
		t = utf16.AppendRune(t, r)
	}
	return t
}

// hash is String.hashCode.
func (t text) hash() int32 {
	var h int32
	for _, u := range t {
		h = 31*h + int32(u)
	}
	return h
}

func (t text) equal(o text) bool {
	if len(t) != len(o) {
		return false
	}
	for i := range t {
		if t[i] != o[i] {
			return false
		}
	}
	return true
}

// index returns the first place of sub at or after from, -1 for none.
func (t text) index(sub text, from int) int {
	from = max(from, 0)
	for i := from; i+len(sub) <= len(t); i++ {
		if t[i : i+len(sub)].equal(sub) {
			return i
		}
	}
	return -1
}

// lastIndex returns the last place of sub at or before from, -1 for none.
func (t text) lastIndex(sub text, from int) int {
	for i := min(from, len(t)-len(sub)); i >= 0; i-- {
		if t[i : i+len(sub)].equal(sub) {
			return i
		}
	}
	return -1
}

// compare is String.compareTo.
func (t text) compare(o text) int32 {
	for i := range min(len(t), len(o)) {
		if t[i] != o[i] {
			return int32(t[i]) - int32(o[i])
		}
	}
	return int32(len(t)) - int32(len(o))
}

// fromMUTF8 reads a string of a dex file, code unit by code unit; a byte that starts no sequence becomes U+FFFD.
func fromMUTF8(s []byte) text {
	t := make(text, 0, len(s))
	for i := 0; i < len(s); {
		c := s[i]
		cont := func(k int) bool { return i+k < len(s) && s[i+k]&0xc0 == 0x80 }
		switch {
		case c < 0x80:
			t = append(t, uint16(c))
			i++
		case c&0xe0 == 0xc0 && cont(1):
			t = append(t, uint16(c&0x1f)<<6|uint16(s[i+1]&0x3f))
			i += 2
		case c&0xf0 == 0xe0 && cont(1) && cont(2):
			t = append(t, uint16(c&0x0f)<<12|uint16(s[i+1]&0x3f)<<6|uint16(s[i+2]&0x3f))
			i += 3
		default:
			t = append(t, utf8.RuneError)
			i++
		}
	}
	return t
}
