package zip

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"romscan/analyzer/image"
)

// maxDepth bounds the directories above a file: a name of 65,535 bytes could otherwise make 32,767 of them.
const maxDepth = 128

// maxNodes bounds the directories and files of one archive: names alone could make hundreds of millions.
const maxNodes = 3 << 20

// clean turns a name as the archive writes it into a valid io/fs path; trick says if that changed more than a
// directory's final slash. Bytes that cannot stand are written as %XX, so that different names stay different.
func clean(raw string, windows bool) (name string, trick Trick) {
	s := strings.TrimSuffix(raw, "/")
	if windows && strings.Contains(s, `\`) {
		s = strings.TrimSuffix(strings.ReplaceAll(s, `\`, "/"), "/")
		trick = ForeignName
	}
	var parts []string
	for _, p := range strings.Split(s, "/") {
		q, t := escape(p)
		switch p {
		case "", ".":
			trick = BadName
			continue
		case "..":
			q, t = "%2E%2E", BadName
		}
		if len(parts) >= maxDepth {
			parts[maxDepth-1] += "%2F" + q
			trick = BadName
			continue
		}
		parts = append(parts, q)
		if t != "" && trick != BadName {
			trick = t
		}
	}
	if len(parts) == 0 {
		return "unnamed", BadName
	}
	return strings.Join(parts, "/"), trick
}

// escape writes control characters, backslashes and what is not UTF-8 as %XX.
func escape(s string) (string, Trick) {
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= 0x20 && s[i] != 0x7f && s[i] != '\\'
	}
	if plain {
		return s, ""
	}
	var b strings.Builder
	trick := ForeignName
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x20 || r == 0x7f {
			trick = BadName
		}
		if r == utf8.RuneError && n == 1 || r < 0x20 || r == 0x7f || r == '\\' {
			fmt.Fprintf(&b, "%%%02X", s[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String(), trick
}

// windows reports whether the archive writes backslashes as separators: some entry has one and none has a slash.
func (f *FS) windows() bool {
	back := false
	for _, e := range f.entries {
		if strings.Contains(e.Raw, "/") {
			return false
		}
		back = back || strings.Contains(e.Raw, `\`)
	}
	return back
}

// place gives every entry its name. Of several entries of one name the first of the directory keeps it: it is the
// one Android up to 4.3 loads (the hash table of ZipFileRO.cpp keeps all and finds the first; libziparchive, in use
// since 4.4, refuses the whole archive: kDuplicateEntry in zip_archive.cc). The others follow as name#2, name#3.
// A file keeps its name against a directory, whose name then ends in #dir.
func (f *FS) place() {
	f.nodes = map[string]*node{".": {name: ".", mode: fs.ModeDir | 0o755}}
	windows := f.windows()
	files := map[string]bool{}
	for _, e := range f.entries {
		name, trick := clean(e.Raw, windows)
		if trick != "" {
			e.mark(trick)
		}
		e.Name = name
		if !e.Mode.IsDir() {
			files[name] = true
		}
	}
	count := map[string]int{}
	for _, e := range f.entries {
		if !e.Mode.IsDir() {
			f.placeFile(e, files, count)
		}
	}
	for _, e := range f.entries {
		if !e.Mode.IsDir() {
			continue
		}
		if dir := f.parent(e.Name+"/x", files, nil); dir != nil && dir.entry == nil {
			dir.entry, dir.mode = e, e.Mode
			e.Name = dir.path
		}
	}
	if f.crowded {
		f.gap(image.OverBudget, -1, "more than %d directories: files are listed higher up than they are", maxNodes)
	}
	for _, n := range f.nodes {
		n.sort()
	}
}

func (f *FS) placeFile(e *Entry, files map[string]bool, count map[string]int) {
	wanted := e.Name
	dir := f.parent(wanted, files, e)
	name := path.Join(dir.path, path.Base(wanted))
	for f.nodes[name] != nil || (name != wanted && files[name]) {
		e.mark(DuplicateName)
		count[wanted] = max(count[wanted], 1) + 1
		name = path.Join(dir.path, path.Base(wanted)+"#"+strconv.Itoa(count[wanted]))
	}
	e.Name = name
	n := &node{name: path.Base(name), path: name, entry: e, mode: e.Mode}
	f.nodes[name] = n
	dir.inside = append(dir.inside, n)
}

// parent returns the directory of a path, made where it is missing and renamed where a file has its name.
func (f *FS) parent(name string, files map[string]bool, e *Entry) *node {
	dir := f.nodes["."]
	parts := strings.Split(name, "/")
	for _, p := range parts[:len(parts)-1] {
		next := path.Join(dir.path, p)
		for files[next] || (f.nodes[next] != nil && !f.nodes[next].mode.IsDir()) {
			if e != nil {
				e.mark(NameCollision)
			}
			p += "#dir"
			next = path.Join(dir.path, p)
		}
		child := f.nodes[next]
		if child == nil && len(f.nodes) >= maxNodes {
			f.crowded = true
			return dir
		}
		if child == nil {
			child = &node{name: p, path: next, mode: fs.ModeDir | 0o755}
			f.nodes[next] = child
			dir.inside = append(dir.inside, child)
		}
		dir = child
	}
	return dir
}
