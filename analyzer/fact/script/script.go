// Package script reads shell scripts that start a class of a jar or an APK as a program of its own: those of am and pm, and
// what makers add.
//
// In: the text of a script. Out: app-process facts: the class whose main method runs, and where its code is looked for.
//
//	export CLASSPATH=$base/framework/am.jar        ->   class com.android.commands.am.Am,
//	exec app_process $base/bin com.android...Am         classpath /system/framework/am.jar
//
// Limit: variables count as the lines above set them; conditions, functions and other scripts are not followed.
package script

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Bounds of what is read: no script that starts a program is longer.
const (
	maxSize     = 1 << 20
	maxPrograms = 256
)

// Analyzer returns the analyzer of shell scripts.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "script", Version: 1, Emits: []fact.Kind{"app-process"},
		Doc:   "Reads which classes shell scripts run as programs.",
		Refs:  []string{"AOSP frameworks/base/cmds/app_process/app_main.cpp"},
		Wants: wants, Run: run,
	}
}

// wants takes text whose beginning names the program, and what is marked as a shell script: older scripts of Android are not.
func wants(s *fact.Subject) bool {
	if !s.File.IsRegular() || s.File.Size > maxSize || bytes.IndexByte(s.Head, 0) >= 0 {
		return false
	}
	first, _, _ := bytes.Cut(s.Head, []byte("\n"))
	shell := bytes.HasPrefix(first, []byte("#!")) && bytes.Contains(first, []byte("sh"))
	// A service of init says the same, and is init's.
	return shell || bytes.Contains(s.Head, []byte("app_process")) && !bytes.Contains(s.Head, []byte("\nservice ")) && !bytes.HasPrefix(s.Head, []byte("service "))
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(maxSize)
	if err != nil && len(data) == 0 {
		return err
	}
	l := fact.NewLines("script", data)
	env := map[string]string{}
	for n, found := 1, 0; n <= l.Len() && found < maxPrograms; n++ {
		words := split(l.Line(n))
		for i, w := range words {
			words[i] = expand(w, env)
		}
		for len(words) > 0 && slices.Contains([]string{"export", "exec", "local", "nohup", "then", "else", "do", "&&", "if"}, words[0]) {
			words = words[1:]
		}
		for len(words) > 0 { // settings of variables, for the lines below or for the program behind them
			name, value, ok := strings.Cut(words[0], "=")
			if !ok || !variable(name) {
				break
			}
			env[name], words = value, words[1:]
		}
		c, ok := Parse(words, env["CLASSPATH"])
		if !ok {
			continue
		}
		found++
		f := fact.F("class", c.Class, "command", strings.Join(words, " ")).With("classpath", c.Path...)
		p.Emit("app-process", f, l.Place(n), l.Listing(max(n-5, 1), n, n))
	}
	return err
}

func variable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// split takes a line apart where the shell does: quotes join, # and what ends a command end the line.
func split(line string) []string {
	var out []string
	var cur strings.Builder
	in, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == ';' || c == '&' || c == '|'):
			if in {
				out = append(out, cur.String())
				cur.Reset()
				in = false
			}
		case quote == 0 && !in && c == '#':
			return out
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

// expand replaces $NAME and ${NAME} by what is known of them.
func expand(s string, env map[string]string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || b.Len() > 4096 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		name, rest := s, ""
		if strings.HasPrefix(s, "{") {
			name, rest, _ = strings.Cut(s[1:], "}")
		} else if k := strings.IndexFunc(s, func(r rune) bool { return !variable(string(r)) }); k >= 0 {
			name, rest = s[:k], s[k:]
		}
		if v, ok := env[name]; ok {
			b.WriteString(v)
		} else {
			b.WriteString("$" + name)
		}
		s = rest
	}
}

// Command is a class that is run as a program.
type Command struct {
	Class string   // with dots
	Path  []string // of jars and APKs; none where the script leaves that to what it is given
}

// Parse reads the words of a command that runs app_process, or dalvikvm, with a class; classpath is the variable's value.
// Options of the virtual machine stand before the directory, those of the program behind it (app_main.cpp, main): with
// --zygote there is no class.
func Parse(words []string, classpath string) (Command, bool) {
	i := slices.IndexFunc(words, func(w string) bool {
		return slices.Contains([]string{"app_process", "app_process32", "app_process64", "dalvikvm", "dalvikvm32", "dalvikvm64"}, path.Base(w))
	})
	if i < 0 || i > 3 {
		return Command{}, false
	}
	args, parent := words[i+1:], !strings.HasPrefix(path.Base(words[i]), "dalvikvm")
	for n := 0; n < len(args); n++ {
		w := args[n]
		switch {
		case w == "-cp" || w == "-classpath":
			if n++; n < len(args) {
				classpath = args[n]
			}
		case strings.HasPrefix(w, "-Djava.class.path="):
			_, classpath, _ = strings.Cut(w, "=")
		case w == "--zygote":
			return Command{}, false
		case strings.HasPrefix(w, "-"):
		case parent:
			parent = false
		case !className(w):
			return Command{}, false
		default:
			c := Command{Class: strings.ReplaceAll(w, "/", ".")}
			for p := range strings.SplitSeq(classpath, ":") {
				if p != "" {
					c.Path = append(c.Path, p)
				}
			}
			return c, true
		}
	}
	return Command{}, false
}

func className(s string) bool {
	return s != "" && !strings.HasPrefix(s, "/") && strings.ContainsAny(s, "./") && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '/' && r != '$' && !variable(string(r))
	})
}
