package dataflow

import (
	"regexp"
	"strconv"
	"strings"
)

// What code asks of a system property is asked of this image: not on the way, where nothing would be left of what stands before a flow,
// but where that is judged. Until then the answer stands for itself.

// propPlace is where properties lie, and what the names of places begin with where they lie in other letters.
const propPlace = "prop"

// isProperty reports whether an atom is a system property as it is set.
func (a *analysis) isProperty(at atom) bool {
	n := a.t.node(at)
	if n.kind != kCell || n.s == "[?]" || n.s == "[*]" {
		return false
	}
	base := a.t.node(atom(n.a))
	return base.kind == kStore && strings.HasPrefix(base.s, propPlace)
}

// foldedProperty is a property in lower or upper letters.
func (a *analysis) foldedProperty(at atom, how string) value {
	n := *a.t.node(at)
	n.a = uint32(a.t.atom(node{kind: kStore, s: propPlace + ":" + how}))
	return a.t.of(n)
}

// foldOf is in which letters the properties of a place are, for a test.
func (r *reachability) foldOf(place atom) string {
	if _, how, ok := strings.Cut(r.a.t.node(place).s, ":"); ok {
		return how + " "
	}
	return ""
}

// askProperty leaves open what a property answers to the question of a line.
func (f *frame) askProperty(c *call) (value, bool) {
	a := f.a
	if a.profile == "droidbench" {
		return nothing, false
	}
	v, p := c.at(0), 1
	if len(c.Args) > 0 {
		v, p = c.at(c.Args[0]), c.Args[0]+1
	}
	of, n := nothing, int64(-1)
	if last := len(c.r.params); p < last {
		return nothing, false // from an index on
	} else if p == last {
		if c.r.params[p-1] == "I" {
			var ok bool
			if n, ok = a.t.number(c.at(p)); !ok || n < 0 {
				return nothing, false
			}
		} else {
			of = f.text(c.at(p))
		}
	}
	return a.questionTo(f.text(v), of, c.Text, n)
}

// questionTo is the answer of a text to a question about another, or about a number; false where it is no property.
func (a *analysis) questionTo(v, of value, test string, n int64) (value, bool) {
	at, one := a.t.single(v)
	if !one || !a.isProperty(at) || test == "" || a.profile == "droidbench" {
		return nothing, false
	}
	if _, known := a.t.text(of); of != nothing && !known && !a.t.symbolic(of) {
		return nothing, false
	}
	return a.t.of(node{kind: kAsk, a: uint32(at), b: uint32(of), n: n, s: test}), true
}

// unset is the text that a property counts as that is not set; false where that is not known.
func (r *reachability) unset(n *node) (string, bool) {
	if n.b == 0 {
		return "", true // android.os.SystemProperties#get(String)
	}
	v := r.a.expand(value(n.b))
	if zero, isNull := r.a.t.number(v); isNull && zero == 0 {
		return "", true
	}
	return r.a.t.text(v)
}

// propertyAsked judges a condition on the answer of a property.
func (r *reachability) propertyAsked(n *node, c cond) (guard, Gate) {
	a := r.a
	cell := *a.t.node(atom(n.a))
	key := strings.Trim(cell.s, "[]")
	gate := Gate{Reads: propPlace + " " + cell.s, Default: "unknown"}
	if !a.ofBuild(key) {
		return setLater(key), gate
	}
	of, ok := a.t.text(value(n.b))
	def, known := r.unset(&cell)
	if !ok && n.b != 0 || !known || len(a.app.Props) == 0 {
		return guardBuild, gate
	}
	return r.byAnswer(PropAsked{Name: key, Want: of, Test: r.foldOf(atom(cell.a)) + n.s, N: n.n, Else: def}, c, gate)
}

// byAnswer judges a condition on the number that a property answers with.
func (r *reachability) byAnswer(q PropAsked, c cond, gate Gate) (guard, Gate) {
	ys, ok := r.a.numbers(c.y)
	if !ok {
		return guardBuild, gate
	}
	if v, err := strconv.ParseInt(r.a.prop(q), 10, 64); err == nil {
		on := anyHolds(c.rel, v, ys)
		gate.Off, gate.Default = !on, map[bool]string{true: "on", false: "off"}[on]
	}
	return guardBuild, gate
}

// maxPattern bounds regular expressions, in bytes.
const maxPattern = 200

// matches reports whether a regular expression matches a whole text (java.lang.String#matches); false where Java's may mean another
// thing than Go's. Texts of more than one line, and of more than ASCII, are not asked.
func matches(s, pattern string) (int64, bool) {
	if len(s) > maxText || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) || !plainPattern(pattern) {
		return 0, false
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return 0, false
	}
	return truthOf(re.MatchString(s)), true
}

// plainPattern reports whether a regular expression is of those parts that Java (java.util.regex.Pattern) and Go (RE2) read alike:
// letters, escaped signs, digits and words, classes without others in them, groups, quantifiers, anchors.
func plainPattern(p string) bool {
	if len(p) > maxPattern {
		return false
	}
	class, first := false, false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c < ' ' || c > '~':
			return false
		case c == '\\':
			if i++; i == len(p) || letterOrDigit(p[i]) && !strings.ContainsRune("dDwW", rune(p[i])) || p[i] < ' ' || p[i] > '~' {
				return false
			}
		case class && (c == '[' || c == '&' || c == ']' && first):
			return false
		case class:
			class = c != ']'
		case c == '[':
			class, first = true, true
			if strings.HasPrefix(p[i+1:], "^") {
				i++
			}
			continue
		case c == ']', c == '}':
			if c == ']' {
				return false
			}
		case c == '{':
			end := strings.IndexByte(p[i:], '}')
			if end < 2 || strings.Trim(p[i+1:i+end], "0123456789,") != "" || p[i+1] == ',' {
				return false
			}
			i += end
		case c == '(' && strings.HasPrefix(p[i+1:], "?") && !strings.HasPrefix(p[i+1:], "?:"):
			return false
		}
		first = false
	}
	return !class
}

func letterOrDigit(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}
