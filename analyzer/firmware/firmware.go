// Package firmware reasons over all facts of one image together: where each file lies on the device, what
// the build says it is, which apps there are, who is privileged and what starts by itself.
//
// In: a [fact.Record]. Out: a [Firmware]: the same facts, placed, and the facts that only the whole image
// can tell. It reads no bytes, so it runs equally on a saved scan.
//
//	fw := firmware.Assemble(record)
//	fmt.Println(fw.Identity.Fingerprint, len(fw.Apps))
//
// Limit: what an app's code does once started is not looked at here.
package firmware

import (
	"sort"

	"romscan/analyzer/fact"
)

// Firmware is one image, understood.
type Firmware struct {
	Record   *fact.Record
	Layout   *Layout
	Spots    []Spot // of Record.Units, in their order
	Identity Identity
	Of       []Identity // per partition, in the order of the partitions' names
	Apps     []*App
	Programs []*App // code that runs without being an app: the system server, then command line programs by name
	// Derived are the facts of the image as a whole: file, firmware, daemon, jni of framework files. Those of one app are in App.Derived.
	Derived []fact.Fact

	appOf        map[int]*App
	properties   map[string]string
	copies       map[int]bool
	coded        map[string]bool // what has code, in it or beside it; see besideKey
	binaries     map[int]*binary
	libraries    map[string][]*binary
	declarations map[string]declaration
	grantSets    map[string]grantSet
}

// Assemble places all facts and derives the rest. It is a pure function of the record.
func Assemble(r *fact.Record) *Firmware {
	fw := &Firmware{Record: r, Layout: NewLayout(r), appOf: map[int]*App{}, copies: map[int]bool{}}
	fw.Spots = make([]Spot, len(r.Units))
	for i := range r.Units {
		fw.Spots[i] = fw.Layout.Spot(r.Units[i].File.Path)
	}
	fw.identify()
	fw.gatherApps()
	fw.rankApps()
	for _, a := range fw.Apps {
		a.Derived = append(a.Derived, a.fact())
		a.Derived = append(a.Derived, fw.permissionStates(a)...)
		a.Derived = append(a.Derived, autostarts(fw, a)...)
	}
	fw.gatherPrograms()
	fw.deriveFiles()
	fw.gatherBinaries()
	fw.deriveDaemons()
	fw.deriveJNI()
	return fw
}

// AppOf returns the app unit i belongs to, or nil.
func (fw *Firmware) AppOf(i int) *App { return fw.appOf[i] }

// deriveFiles makes a fact of every file of the device.
func (fw *Firmware) deriveFiles() {
	for i := range fw.Record.Units {
		u, s := &fw.Record.Units[i], fw.Spots[i]
		if s.Device == "" || s.Member != "" || u.File.Mode.IsDir() {
			continue
		}
		fw.Derived = append(fw.Derived, fileFact(&u.File, s))
	}
}

// Partitions returns the names of all partitions with device files, sorted.
func (fw *Firmware) Partitions() []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range fw.Spots {
		if s.Device != "" && !seen[s.Partition] {
			seen[s.Partition] = true
			out = append(out, s.Partition)
		}
	}
	sort.Strings(out)
	return out
}
