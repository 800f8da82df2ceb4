package dex

import (
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendMUTF8 appends the text of a modified UTF-8 string to dst as UTF-8: C0 80 becomes U+0000 and a pair
// of encoded surrogates the character it stands for. A surrogate on its own, which UTF-8 cannot say, becomes
// the six characters \udXXX, and a byte that starts no sequence the four characters \xNN; so every input has
// one text, and the text is valid UTF-8. Source: "Dalvik executable format", section MUTF-8.
func AppendMUTF8(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := decodeUnit(s[i:])
		if n == 0 {
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
			i++
			continue
		}
		i += n
		if !utf16.IsSurrogate(r) {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		if low, m := decodeUnit(s[i:]); m == 3 && utf16.DecodeRune(r, low) != utf8.RuneError {
			dst = utf8.AppendRune(dst, utf16.DecodeRune(r, low))
			i += m
			continue
		}
		dst = appendLone(dst, r)
	}
	return dst
}

// appendLone writes a surrogate that has no partner.
func appendLone(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// decodeUnit reads one UTF-16 code unit of a multi-byte sequence. Four-byte sequences, which the format does
// not have, are taken as UTF-8. n is 0 where there is no sequence.
func decodeUnit(s []byte) (r rune, n int) {
	if len(s) == 0 {
		return 0, 0
	}
	cont := func(i int) bool { return i < len(s) && s[i]&0xc0 == 0x80 }
	switch c := s[0]; {
	case c&0xe0 == 0xc0 && cont(1):
		return rune(c&0x1f)<<6 | rune(s[1]&0x3f), 2
	case c&0xf0 == 0xe0 && cont(1) && cont(2):
		return rune(c&0x0f)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
	case c&0xf8 == 0xf0:
		if r, n := utf8.DecodeRune(s); n == 4 {
			return r, 4
		}
	}
	return 0, 0
}

// appendUTF16 appends code units as UTF-8, with the rules of [AppendMUTF8] for surrogates.
func appendUTF16(dst []byte, units []uint16) []byte {
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if !utf16.IsSurrogate(r) {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		if i+1 < len(units) {
			if full := utf16.DecodeRune(r, rune(units[i+1])); full != utf8.RuneError {
				dst = utf8.AppendRune(dst, full)
				i++
				continue
			}
		}
		dst = appendLone(dst, r)
	}
	return dst
}
