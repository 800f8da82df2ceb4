package firmware

import (
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/script"
)

// command is a class that a script or a service of init runs as a program.
type command struct {
	start Start
	path  []string
}

// commands lists what scripts and services of init run as programs, in tree order. A script that no service names is the
// user's to call, from a shell; others may run it too: an app, another script.
func (fw *Firmware) commands() []command {
	started := map[int]string{} // scripts by what starts them
	var out []command
	byDevice := fw.byDevice()
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind != "service" {
				continue
			}
			trigger := fw.startedBy(f)
			classpath := ""
			for _, v := range f.Fields.All("setenv") {
				if rest, ok := strings.CutPrefix(v, "CLASSPATH="); ok {
					classpath = rest
				}
			}
			words := strings.Fields(f.Fields.Get("command"))
			if c, ok := script.Parse(words, classpath); ok {
				out = append(out, command{Start{Class: c.Class, Trigger: trigger, from: f}, c.Path})
				continue
			}
			for _, w := range words[:min(len(words), 3)] { // the script itself, or a shell that is given it
				if at, ok := fw.program(byDevice, fw.Spots[i], w); ok && started[at] != "init" {
					started[at] = trigger
				}
			}
		}
	}
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind != "app-process" {
				continue
			}
			s := Start{Class: f.Fields.Get("class"), Trigger: "user", from: f}
			if t := started[i]; t != "" {
				s.Trigger = t
			}
			out = append(out, command{s, f.Fields.All("classpath")})
		}
	}
	return out
}

// startedBy says what starts a service: init, by itself or on an action; of a disabled one that no action starts it is not
// known.
func (fw *Firmware) startedBy(service fact.Fact) string {
	if service.Fields.Get("disabled") != "yes" {
		return "init"
	}
	name := service.Fields.Get("name")
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			if w := strings.Fields(f.Fields.Get("command")); f.Kind == "init-action" && len(w) > 1 && slices.Contains([]string{"start", "restart", "exec_start"}, w[0]) && w[1] == name {
				return "init"
			}
		}
	}
	return "unknown"
}

// appNamed returns the app that a class path begins with.
func (fw *Firmware) appNamed(classpath []string) *App {
	for _, p := range classpath {
		for _, a := range fw.Apps {
			if a.Device == canonical(path.Clean(p), "").Device {
				return a
			}
		}
	}
	return nil
}

// holder returns the jar that holds a command's class: of those its class path names, else of all that define it.
func (fw *Firmware) holder(code []*jar, c command) *jar {
	var stems []string
	for _, p := range c.path {
		stems = append(stems, trimPackage(canonical(path.Clean(p), "").Device))
	}
	for _, named := range []bool{true, false} {
		for _, j := range code {
			if (slices.Contains(stems, j.stem) || !named) && fw.defines(j.units, c.start.Class) {
				return j
			}
		}
	}
	return nil
}
