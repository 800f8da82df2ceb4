package diff

import (
	"sort"

	"romscan/analyzer/firmware"
)

// contents maps device paths to what makes a file the same: type, link target and digest.
func contents(fw *firmware.Firmware) map[string]string {
	out := map[string]string{}
	for i := range fw.Record.Units {
		f, s := &fw.Record.Units[i].File, fw.Spots[i]
		if s.Device == "" || s.Member != "" || f.Mode.IsDir() {
			continue
		}
		out[s.Device] = f.Mode.Type().String() + f.Link + f.SHA256.String()
	}
	return out
}

// files compares the device files. A file that is gone from one path and new at another with the same
// content has moved; empty files and links never count as moved.
func files(before, after *firmware.Firmware) Files {
	a, b := contents(before), contents(after)
	out := Files{Added: []string{}, Removed: []string{}, Changed: []string{}, Moved: []Move{}}
	gone := map[string][]string{}
	for _, p := range sortedKeys(a) {
		switch key, there := b[p]; {
		case !there:
			gone[a[p]] = append(gone[a[p]], p)
		case key != a[p]:
			out.Changed = append(out.Changed, p)
		default:
			out.Same++
		}
	}
	const emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	moved := map[string]bool{}
	for _, p := range sortedKeys(b) {
		if _, there := a[p]; there {
			continue
		}
		key := b[p]
		from := gone[key]
		if len(from) == 0 || len(key) < 64 || key[0] == 'L' || key[len(key)-64:] == emptyDigest {
			out.Added = append(out.Added, p)
			continue
		}
		out.Moved = append(out.Moved, Move{from[0], p})
		moved[from[0]] = true
		gone[key] = from[1:]
	}
	for _, p := range sortedKeys(a) {
		if _, there := b[p]; !there && !moved[p] {
			out.Removed = append(out.Removed, p)
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
