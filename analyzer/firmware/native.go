package firmware

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Native is what the image knows of the code behind a native method.
type Native struct {
	Library string // the file that implements it: its name in the app's archive, or its path; "" where none was found
	Network string // yes: it speaks to hosts, socket: it makes sockets, no, unknown; as of fact jni
	Logs    bool   // it writes to the system's log
}

// opaque are functions by which a library may reach what it does not import: bionic dlfcn.h, stdlib.h, unistd.h, stdio.h.
var opaque = []string{"dlopen", "dlsym", "android_dlopen_ext", "system", "popen", "execl", "execle", "execlp", "execv", "execve", "execvp"}

// logs are the functions of Android's log: liblog's android/log.h.
var logs = []string{"__android_log_print", "__android_log_write", "__android_log_vprint", "__android_log_buf_print", "__android_log_buf_write", "__android_log_assert"}

// Native returns what implements a native method that an app calls, method as "Lx/Y;->m(I)V". Of several files, as of 32
// and 64 bits, the one counts that may do most. Where no file of the image has it, or one reaches code that it does not
// import, the network is unknown.
func (fw *Firmware) Native(app *App, method string) Native {
	out := Native{Network: "unknown"}
	order := []string{"no", "unknown", "socket", "yes"}
	for i := range fw.Record.Units {
		b := fw.binaries[i]
		if b == nil || !fw.implements(i, app, method) {
			continue
		}
		spot := fw.Spots[i]
		one := Native{Library: cmp.Or(spot.Member, spot.Device, fw.Record.Units[i].File.Path.Name())}
		one.Network, _ = fw.network(b)
		if one.Network == "no" && fw.imports(i, opaque) {
			one.Network = "unknown"
		}
		one.Logs = out.Logs || fw.imports(i, logs)
		if out.Library != "" && slices.Index(order, one.Network) <= slices.Index(order, out.Network) {
			out.Logs = one.Logs
			continue
		}
		out = one
	}
	return out
}

// implements reports whether a native file holds the code of a method; in a table of a file that is no part of the app,
// which does not say the class, only where the app's code names the file.
func (fw *Firmware) implements(unit int, app *App, method string) bool {
	if own := fw.owner(unit); own != nil && own != app {
		return false
	}
	named, _, _ := strings.Cut(method, "(")
	_, bare, _ := strings.Cut(method, ";->")
	for _, t := range fw.Record.Units[unit].Tables {
		if t.Kind != "native-method" {
			continue
		}
		if t.Common.Get("how") != "symbol" {
			if contains(t.Values, bare) && (fw.owner(unit) != nil || fw.loads(app, unit)) {
				return true
			}
			continue
		}
		at, _ := slices.BinarySearchFunc(t.Values, named, func(v, want string) int {
			v, _, _ = strings.Cut(v, "(")
			return cmp.Compare(v, want)
		})
		for ; at < len(t.Values); at++ {
			v, args, over := strings.Cut(t.Values[at], "(")
			if v != named {
				break
			}
			if !over || strings.Contains(method, "("+args) {
				return true
			}
		}
	}
	return false
}

// loads reports whether the code of an app holds the name of a library.
func (fw *Firmware) loads(app *App, unit int) bool {
	stem := strings.TrimSuffix(strings.TrimPrefix(path.Base(fw.Record.Units[unit].File.Path.Name()), "lib"), ".so")
	d := declarer{}
	for _, i := range app.Units {
		for _, t := range fw.Record.Units[i].Tables {
			if t.Kind == "string" && t.Common.Get("source") == "dex" {
				d.strings = append(d.strings, t)
			}
		}
	}
	return d.names(stem)
}

// imports reports whether a native file imports one of some functions.
func (fw *Firmware) imports(unit int, names []string) bool {
	return slices.ContainsFunc(fw.Record.Units[unit].Tables, func(t *fact.Table) bool {
		return t.Kind == "import" && slices.ContainsFunc(names, func(n string) bool { return contains(t.Values, n) })
	})
}
