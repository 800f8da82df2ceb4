package analyzer

import (
	"path"
	"slices"
	"strings"
)

// shells are programs that run the one that is named behind them.
var shells = []string{"sh", "su", "busybox", "toybox", "nohup", "exec", "nice", "-c", "0", "root"}

// sentBy returns the address that a command sends to, as its text has it, and whether it is told not to check certificates; "" where
// nothing says that it sends: of the activity manager's commands only one does, which opens an address.
func sentBy(command string) (address string, unchecked bool) {
	words := strings.FieldsFunc(command, func(r rune) bool { return strings.ContainsRune(" \t\n\"'", r) })
	for len(words) > 0 && slices.Contains(shells, path.Base(words[0])) {
		words = words[1:]
	}
	for i, w := range words {
		at := strings.Index(w, "://")
		if at < 0 {
			unchecked = unchecked || w == "--no-check-certificate" || w == "--insecure" || w == "-k"
			continue
		}
		if address != "" || path.Base(words[0]) == "am" && (i < 3 || words[1] != "start" || words[i-1] != "-d") {
			continue
		}
		for at > 0 && (w[at-1]|0x20) >= 'a' && (w[at-1]|0x20) <= 'z' {
			at--
		}
		address = w[at:]
	}
	return address, unchecked
}
