package interp

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// spec is a conversion of a format string: %[index$][flags][width][.precision]verb.
type spec struct {
	index, width, precision int
	flags                   string
	verb                    byte
}

// maxWidth bounds what a conversion may pad to.
const maxWidth = 1 << 12

func parseSpec(s string) (spec, int, bool) {
	p := spec{precision: -1}
	i := 0
	number := func() int {
		n, start := 0, i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' && i < start+6 {
			n = n*10 + int(s[i]-'0')
			i++
		}
		return n
	}
	if n := number(); i > 0 && i < len(s) && s[i] == '$' {
		p.index = n
		i++
	} else {
		i = 0
	}
	for i < len(s) && strings.IndexByte("-#+ 0,(", s[i]) >= 0 {
		p.flags += s[i : i+1]
		i++
	}
	p.width = number()
	if i < len(s) && s[i] == '.' {
		i++
		p.precision = number()
	}
	if i >= len(s) || p.width > maxWidth || p.precision > maxWidth || len(p.flags) > 7 {
		return p, 0, false
	}
	p.verb = s[i]
	return p, i + 1, true
}

// format is String.format, of the conversions that decoders use; others stop.
func (m *Machine) format(f, list *object) (reg, error) {
	t, err := m.text(f)
	if err != nil {
		return reg{}, err
	}
	var args []*object
	if list != nil {
		if args, err = state[[]*object](m, list); err != nil {
			return reg{}, err
		}
	}
	s := t.String()
	var out text
	for next := 0; s != ""; {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			out = append(out, units(s)...)
			break
		}
		out = append(out, units(s[:i])...)
		p, n, ok := parseSpec(s[i+1:])
		if !ok {
			return reg{}, stop(Unmodelled, "format %q", clip(s))
		}
		s = s[i+1+n:]
		var arg *object
		if p.verb != '%' && p.verb != 'n' {
			k := next
			if p.index > 0 {
				k = p.index - 1
			} else {
				next++
			}
			if k >= len(args) {
				return reg{}, m.throw("java/util/MissingFormatArgumentException", "Format specifier '%%%c'", p.verb)
			}
			arg = args[k]
		}
		u, err := m.convert(p, arg)
		if err != nil {
			return reg{}, err
		}
		if err := m.alloc(2 * int64(len(u))); err != nil {
			return reg{}, err
		}
		out = append(out, u...)
	}
	return m.retText(out)
}

// convert spells one argument.
func (m *Machine) convert(p spec, o *object) (text, error) {
	var u text
	upper := p.verb >= 'A' && p.verb <= 'Z'
	switch unicode.ToLower(rune(p.verb)) {
	case '%':
		u = units("%")
	case 'n':
		return units("\n"), nil
	case 's':
		t, err := m.describe(o)
		if err != nil {
			return nil, err
		}
		u = t
		if p.precision >= 0 {
			u = u[:min(len(u), p.precision)]
		}
	case 'b':
		s := strconv.FormatBool(o != nil)
		if o != nil {
			if b, ok := o.native.(bool); ok {
				s = strconv.FormatBool(b)
			}
		}
		u = units(s)
	case 'c':
		n, ok := boxedInt(o)
		if !ok {
			return nil, stop(Unmodelled, "%%c of what is no character")
		}
		u = runeText(int32(n))
	case 'd', 'x', 'o', 'f':
		s, err := m.number(p, o)
		if err != nil {
			return nil, err
		}
		u = units(s)
	default:
		return nil, stop(Unmodelled, "format conversion %%%c", p.verb)
	}
	if upper {
		u = mapCase(u, unicode.ToUpper)
	}
	if pad := p.width - len(u); pad > 0 {
		fill := slices.Repeat(text{' '}, pad)
		if strings.Contains(p.flags, "-") {
			return slices.Concat(u, fill), nil
		}
		return append(fill, u...), nil
	}
	return u, nil
}
