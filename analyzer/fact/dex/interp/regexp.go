package interp

import (
	"regexp"
	"strings"
)

// maxPattern bounds a regular expression: its program is built in memory that is not charged.
const maxPattern = 256

// foreign are the constructs that Java reads otherwise than RE2 does, or that RE2 lacks.
var foreign = []string{"(?=", "(?!", "(?<", "(?>", "*+", "++", "?+", "}+", "&&", `\p`, `\P`, `\R`, `\X`, `\h`, `\k`, `\Z`, `\G`, `\e`, `\c`, `\x{`, `\u`, `\0`}

// pattern compiles a Java expression, where it means the same in RE2. Text is matched as UTF-8, so neither it nor the
// expression may hold lone surrogates.
func (m *Machine) pattern(t text) (*regexp.Regexp, error) {
	s := t.String()
	bad := len(s) > maxPattern || strings.ContainsRune(s, '\uFFFD')
	for _, f := range foreign {
		bad = bad || strings.Contains(s, f)
	}
	// a $ before the end of the text means a line's end to Java, and [ inside a class a nested one
	for i, depth := 0, 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
			bad = bad || i < len(s) && s[i] >= '1' && s[i] <= '9'
		case s[i] == '[':
			bad = bad || depth > 0
			depth = 1
		case s[i] == ']':
			depth = 0
		case s[i] == '$' && depth == 0, strings.Count(s, "{") > 4:
			bad = true
		}
	}
	if bad {
		return nil, stop(Unmodelled, "regular expression %q", clip(s))
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, stop(Unmodelled, "regular expression %q", clip(s))
	}
	return re, m.work(int64(len(s)) * 8)
}

// subject returns a text as the regexp package wants it.
func (m *Machine) subject(t text, re *regexp.Regexp) (string, error) {
	s := t.String()
	if !units(s).equal(t) {
		return "", stop(Unmodelled, "regular expression on lone surrogates")
	}
	if err := m.alloc(int64(len(s))); err != nil {
		return "", err
	}
	return s, m.work(int64(len(s)) * int64(len(re.String())+1) / 4)
}

func matches(m *Machine, t, u text) (reg, error) {
	re, err := m.pattern(u)
	if err != nil {
		return reg{}, err
	}
	s, err := m.subject(t, re)
	if err != nil {
		return reg{}, err
	}
	whole, err := regexp.Compile(`^(?:` + re.String() + `)\z`)
	if err != nil {
		return reg{}, stop(Unmodelled, "regular expression %q", clip(u.String()))
	}
	return retBool(whole.MatchString(s))
}

// replaceRegexp is replaceAll and replaceFirst; n is the number of matches to replace, -1 for all.
func (m *Machine) replaceRegexp(t, pattern, with text, n int) (reg, error) {
	re, err := m.pattern(pattern)
	if err != nil {
		return reg{}, err
	}
	s, err := m.subject(t, re)
	if err != nil {
		return reg{}, err
	}
	w := with.String()
	var out strings.Builder
	at := 0
	for _, loc := range re.FindAllStringSubmatchIndex(s, n) {
		out.WriteString(s[at:loc[0]])
		if err := m.expand(&out, w, s, loc); err != nil {
			return reg{}, err
		}
		at = loc[1]
	}
	out.WriteString(s[at:])
	return m.retStr(out.String())
}

// expand writes a replacement: $1 is a group, a backslash takes the next character as it is.
func (m *Machine) expand(out *strings.Builder, with, s string, loc []int) error {
	if err := m.alloc(2 * int64(len(with)+8)); err != nil {
		return err
	}
	for i := 0; i < len(with); i++ {
		switch c := with[i]; {
		case c == '\\' && i+1 < len(with):
			i++
			out.WriteByte(with[i])
		case c == '$' && i+1 < len(with) && with[i+1] >= '0' && with[i+1] <= '9':
			g := int(with[i+1] - '0')
			if 2*g >= len(loc) || i+2 < len(with) && with[i+2] >= '0' && with[i+2] <= '9' {
				return stop(Unmodelled, "replacement %q", clip(with))
			}
			if i++; loc[2*g] >= 0 {
				if err := m.alloc(int64(loc[2*g+1] - loc[2*g])); err != nil {
					return err
				}
				out.WriteString(s[loc[2*g]:loc[2*g+1]])
			}
		case c == '$' || c == '\\':
			return m.illegal("replacement %q", clip(with))
		default:
			out.WriteByte(c)
		}
	}
	return nil
}

// split is String.split.
func (m *Machine) split(t, pattern text, limit int) (reg, error) {
	re, err := m.pattern(pattern)
	if err != nil {
		return reg{}, err
	}
	s, err := m.subject(t, re)
	if err != nil {
		return reg{}, err
	}
	var parts []string
	at := 0
	for _, loc := range re.FindAllStringIndex(s, -1) {
		if limit > 0 && len(parts) == limit-1 {
			break
		}
		if loc[1] == 0 || loc[0] == len(s) && loc[0] == loc[1] {
			continue // an empty match at the start, or at the end, splits nothing
		}
		parts = append(parts, s[at:loc[0]])
		at = loc[1]
	}
	parts = append(parts, s[at:])
	if at == 0 {
		parts = []string{s}
	}
	for limit == 0 && len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if limit == 0 && at > 0 && len(parts) == 1 && parts[0] == "" {
		parts = nil
	}
	return m.retStrings(parts)
}

func (m *Machine) retStrings(parts []string) (reg, error) {
	if err := m.alloc(8 * int64(len(parts))); err != nil {
		return reg{}, err
	}
	out := make([]*object, len(parts))
	for i, p := range parts {
		o, err := m.str(p)
		if err != nil {
			return reg{}, err
		}
		out[i] = o
	}
	return reg{o: &object{class: m.p.std.strings, native: out}}, nil
}
