package interp

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// Flags of android.util.Base64.
const (
	base64NoPadding = 1
	base64NoWrap    = 2
	base64CRLF      = 4
	base64URL       = 8
)

// base64Coder is the state of a java.util.Base64 encoder or decoder.
type base64Coder struct{ url, mime, bare bool }

// codecModels are Base64 of Android and of Java, URLEncoder, URLDecoder and Charset.
func codecModels() map[string]table {
	coder := func(c base64Coder, class string) model {
		return func(m *Machine, a []reg) (reg, error) { return m.shared("Ljava/util/Base64$"+class+";", c) }
	}
	static := table{}
	for name, c := range map[string]base64Coder{"": {}, "Url": {url: true}, "Mime": {mime: true}} {
		static["get"+name+"Encoder()Ljava/util/Base64$Encoder;"] = coder(c, "Encoder")
		static["get"+name+"Decoder()Ljava/util/Base64$Decoder;"] = coder(c, "Decoder")
	}
	return map[string]table{
		"Landroid/util/Base64;": androidBase64(), "Ljava/util/Base64;": static,
		"Ljava/util/Base64$Encoder;": {
			"encode([B)[B": on(func(m *Machine, c base64Coder, a []reg) (reg, error) {
				b, err := m.bytes(a[1].o)
				return then(err, func() (reg, error) { return m.retBytes([]byte(c.encode(b))) })
			}),
			"encodeToString([B)" + tS: on(func(m *Machine, c base64Coder, a []reg) (reg, error) {
				b, err := m.bytes(a[1].o)
				return then(err, func() (reg, error) { return m.retStr(c.encode(b)) })
			}),
			"withoutPadding()Ljava/util/Base64$Encoder;": on(func(m *Machine, c base64Coder, a []reg) (reg, error) {
				c.bare = true
				return m.shared("Ljava/util/Base64$Encoder;", c)
			}),
		},
		"Ljava/util/Base64$Decoder;": {
			"decode([B)[B": on(func(m *Machine, c base64Coder, a []reg) (reg, error) {
				b, err := m.bytes(a[1].o)
				return then(err, func() (reg, error) { return m.retDecoded(c, string(b)) })
			}),
			"decode(" + tS + ")[B": on(func(m *Machine, c base64Coder, a []reg) (reg, error) {
				t, err := m.text(a[1].o)
				return then(err, func() (reg, error) { return m.retDecoded(c, string(latin1Set.encode(t))) })
			}),
		},
		"Ljava/net/URLEncoder;": {
			"encode(" + tS + tS + ")" + tS:  urlCode(true, true),
			"encode(" + tS + tCh + ")" + tS: urlCode(true, true),
		},
		"Ljava/net/URLDecoder;": {
			"decode(" + tS + tS + ")" + tS:  urlCode(false, true),
			"decode(" + tS + ")" + tS:       urlCode(false, false),
			"decode(" + tS + tCh + ")" + tS: urlCode(false, true),
		},
		"Ljava/nio/charset/Charset;": {
			"forName(" + tS + ")" + tCh: func(m *Machine, a []reg) (reg, error) {
				c, err := m.charset(a[0].o)
				if t, ok := err.(*javaThrow); ok && t.o.class.name == "Ljava/io/UnsupportedEncodingException;" {
					err = m.throw("java/nio/charset/UnsupportedCharsetException", "")
				}
				return then(err, func() (reg, error) { return m.shared(tCh, c) })
			},
			"defaultCharset()" + tCh: func(m *Machine, a []reg) (reg, error) { return m.shared(tCh, utf8Set) },
			"name()" + tS:            on(func(m *Machine, c charset, a []reg) (reg, error) { return m.retStr(string(c)) }),
			"toString()" + tS:        on(func(m *Machine, c charset, a []reg) (reg, error) { return m.retStr(string(c)) }),
		},
	}
}

func (c base64Coder) encode(b []byte) string {
	enc := base64.StdEncoding
	if c.url {
		enc = base64.URLEncoding
	}
	if c.bare {
		enc = enc.WithPadding(base64.NoPadding)
	}
	s := enc.EncodeToString(b)
	if c.mime {
		s = wrapped(s, "\r\n", false)
	}
	return s
}

