package otazip

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// set is a value a command gives, and that command's number: the last command counts.
type set[T any] struct {
	value T
	seq   int // 0: never set
}

func (s *set[T]) put(v T, seq int) { s.value, s.seq = v, seq }

func (s *set[T]) over(o set[T]) {
	if o.seq > s.seq {
		*s = o
	}
}

// rule is what commands say of one path.
type rule struct {
	uid, gid  set[uint32]
	mode      set[uint32] // of a file, or of the path itself
	dirMode   set[uint32] // of directories below
	label     set[string]
	recursive bool
}

// rules are those of a script by path, apart for a path and for what lies below it.
type rules struct {
	own, below map[string]*rule
}

// devicePath turns "/system/bin/sh" into the name "system/bin/sh"; ok is false for what is no place in a file tree.
func devicePath(s string) (string, bool) {
	if !strings.HasPrefix(s, "/") || strings.ContainsRune(s, 0) || len(s) > 4096 {
		return "", false
	}
	s = strings.TrimPrefix(path.Clean(s), "/")
	if s == "" {
		s = "."
	}
	// A backslash is no separator on a device; file systems here have no names with one (testing/fstest).
	return s, fs.ValidPath(s) && !strings.Contains(s, `\`)
}

// number reads an integer as strtoul with base 0 does.
func number(s string) (uint32, bool) {
	v, err := strconv.ParseUint(s, 0, 32)
	return uint32(v), err == nil
}

func (r *rules) at(s string, recursive bool) *rule {
	name, ok := devicePath(s)
	if !ok {
		return nil
	}
	m := r.own
	if recursive {
		m = r.below
	}
	if m[name] == nil {
		m[name] = &rule{recursive: recursive}
	}
	return m[name]
}

// add takes a command that sets owners, modes or labels: set_perm(uid, gid, mode, paths...), set_perm_recursive(uid,
// gid, dmode, fmode, paths...), set_metadata(path, key, value, ...), set_metadata_recursive(path, key, value, ...).
func (r *rules) add(c command, seq int) {
	switch c.name {
	case "set_perm", "set_perm_recursive":
		n := 3
		recursive := c.name != "set_perm"
		if recursive {
			n = 4
		}
		if len(c.args) <= n {
			return
		}
		keys := []string{"uid", "gid", "dmode", "fmode"}
		if !recursive {
			keys = []string{"uid", "gid", "mode"}
		}
		for _, p := range c.args[n:] {
			if to := r.at(p, recursive); to != nil {
				for i, k := range keys {
					to.set(k, c.args[i], seq)
				}
			}
		}
	case "set_metadata", "set_metadata_recursive":
		if len(c.args) < 3 {
			return
		}
		if to := r.at(c.args[0], c.name != "set_metadata"); to != nil {
			for i := 1; i+1 < len(c.args); i += 2 {
				to.set(c.args[i], c.args[i+1], seq)
			}
		}
	}
}

func (r *rule) set(key, value string, seq int) {
	n, ok := number(value)
	switch {
	case key == "selabel" && value != "":
		r.label.put(value, seq)
	case !ok:
	case key == "uid":
		r.uid.put(n, seq)
	case key == "gid":
		r.gid.put(n, seq)
	case key == "mode" || key == "fmode":
		r.mode.put(n, seq)
	case key == "dmode":
		r.dirMode.put(n, seq)
	}
}

// of returns what all commands together say of a path: those for it and those for everything below one of its
// directories, itself included; of two that set the same, the later.
func (r *rules) of(name string, dir bool) rule {
	var out rule
	if own := r.own[name]; own != nil {
		out = *own
	}
	for p := name; ; p = path.Dir(p) {
		if b := r.below[p]; b != nil {
			out.uid.over(b.uid)
			out.gid.over(b.gid)
			out.label.over(b.label)
			if dir {
				out.mode.over(b.dirMode)
			} else {
				out.mode.over(b.mode)
			}
		}
		if p == "." {
			return out
		}
	}
}

// unixMode turns permission bits of a script into a FileMode.
func unixMode(m uint32) fs.FileMode {
	out := fs.FileMode(m & 0o777)
	if m&0o4000 != 0 {
		out |= fs.ModeSetuid
	}
	if m&0o2000 != 0 {
		out |= fs.ModeSetgid
	}
	if m&0o1000 != 0 {
		out |= fs.ModeSticky
	}
	return out
}
