package otazip

import "strings"

// maxCommands bounds the commands taken from one script, maxArgs the arguments of one: busybox alone has some
// three hundred links.
const (
	maxCommands = 1 << 16
	maxArgs     = 1 << 14
)

// command is a call with constant arguments, as far as they are constant: "" stands for the others.
type command struct {
	name string
	args []string
}

// script is what a script does that shapes files, in its order.
type script struct {
	commands []command
	cut      bool
}

// known are the functions that are taken from a script, wherever in it they stand.
var known = map[string]bool{
	"symlink": true, "set_perm": true, "set_perm_recursive": true, "set_metadata": true, "set_metadata_recursive": true,
	"package_extract_dir": true, "package_extract_file": true,
}

// parseEdify finds the calls of known functions. The grammar (bootable/recovery/edify/lexer.ll): words of letters,
// digits and _:/. ; strings in double quotes with C escapes; comments from # to the end of the line. Nothing is
// evaluated, so that unbalanced or unknown text costs its own tokens only.
func parseEdify(text string) script {
	var s script
	l := lexer{text: text}
	for {
		t := l.next()
		if t.kind == end {
			return s
		}
		if t.kind != word || !known[t.text] {
			continue
		}
		after := l
		if after.next() != (token{punct, "("}) {
			continue
		}
		l = after
		if len(s.commands) >= maxCommands {
			s.cut = true
			return s
		}
		s.commands = append(s.commands, command{t.text, l.arguments()})
	}
}

type kind int

const (
	end kind = iota
	word
	punct
)

type token struct {
	kind kind
	text string
}

type lexer struct {
	text string
	pos  int
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_:/.", c) >= 0
}

func (l *lexer) next() token {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		start := l.pos
		switch {
		case c == '#':
			if i := strings.IndexByte(l.text[l.pos:], '\n'); i >= 0 {
				l.pos += i
			} else {
				l.pos = len(l.text)
			}
		case c == '"':
			l.pos++
			return token{word, l.quoted()}
		case wordByte(c):
			for l.pos < len(l.text) && wordByte(l.text[l.pos]) {
				l.pos++
			}
			return token{word, l.text[start:l.pos]}
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.pos++
		default:
			l.pos++
			return token{punct, l.text[start:l.pos]}
		}
	}
	return token{}
}

// quoted reads a string behind its opening quote: escapes \a \b \t \n \v \f \r \\ \" and \xHH.
func (l *lexer) quoted() string {
	var b strings.Builder
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		l.pos++
		if c == '"' {
			break
		}
		if c != '\\' || l.pos == len(l.text) {
			b.WriteByte(c)
			continue
		}
		c = l.text[l.pos]
		l.pos++
		if i := strings.IndexByte("abtnvfr", c); i >= 0 {
			b.WriteByte("\a\b\t\n\v\f\r"[i])
		} else if h := l.hex(); c == 'x' && h >= 0 {
			l.pos += 2
			b.WriteByte(byte(h))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// hex returns the value of the two digits ahead, or -1.
func (l *lexer) hex() int {
	if l.pos+2 > len(l.text) {
		return -1
	}
	v := 0
	for _, c := range []byte(strings.ToLower(l.text[l.pos : l.pos+2])) {
		i := strings.IndexByte("0123456789abcdef", c)
		if i < 0 {
			return -1
		}
		v = v<<4 | i
	}
	return v
}

// arguments reads a call's arguments behind its opening parenthesis. Words joined by + are one constant; an argument
// with a call or an operator in it is none.
func (l *lexer) arguments() []string {
	var args []string
	value, constant, empty, depth := "", true, true, 1
	for depth > 0 {
		t := l.next()
		if t.kind == end {
			break
		}
		switch {
		case t.kind == word && depth == 1:
			value += t.text
			empty = false
		case t.kind == word:
		case t.text == "(":
			depth++
			constant, empty = false, false
		case t.text == ")":
			depth--
		case depth > 1 || t.text == "+":
		case t.text == ",":
			args = push(args, value, constant)
			value, constant, empty = "", true, true
		default:
			constant = false
		}
	}
	if !empty || len(args) > 0 {
		args = push(args, value, constant)
	}
	return args
}

func push(args []string, value string, constant bool) []string {
	if !constant {
		value = ""
	}
	if len(args) >= maxArgs {
		return args
	}
	return append(args, value)
}

// parseAmend reads the older script: a command a line, words between blanks, paths as "SYSTEM:bin/sh" and
// "PACKAGE:system". It is turned into the commands of the newer one.
func parseAmend(text string) script {
	var s script
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) < 3 || strings.HasPrefix(w[0], "#") {
			continue
		}
		w = w[:min(len(w), maxArgs)]
		name := w[0]
		for i := range w {
			w[i] = strings.Trim(w[i], `"`)
			if root, rest, ok := strings.Cut(w[i], ":"); ok && root != "PACKAGE" && strings.ToUpper(root) == root {
				w[i] = "/" + strings.ToLower(root) + "/" + rest
			}
		}
		if name == "copy_dir" {
			name = "package_extract_dir"
			w[1] = strings.TrimPrefix(w[1], "PACKAGE:")
		}
		if !known[name] {
			continue
		}
		if len(s.commands) >= maxCommands {
			s.cut = true
			return s
		}
		s.commands = append(s.commands, command{name, w[1:]})
	}
	return s
}
