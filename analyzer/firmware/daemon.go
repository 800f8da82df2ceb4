package firmware

import (
	"path"
	"strings"

	"romscan/analyzer/fact"
)

// maxLinks bounds how often a program's path is followed from link to link.
const maxLinks = 8

// deriveDaemons ties the services of init to the programs they run, where those are in the image.
func (fw *Firmware) deriveDaemons() {
	byDevice := fw.byDevice()
	seen := map[string]bool{}
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind != "service" {
				continue
			}
			at, ok := fw.program(byDevice, fw.Spots[i], f.Fields.Get("program"))
			key := f.Fields.Get("name") + "\x00" + f.Fields.Get("program") + "\x00" + fw.Spots[i].Partition
			if !ok || seen[key] {
				continue
			}
			seen[key] = true
			fw.Derived = append(fw.Derived, fw.daemon(f, at))
		}
	}
}

// byDevice lists the device's files; of several at one path the first counts.
func (fw *Firmware) byDevice() map[string]int {
	out := map[string]int{}
	for i, s := range fw.Spots {
		if s.Device != "" && s.Member == "" {
			if _, ok := out[s.Device]; !ok {
				out[s.Device] = i
			}
		}
	}
	return out
}

// program finds the file of a service's program: at its path, or, for a service of a ramdisk, in that ramdisk.
func (fw *Firmware) program(byDevice map[string]int, rc Spot, name string) (int, bool) {
	if !strings.HasPrefix(name, "/") {
		return 0, false
	}
	name = path.Clean(name)
	roots := []string{""}
	if i := strings.Index(rc.Device, "/ramdisk/"); i >= 0 {
		roots = []string{rc.Device[:i+len("/ramdisk")], ""}
	}
	for range maxLinks {
		var at int
		ok := false
		for _, root := range roots {
			device := root + name
			if root == "" {
				device = canonical(name, "").Device
			}
			if at, ok = byDevice[device]; ok {
				break
			}
		}
		if !ok {
			return 0, false
		}
		link := fw.Record.Units[at].File.Link
		if link == "" {
			return at, true
		}
		if !strings.HasPrefix(link, "/") {
			link = path.Join(path.Dir(name), link)
		}
		name = link
	}
	return 0, false
}

// daemon describes a service together with its program.
func (fw *Firmware) daemon(service fact.Fact, unit int) fact.Fact {
	kind, network := "other", "unknown"
	var via []string
	if b := fw.binaries[unit]; b != nil {
		kind = "elf"
		network, via = fw.network(b)
	} else if fw.script(unit) {
		kind = "script"
	}
	disabled := yesNo(service.Fields.Get("disabled") == "yes")
	f := fact.F("service", service.Fields.Get("name"), "program", service.Fields.Get("program"), "type", kind, "user", service.Fields.Get("user"),
		"disabled", disabled, "network", network, "path", fw.Spots[unit].Device, "partition", fw.Spots[unit].Partition)
	return fact.Fact{Kind: "daemon", Fields: f.With("via", via...), At: service.At, Evidence: service.Evidence}
}

// script tells whether the analyzer of text has read a file.
func (fw *Firmware) script(unit int) bool {
	for _, ran := range fw.Record.Units[unit].File.Ran {
		if ran == "text" {
			return true
		}
	}
	return false
}
