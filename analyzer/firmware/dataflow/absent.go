package dataflow

import (
	"path"
	"strings"
)

// A file that testers make is there on no phone as it was sold: where only root and the system write, the image has no such file,
// and no code of the image makes one, the condition that it is there does not hold in this build. On external storage, and where an
// app keeps its own files, it stays a condition that others can set.

// maxFilesAsked bounds the files that one app has looked for in the image.
const maxFilesAsked = 100

// nobodyMakes reports whether a condition holds only where a file is there that nothing of the image makes, and notes that the
// result depends on that.
func (r *reachability) nobodyMakes(place atom, c cond) bool {
	a := r.a
	name, ok := strings.CutPrefix(a.t.node(place).s, "file:")
	ys, number := a.numbers(c.y)
	if !ok || !number || anyHolds(c.rel, 0, ys) || !bySystemAlone(name) || len(a.cellsOf[place]) > 0 || a.app.Absent == nil {
		return false
	}
	if a.files == nil {
		a.files = map[string]bool{}
	}
	if len(a.files) >= maxFilesAsked && !a.files[name] {
		return false
	}
	a.files[name] = true
	return a.app.Absent(name)
}

// systemFolders are folders of the data partition in which only root and the system make files, and who debugs the phone
// (system/core/rootdir/init.rc).
var systemFolders = map[string]bool{"/data": true, "/data/system": true, "/data/local": true, "/data/local/tmp": true, "/data/misc": true}

// bySystemAlone reports whether a path, of which every part is known, lies right in such a folder. What lies deeper may be made of a
// name that is computed.
func bySystemAlone(name string) bool {
	return path.Clean(name) == name && !strings.Contains(name, "{}") && systemFolders[path.Dir(name)] && !systemFolders[name]
}