// wrapped breaks lines after 76 characters.
func wrapped(s, eol string, last bool) string {
	var out strings.Builder
	for len(s) > 76 {
		out.WriteString(s[:76] + eol)
		s = s[76:]
	}
	out.WriteString(s)
	if last && s != "" {
		out.WriteString(eol)
	}
	return out.String()
}

func (m *Machine) retDecoded(c base64Coder, s string) (reg, error) {
	b, ok := unbase64(s, c.url, c.mime)
	if !ok {
		return reg{}, m.illegal("bad base-64")
	}
	return m.retBytes(b)
}

// unbase64 reads either alphabet, with or without padding; lax leaves out what is no digit.
func unbase64(s string, url, lax bool) ([]byte, bool) {
	enc := base64.RawStdEncoding
	if url {
		enc = base64.RawURLEncoding
	}
	alphabet := "+/"
	if url {
		alphabet = "-_"
	}
	clean := make([]byte, 0, len(s))
	pad := 0
	for _, c := range []byte(s) {
		switch {
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(alphabet, c) >= 0:
			if pad > 0 {
				return nil, false
			}
			clean = append(clean, c)
		case c == '=':
			pad++
		case !lax:
			return nil, false
		}
	}
	if pad > 2 || pad > 0 && (len(clean)+pad)%4 != 0 {
		return nil, false
	}
	out := make([]byte, enc.DecodedLen(len(clean)))
	n, err := enc.Decode(out, clean)
	return out[:n], err == nil
}

func androidBase64() table {
	encode := func(b []byte, flags int64) string {
		c := base64Coder{url: flags&base64URL != 0, bare: flags&base64NoPadding != 0}
		s := c.encode(b)
		if flags&base64NoWrap == 0 {
			eol := "\n"
			if flags&base64CRLF != 0 {
				eol = "\r\n"
			}
			s = wrapped(s, eol, true)
		}
		return s
	}
	decode := func(m *Machine, s []byte, flags int64) (reg, error) {
		keep := make([]byte, 0, len(s)) // Android skips white space only
		for _, c := range s {
			if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
				keep = append(keep, c)
			}
		}
		b, ok := unbase64(string(keep), flags&base64URL != 0, false)
		if !ok {
			return reg{}, m.illegal("bad base-64")
		}
		return m.retBytes(b)
	}
	return table{
		"decode(" + tS + "I)[B": on(func(m *Machine, t text, a []reg) (reg, error) { return decode(m, utf8Set.encode(t), a[1].n) }),
		"decode([BI)[B":         on(func(m *Machine, b []int8, a []reg) (reg, error) { return decode(m, toBytes(b), a[1].n) }),
		"decode([BIII)[B": func(m *Machine, a []reg) (reg, error) {
			b, err := m.slice(a[0].o, a[1].n, a[2].n)
			return then(err, func() (reg, error) { return decode(m, toBytes(b), a[3].n) })
		},
		"encode([BI)[B": on(func(m *Machine, b []int8, a []reg) (reg, error) {
			return m.retBytes([]byte(encode(toBytes(b), a[1].n)))
		}),
		"encodeToString([BI)" + tS: on(func(m *Machine, b []int8, a []reg) (reg, error) { return m.retStr(encode(toBytes(b), a[1].n)) }),
	}
}

// urlCode is URLEncoder.encode and URLDecoder.decode, of UTF-8 only.
func urlCode(encode, named bool) model {
	return func(m *Machine, a []reg) (reg, error) {
		t, err := m.text(a[0].o)
		if err != nil {
			return reg{}, err
		}
		if named {
			c, ok := charset(""), false
			if a[1].o != nil {
				c, ok = a[1].o.native.(charset)
			}
			if !ok {
				if c, err = m.charset(a[1].o); err != nil {
					return reg{}, err
				}
			}
			if c != utf8Set {
				return reg{}, stop(Unmodelled, "URL coding in %s", c)
			}
		}
		b := utf8Set.encode(t)
		if !encode {
			s, uerr := url.QueryUnescape(string(b))
			if uerr != nil {
				return reg{}, m.illegal("%s", clip(uerr.Error()))
			}
			return m.retText(utf8Set.decode([]byte(s)))
		}
		s := url.QueryEscape(string(b))
		return m.retStr(strings.NewReplacer("%2A", "*", "~", "%7E").Replace(s))
	}
}
