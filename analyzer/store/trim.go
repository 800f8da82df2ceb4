package store

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// partial begins the names of files that are being written.
const partial = ".partial-"

// abandoned is the age at which a file being written has nobody who writes it.
const abandoned = time.Hour

// touch notes that an entry was used.
func touch(name string) {
	now := time.Now()
	_ = os.Chtimes(name, now, now) // where that fails, the entry looks older than it is
}

// Trim removes what was not used for the longest time, until the rest is within the limit.
func (s *Store) Trim() error {
	type entry struct {
		name string
		size int64
		used time.Time
	}
	var list []entry
	var sum int64
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // somebody else's Trim was faster
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		if strings.HasPrefix(d.Name(), partial) {
			if time.Since(info.ModTime()) > abandoned {
				os.Remove(name)
			}
			return nil
		}
		list = append(list, entry{name, info.Size(), info.ModTime()})
		sum += info.Size()
		return nil
	})
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.name, b.name))
	})
	for _, e := range list {
		if sum <= s.limit {
			break
		}
		if os.Remove(e.name) == nil {
			sum -= e.size
		}
	}
	return err
}
