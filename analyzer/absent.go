package analyzer

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"sync"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
)

// absentFiles are files of which it was asked whether an image has them or could make them.
type absentFiles struct {
	mu    sync.Mutex
	known map[string]bool
}

// Bounds of the search: the letters of a name that is looked for among the texts of native code, and the bytes of a file of text.
const (
	minFileName = 6
	maxScript   = 4 << 20
)

// absent reports whether an image has no file of a device path, and nothing in it names one in more than a question whether it is
// there: neither code, nor a native library, nor a script. Of an image that was not read as a whole, or that is no build, it says no.
func (r *reader) absent(rec *fact.Record, fw *firmware.Firmware, device string) bool {
	r.nowhere.mu.Lock()
	defer r.nowhere.mu.Unlock()
	gone, known := r.nowhere.known[device]
	if known {
		return gone
	}
	if len(path.Base(device)) < minFileName || len(fw.Properties()) == 0 {
		return false
	}
	if r.nowhere.known == nil {
		r.nowhere.known = map[string]bool{}
	}
	gone = !slices.ContainsFunc(fw.Spots, func(s firmware.Spot) bool { return s.Device == device || strings.HasPrefix(s.Device, device+"/") }) &&
		image.Contain(func() error { return r.madeNowhere(rec, path.Base(device)) }) == nil
	r.nowhere.known[device] = gone
	return gone
}

// errMade says that something may make a file, or was not read.
var errMade = image.Errorf(image.Unsupported, -1, "something may make it")

// madeNowhere returns nil where nothing of an image names a file but to ask for it.
func (r *reader) madeNowhere(rec *fact.Record, name string) error {
	for i := range rec.Units {
		u := &rec.Units[i]
		if len(u.Gaps) > 0 {
			return errMade
		}
		code := false
		for _, t := range u.Tables {
			if t.Kind != "string" || !slices.ContainsFunc(t.Values, func(s string) bool { return strings.Contains(s, name) }) {
				continue
			}
			if t.Common.Get("source") != "dex" || t.Common.Get("recovered") != "plain" {
				return errMade
			}
			code = true
		}
		if code && !r.onlyAsked(u, name) {
			return errMade
		}
	}
	for _, f := range r.kept.texts {
		data, err := f.Bytes(maxScript)
		if err != nil || bytes.Contains(data, []byte(name)) {
			return errMade
		}
	}
	return nil
}

// onlyAsked reports whether the code of a unit does nothing with a name but ask whether a file is there.
func (r *reader) onlyAsked(u *fact.Unit, name string) bool {
	f := r.kept.files[u.File.Path.String()]
	if f == nil {
		return false
	}
	data, err := f.Bytes(r.opt.Limits.MaxFile)
	if err != nil {
		return false
	}
	list := r.openCode(u.File.Path, data, map[*dex.File]dataflow.Resolver{})
	return len(list) > 0 && !slices.ContainsFunc(list, func(d *dex.File) bool { return !dataflow.OnlyAsked(d, name) })
}
