package otazip

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/image"
)

// Limits on the tree a script can make of an archive.
const (
	maxNodes    = 1 << 21
	maxMappings = 64
	maxDepth    = 128
)

// node is a place in the tree.
type node struct {
	name, path string
	source     string // name in the archive, "" for directories and links of the script
	link       string
	info       fs.FileInfo // of the archive's entry, nil where there is none
	mode       fs.FileMode
	attr       image.Attr
	inside     map[string]*node
	sorted     []*node
}

// mapping says where a directory or file of the archive goes on the device.
type mapping struct{ from, to string }

// build lays the script over the archive.
func (f *overlay) build(s script) {
	f.root = &node{name: ".", path: ".", mode: fs.ModeDir | 0o755, attr: image.Attr{Offset: -1}, inside: map[string]*node{}}
	f.count = 1
	r := rules{own: map[string]*rule{}, below: map[string]*rule{}}
	var links []command
	var dirs, files []mapping
	for i, c := range s.commands {
		switch c.name {
		case "symlink":
			links = append(links, c)
		case "package_extract_dir":
			dirs = f.mapping(dirs, c)
		case "package_extract_file":
			files = f.mapping(files, c)
		default:
			r.add(c, i+1)
		}
	}
	f.copyArchive(dirs)
	for _, m := range files {
		if info, err := f.zip.Stat(m.from); err == nil && !info.IsDir() && f.at(m.to) == nil {
			f.addFile(m.to, m.from, info)
		}
	}
	for _, c := range links {
		for _, p := range c.args[min(len(c.args), 1):] {
			f.addLink(p, c.args[0])
		}
	}
	f.settle(f.root, &r)
}

// temporary are places whose files are gone when the device runs, or that are no files.
var temporary = []string{"tmp", "dev", "cache", "proc", "sys"}

func (f *overlay) mapping(list []mapping, c command) []mapping {
	if len(c.args) < 2 {
		return list
	}
	to, ok := devicePath(c.args[1])
	from := strings.Trim(path.Clean("/"+c.args[0]), "/")
	first, _, _ := strings.Cut(to, "/")
	if !ok || from == "" || slices.Contains(temporary, first) || from == to || !fs.ValidPath(from) || strings.Contains(from, `\`) {
		return list
	}
	if len(list) >= maxMappings {
		f.gap(image.OverBudget, "more than %d places the script extracts to", maxMappings)
		return list
	}
	return append(list, mapping{from, to})
}

// copyArchive takes over the archive's files, each where the script extracts it to.
func (f *overlay) copyArchive(dirs []mapping) {
	err := fs.WalkDir(f.zip, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		for _, to := range places(name, dirs) {
			if d.IsDir() {
				if n := f.dir(to); n != nil {
					n.info = info
				}
			} else {
				f.addFile(to, name, info)
			}
		}
		return nil
	})
	if err != nil {
		f.gap(image.Malformed, "%v", err)
	}
}

// places returns the device names of an entry: those of all mappings of the nearest directory above it, or its own.
func places(name string, dirs []mapping) []string {
	best := ""
	for _, m := range dirs {
		if (name == m.from || strings.HasPrefix(name, m.from+"/")) && len(m.from) > len(best) {
			best = m.from
		}
	}
	if best == "" {
		return []string{name}
	}
	var out []string
	for _, m := range dirs {
		if m.from == best {
			out = append(out, path.Join(m.to, strings.TrimPrefix(name, best)))
		}
	}
	return out
}

func (f *overlay) at(name string) *node {
	n := f.root
	if name == "." {
		return n
	}
	for p := range strings.SplitSeq(name, "/") {
		if n = n.inside[p]; n == nil {
			return nil
		}
	}
	return n
}

// dir returns a directory, made with those above it; nil where a file or link is in the way, or there are too many.
func (f *overlay) dir(name string) *node {
	n := f.root
	if name == "." {
		return n
	}
	if strings.Count(name, "/") > 2*maxDepth {
		return nil
	}
	for p := range strings.SplitSeq(name, "/") {
		c := n.inside[p]
		if c == nil {
			if !f.room() {
				return nil
			}
			c = &node{name: p, path: path.Join(n.path, p), mode: fs.ModeDir | 0o755, inside: map[string]*node{}}
			n.inside[p] = c
		}
		if !c.mode.IsDir() {
			return nil
		}
		n = c
	}
	return n
}

func (f *overlay) room() bool {
	if f.count++; f.count == maxNodes {
		f.gap(image.OverBudget, "more than %d files", maxNodes)
	}
	return f.count < maxNodes
}

func (f *overlay) addFile(name, source string, info fs.FileInfo) {
	parent := f.dir(path.Dir(name))
	base := path.Base(name)
	if parent == nil || parent.inside[base] != nil || !f.room() {
		return
	}
	n := &node{name: base, path: name, source: source, info: info, mode: info.Mode()}
	if n.mode&fs.ModeSymlink != 0 {
		n.link, _ = f.zip.ReadLink(source)
	}
	parent.inside[base] = n
}

// addLink makes a link as edify's symlink does, which removes a file that has its name first.
func (f *overlay) addLink(p, target string) {
	name, ok := devicePath(p)
	if !ok || name == "." || target == "" {
		return
	}
	parent := f.dir(path.Dir(name))
	base := path.Base(name)
	if parent == nil || !f.room() {
		return
	}
	if old := parent.inside[base]; old != nil && old.mode.IsDir() {
		return
	}
	parent.inside[base] = &node{name: base, path: name, link: target, mode: fs.ModeSymlink | 0o777}
}

// settle sorts the tree and gives every place its attributes.
func (f *overlay) settle(n *node, r *rules) {
	n.attr = image.Attr{Offset: -1}
	if n.info != nil {
		if a, ok := n.info.Sys().(*image.Attr); ok && a != nil {
			n.attr = *a
		}
		if n.mode.IsDir() {
			n.mode = fs.ModeDir | n.info.Mode().Perm()
		}
	}
	said := r.of(n.path, n.mode.IsDir())
	if said.uid.seq > 0 {
		n.attr.UID = said.uid.value
	}
	if said.gid.seq > 0 {
		n.attr.GID = said.gid.value
	}
	if said.label.seq > 0 {
		n.attr.Label = said.label.value
	}
	if said.mode.seq > 0 && n.mode&fs.ModeSymlink == 0 {
		n.mode = n.mode.Type() | unixMode(said.mode.value)
	}
	for _, c := range n.inside {
		n.sorted = append(n.sorted, c)
	}
	slices.SortFunc(n.sorted, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	for _, c := range n.sorted {
		f.settle(c, r)
	}
}
