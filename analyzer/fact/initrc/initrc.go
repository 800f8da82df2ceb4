// Package initrc reads init's .rc files: the services the first process starts, and the actions that run
// programs.
//
// In: the text of an .rc file. Out: service facts with program, user and options, and init-action facts for
// commands that start or run something, class-path facts for what it exports. A daemon needs no app and asks no user.
//
// Limit: imports and property values in commands are not resolved.
package initrc

import (
	"bytes"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

const maxSize = 4 << 20

// Analyzer returns the analyzer of init files.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "initrc", Version: 2, Emits: []fact.Kind{"service", "init-action", "class-path"},
		Doc:   "Reads services and actions of init .rc files.",
		Refs:  []string{"AOSP system/core/init/README.md"},
		Wants: wants, Run: run,
	}
}

// wants recognises the language by a section line at the start of a line.
func wants(s *fact.Subject) bool {
	if !s.File.IsRegular() || bytes.IndexByte(s.Head, 0) >= 0 {
		return false
	}
	for line := range bytes.Lines(s.Head) {
		w := words(string(line))
		switch {
		case len(w) >= 3 && w[0] == "service" && strings.Contains(w[2], "/"):
			return true
		case len(w) >= 2 && w[0] == "on" && line[0] == 'o' && isTrigger(w[1]):
			return true
		}
	}
	return false
}

func isTrigger(s string) bool {
	return strings.HasPrefix(s, "property:") || slices.Contains([]string{
		"init", "early-init", "late-init", "boot", "early-boot", "fs", "early-fs", "late-fs", "post-fs", "post-fs-data",
		"zygote-start", "charger", "load_persist_props_action", "nonencrypted", "firmware_mounts_complete",
	}, s)
}

// words splits a line as init's tokenizer does: blanks separate, double quotes join, # ends the line.
func words(line string) []string {
	var out []string
	var cur strings.Builder
	in, quoted := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			quoted, in = !quoted, true
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			if in {
				out = append(out, cur.String())
				cur.Reset()
				in = false
			}
		case !quoted && !in && c == '#':
			return out
		case c == '\\' && i+1 < len(line) && line[i+1] != '\n':
			i++
			cur.WriteByte(line[i])
			in = true
		default:
			cur.WriteByte(c)
			in = true
		}
	}
	if in {
		out = append(out, cur.String())
	}
	return out
}

// runs are the commands of an action that start a program or service.
var runs = []string{"exec", "exec_background", "exec_start", "start", "restart", "class_start", "insmod"}

func run(p *fact.Pass) error {
	data, err := p.Bytes(maxSize)
	if err != nil && len(data) == 0 {
		return err
	}
	l := fact.NewLines("init file", data)
	trigger, section := "", 0
	for n := 1; n <= l.Len(); n++ {
		w := words(l.Line(n))
		if len(w) == 0 {
			continue
		}
		switch {
		case w[0] == "service" && len(w) >= 3:
			section = n
			trigger = ""
			service(p, l, n, w)
		case w[0] == "on":
			section, trigger = n, strings.Join(w[1:], " ")
		case w[0] == "import":
			section, trigger = 0, ""
		case section > 0 && trigger != "" && w[0] == "export" && len(w) == 3 && strings.HasSuffix(w[1], "CLASSPATH"):
			p.Emit("class-path", fact.F("name", w[1], "value", w[2]), l.Place(n), l.Listing(n, n, n))
		case section > 0 && trigger != "" && slices.Contains(runs, w[0]):
			f := fact.F("trigger", trigger, "command", strings.Join(w, " "))
			p.Emit("init-action", f, l.Place(n), l.Listing(n, n, n))
		}
	}
	return err
}

// service reads the options that follow a service line, up to the next section.
func service(p *fact.Pass, l *fact.Lines, n int, head []string) {
	f := fact.F("name", head[1], "program", head[2], "command", strings.Join(head[2:], " "))
	last := n
	for i := n + 1; i <= l.Len(); i++ {
		w := words(l.Line(i))
		if len(w) == 0 {
			continue
		}
		if w[0] == "service" || w[0] == "on" || w[0] == "import" {
			break
		}
		last = i
		switch w[0] {
		case "class", "group", "capabilities":
			f = f.With(w[0], w[1:]...)
		case "user", "seclabel":
			if len(w) > 1 {
				f = f.With(w[0], w[1])
			}
		case "socket":
			if len(w) > 1 {
				f = f.With("socket", append(slices.Clone(f.All("socket")), w[1])...)
			}
		case "setenv":
			if len(w) == 3 {
				f = f.With("setenv", append(slices.Clone(f.All("setenv")), w[1]+"="+w[2])...)
			}
		case "disabled", "oneshot":
			f = f.With(w[0], "yes")
		}
	}
	p.Emit("service", f, l.Place(n), l.Listing(n, min(last, n+20), n))
}
