package iso9660

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// dir lists the directory whose record is d under the name at, "" for the root. What is broken in it is a gap.
func (v *volume) dir(at string, d record, depth int) {
	off := d.extent * v.block
	switch {
	case v.seen[off]:
		v.Miss(at, image.Errorf(image.Malformed, off, "directory %q is inside of itself, or is there twice", at))
		return
	case depth > maxDepth || len(v.seen) >= maxDirs:
		v.Miss(at, image.Errorf(image.OverBudget, off, "more than %d directories or %d levels", maxDirs, maxDepth))
		return
	}
	v.seen[off] = true
	raw, err := bin.ReadAt(v.r, v.size, off, min(d.size, max(v.size-off, 0)), maxDir)
	if err != nil {
		v.Miss(at, err)
		return
	}
	if int64(len(raw)) < d.size {
		v.Miss(at, image.Errorf(image.Truncated, off+int64(len(raw)), "directory of %d bytes, %d are there", d.size, len(raw)))
	}
	var file []record // the extents of one file so far
	for pos := int64(0); pos < int64(len(raw)); {
		if raw[pos] == 0 { // records do not cross sectors
			pos = (pos/sector + 1) * sector
			continue
		}
		r, ok := parseRecord(raw[pos:min(int64(len(raw)), (pos/sector+1)*sector)])
		if !ok {
			v.Miss(at, image.Errorf(image.Malformed, off+pos, "directory record"))
			return
		}
		pos += int64(r.length)
		if r.special() {
			continue
		}
		file = append(file, r)
		if r.flags&flagMulti != 0 && r.flags&flagDir == 0 && len(file) < maxFiles {
			continue
		}
		if v.files++; v.files > maxFiles {
			v.Miss(at, image.Errorf(image.OverBudget, off+pos, "more than %d files", maxFiles))
			return
		}
		v.add(at, file, depth)
		file = nil
	}
	if file != nil {
		v.Miss(at, image.Errorf(image.Truncated, off+int64(len(raw)), "the last extents of a file are missing"))
	}
}

// add lists one entry of a directory, of one record or, for large files, several.
func (v *volume) add(at string, parts []record, depth int) {
	r := parts[0]
	rr := v.ridge(r)
	raw := rr.name
	if raw == "" {
		raw = v.plainName(r.name)
	}
	base, note, ok := image.ValidName(raw)
	if !ok {
		v.Miss(at, image.Errorf(image.Malformed, r.extent*v.block, "%.100q cannot be a name", raw))
		return
	}
	name := base
	if at != "" {
		name = at + "/" + base
	}
	e := image.Entry{Mode: 0o444, Attr: image.Attr{UID: rr.uid, GID: rr.gid, Offset: -1, Note: note}}
	if rr.hasMode {
		if m, ok := image.UnixMode(uint16(rr.mode)); ok {
			e.Mode = m
		}
	}
	switch {
	case rr.moved:
		return // it is listed where its CL entry is
	case r.flags&flagDir != 0, rr.child != 0:
		if rr.child != 0 {
			if r, ok = v.self(rr.child); !ok {
				v.Miss(name, image.Errorf(image.Malformed, rr.child*v.block, "no directory where it is said to have been moved to"))
				return
			}
		}
		if e.Mode = fs.ModeDir | 0o555; rr.hasMode {
			e.Mode = fs.ModeDir | fs.FileMode(rr.mode&0o777)
		}
		if v.put(name, e) {
			v.dir(name, r, depth+1)
		}
	case rr.isLink:
		e.Mode, e.Link = fs.ModeSymlink|0o777, rr.link
		v.put(name, e)
	default:
		v.addFile(v.Free(name), e, parts, rr.zisofs)
	}
}

// self reads the "." record of the directory at a block, which knows its size.
func (v *volume) self(block int64) (record, bool) {
	b := make([]byte, 255)
	n, _ := v.r.ReadAt(b, block*v.block)
	return parseRecord(b[:n])
}

func (v *volume) put(name string, e image.Entry) bool {
	if err := v.Add(name, e); err != nil {
		v.Miss(name, err)
		return false
	}
	return true
}

func (v *volume) addFile(name string, e image.Entry, parts []record, zisofs bool) {
	var f file
	f.r = v.r
	for _, p := range parts {
		if p.interleaved || zisofs {
			v.Miss(name, image.Errorf(image.Unsupported, p.extent*v.block, "the file is interleaved or compressed by zisofs"))
			return
		}
		f.runs = append(f.runs, run{at: e.Size, length: p.size, from: p.extent * v.block})
		e.Size += p.size
	}
	if end := f.runs[len(f.runs)-1]; end.from+end.length > v.size {
		v.Miss(name, image.Errorf(image.Truncated, v.size, "the file ends at 0x%x, the image at 0x%x", end.from+end.length, v.size))
	}
	if e.Mode.IsRegular() && len(parts) == 1 {
		e.Attr.Offset = f.runs[0].from
	}
	f.size = e.Size
	e.Open = func() (io.ReaderAt, error) { return &f, nil }
	v.put(name, e)
}

// file is the content of a file, run after run.
type file struct {
	r    io.ReaderAt
	size int64
	runs []run
}

// run is length bytes of a file, at at, which lie at from in the image.
type run struct{ at, length, from int64 }

// ReadAt implements [io.ReaderAt].
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= f.size {
		return 0, io.EOF
	}
	done := 0
	for _, r := range f.runs {
		if at := off + int64(done); done < len(p) && at >= r.at && at < r.at+r.length {
			want := min(int64(len(p)-done), r.at+r.length-at)
			n, err := f.r.ReadAt(p[done:done+int(want)], r.from+at-r.at)
			done += n
			if int64(n) < want {
				if err == nil || err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return done, err
			}
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}
