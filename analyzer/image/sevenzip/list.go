package sevenzip

import (
	"encoding/binary"
	"io"
	"io/fs"
	"unicode/utf16"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

const maxFiles = 1 << 22

// files reads a FilesInfo.
func (p *parser) files(b *image.Budget) ([]entry, error) {
	n := p.number()
	if n > maxFiles || int64(n) > b.Files {
		return nil, image.Errorf(image.OverBudget, -1, "%d files", n)
	}
	if n > uint64(p.Len()/2) { // a name takes two bytes at least
		return nil, p.malformed("a number of files that cannot be")
	}
	out := make([]entry, n)
	for i := range out {
		out[i].nameless = true
	}
	var empty []*entry
	for {
		id := p.number()
		if id == idEnd || p.Err() != nil {
			return out, p.Err()
		}
		size := p.length()
		if size > p.Len() {
			p.Skip(size)
			return out, p.Err()
		}
		end := p.Pos() + size
		switch id {
		case idEmptyStream:
			for i, is := range p.bits(len(out)) {
				if out[i].empty = is; is {
					empty = append(empty, &out[i])
				}
			}
		case idEmptyFile:
			for i, is := range p.bits(len(empty)) {
				empty[i].emptyFile = is
			}
		case idAnti:
			for i, is := range p.bits(len(empty)) {
				empty[i].anti = is
			}
		case idNames:
			if p.U8() != 0 {
				return out, p.malformed("names in another stream")
			}
			p.names(out, end)
		case idAttributes:
			defined := p.someBits(len(out))
			if p.U8() != 0 {
				return out, p.malformed("attributes in another stream")
			}
			for i, is := range defined {
				if is {
					out[i].attributes = p.U32()
				}
			}
		}
		if p.Err() != nil {
			return out, p.Err()
		}
		p.Seek(end)
	}
}

// names reads names in UTF-16, each ended by a zero, up to end.
func (p *parser) names(out []entry, end int) {
	raw := p.Bytes(end - p.Pos())
	var units []uint16
	for i := range out {
		units = units[:0]
		for {
			if len(raw) < 2 {
				return
			}
			u := binary.LittleEndian.Uint16(raw)
			if raw = raw[2:]; u == 0 {
				break
			}
			units = append(units, u)
		}
		out[i].name, out[i].nameless = string(utf16.Decode(units)), false
	}
}

// list adds the entries with their content, in the order of both.
func (a *archive) list(entries []entry, s streams) {
	for i := range s.parts {
		s.folders[s.parts[i].folder].content.parts++
	}
	parts := s.parts
	for i := range entries {
		e := &entries[i]
		var p *part
		if !e.empty {
			if len(parts) == 0 {
				a.x.Miss("", image.Errorf(image.Malformed, a.at, "%d files without content", len(entries)-i))
				return
			}
			p, parts = &parts[0], parts[1:]
		}
		if !e.anti {
			a.add(e, p, s)
		}
	}
	if len(parts) > 0 {
		a.x.Miss("", image.Errorf(image.Malformed, a.at, "content of %d files without names", len(parts)))
	}
}

// add lists one file.
func (a *archive) add(e *entry, p *part, s streams) {
	name, note, ok := clean(e.name)
	if !ok || e.nameless {
		a.x.Miss("", image.Errorf(image.Malformed, -1, "%.100q is no path", e.name))
		return
	}
	if name == "" {
		return
	}
	out := image.Entry{Mode: e.mode(), Attr: image.Attr{Offset: -1, Note: note}}
	if p != nil && out.Mode.IsRegular() {
		name = a.x.Free(name)
		out.Size = p.n
	}
	if p != nil {
		f := s.folders[p.folder]
		problem := f.problem
		if problem == nil && f.encrypted() {
			if problem = a.lock.err; problem == nil {
				out.Attr.Note = locked.Note(a.lock.key)
			}
		}
		if problem == nil {
			problem = a.budget.CheckRatio(f.size, f.packs[0].n)
		}
		if problem != nil {
			a.x.Miss(name, problem)
			out.Size = min(out.Size, max(a.size, image.RatioFloor))
		}
		open := func() (io.ReaderAt, error) {
			if problem != nil {
				return nil, problem
			}
			return f.content.open(p)
		}
		switch {
		case out.Mode&fs.ModeSymlink != 0:
			out.Link = a.link(name, p, open)
			if out.Link == "" {
				return
			}
		case out.Mode.IsRegular():
			out.Open = open
			out.Attr.Offset = f.plainAt(p)
			a.x.files = append(a.x.files, file{name, *p, open})
		}
	}
	if err := a.x.Add(name, out); err != nil {
		a.x.Miss(name, err)
	}
}

// plainAt returns where a part lies in the archive, -1 where it was compressed or encrypted.
func (f *folder) plainAt(p *part) int64 {
	if f.problem != nil || len(f.coders) != 1 || !methods[string(f.coders[0].id)].copies || p.n == 0 {
		return -1
	}
	return startSize + f.packs[0].at + p.off
}

// link reads the target of a symbolic link, which is the file's content.
func (a *archive) link(name string, p *part, open func() (io.ReaderAt, error)) string {
	const longest = 4096
	if p.n > longest {
		a.x.Miss(name, image.Errorf(image.Malformed, -1, "a symbolic link of %d bytes", p.n))
		return ""
	}
	r, err := open()
	if err != nil {
		return "" // a gap already
	}
	if c, ok := r.(io.Closer); ok {
		defer c.Close()
	}
	target := make([]byte, p.n)
	if n, err := r.ReadAt(target, 0); n < len(target) {
		a.x.Miss(name, err)
		return ""
	}
	return string(target)
}
