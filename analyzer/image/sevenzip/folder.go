package sevenzip

import (
	"slices"

	"romscan/analyzer/image"
)

// folder is a block of content and how it was packed: coders, of which one takes what another gives.
type folder struct {
	coders  []coder
	binds   []bind
	inputs  []int   // of all coders' inputs, those that packed streams go to
	sizes   []int64 // of all coders' outputs
	main    int     // the output that is the content
	size    int64   // of the content
	crc     crc
	packs   []stretch
	problem error // why it cannot be decoded
	content *content
}

// coder is one step. Its inputs and outputs are numbered through all coders of the folder.
type coder struct {
	id             []byte
	properties     []byte
	firstIn, ins   int
	firstOut, outs int
}

// bind says that an input takes what an output gives.
type bind struct{ in, out int }

// maxCoders and maxStreams bound a folder, as the LZMA SDK does.
const (
	maxCoders  = 32
	maxStreams = 32
)

// folders reads an UnpackInfo.
func (p *parser) folders(s *streams) error {
	if p.number() != idFolder {
		return p.malformed("no folders")
	}
	n := p.count(2)
	if p.U8() != 0 {
		return p.malformed("folders in another stream")
	}
	for range n {
		f, err := p.folder()
		if err != nil {
			return err
		}
		s.folders = append(s.folders, f)
	}
	if p.number() != idUnpackSizes {
		return p.malformed("no sizes of folders")
	}
	for _, f := range s.folders {
		for i := range f.sizes {
			f.sizes[i] = p.size()
		}
		f.size = f.sizes[f.main]
	}
	for id := p.number(); id != idEnd; id = p.number() {
		if p.Err() != nil {
			return p.Err()
		}
		if id != idCRC {
			p.Skip(p.length())
			continue
		}
		for i, c := range p.crcs(len(s.folders)) {
			s.folders[i].crc = c
		}
	}
	return p.Err()
}

func (p *parser) malformed(what string) error {
	if p.Err() != nil {
		return p.Err()
	}
	return image.Errorf(image.Malformed, -1, "%s, at byte %d of the header", what, p.Pos())
}

// folder reads one folder.
func (p *parser) folder() (*folder, error) {
	f := &folder{}
	n := p.count(1)
	if n == 0 || n > maxCoders {
		return nil, p.malformed("a folder of no coders, or too many")
	}
	ins, outs := 0, 0
	for range n {
		c := coder{firstIn: ins, firstOut: outs, ins: 1, outs: 1}
		flags := p.U8()
		c.id = p.Bytes(int(flags & 0x0F))
		if flags&0x10 != 0 {
			c.ins, c.outs = int(min(p.number(), maxStreams+1)), int(min(p.number(), maxStreams+1))
		}
		if flags&0x20 != 0 {
			c.properties = p.Bytes(p.length())
		}
		if flags&0xC0 != 0 || c.ins == 0 || c.outs == 0 {
			return nil, p.malformed("a coder")
		}
		ins, outs = ins+c.ins, outs+c.outs
		if ins > maxStreams || outs > maxStreams {
			return nil, p.malformed("a folder of too many streams")
		}
		f.coders = append(f.coders, c)
	}
	f.sizes = make([]int64, outs)
	if outs-1 > ins {
		return nil, p.malformed("a folder of too few streams")
	}
	for range outs - 1 {
		b := bind{int(min(p.number(), maxStreams)), int(min(p.number(), maxStreams))}
		taken := func(o bind) bool { return o.in == b.in || o.out == b.out }
		if b.in >= ins || b.out >= outs || slices.ContainsFunc(f.binds, taken) {
			return nil, p.malformed("how coders are bound")
		}
		f.binds = append(f.binds, b)
	}
	for f.main = 0; slices.ContainsFunc(f.binds, func(b bind) bool { return b.out == f.main }); f.main++ {
	}
	f.inputs = make([]int, ins-(outs-1))
	if len(f.inputs) == 1 {
		for slices.ContainsFunc(f.binds, func(b bind) bool { return b.in == f.inputs[0] }) {
			f.inputs[0]++
		}
		return f, p.Err()
	}
	for i := range f.inputs {
		f.inputs[i] = int(min(p.number(), maxStreams))
		if f.inputs[i] >= ins {
			return nil, p.malformed("what packed streams go to")
		}
	}
	return f, p.Err()
}

// bind gives folders their packed streams.
func (p *parser) bind(a *archive, s *streams, packs []stretch) error {
	for _, f := range s.folders {
		if len(f.inputs) > len(packs) {
			return image.Errorf(image.Malformed, a.at, "fewer packed streams than folders take")
		}
		f.packs, packs = packs[:len(f.inputs)], packs[len(f.inputs):]
		f.problem = f.check(a)
		f.content = newContent(a, f)
	}
	return nil
}

// check tells why a folder cannot be decoded, if so.
func (f *folder) check(a *archive) error {
	for _, c := range f.coders {
		m, known := methods[string(c.id)]
		switch {
		case !known:
			return image.Errorf(image.Unsupported, -1, "7z method %x", c.id)
		case m.open == nil && !m.copies && !m.aes:
			return image.Errorf(image.Unsupported, -1, "7z method %s", m.name)
		case c.ins != 1 || c.outs != 1:
			return image.Errorf(image.Malformed, -1, "7z method %s with %d inputs", m.name, c.ins)
		}
	}
	for _, k := range f.packs {
		if room := max(a.size-startSize, 0); k.at > room || k.n > room-k.at {
			return image.Errorf(image.Truncated, a.size, "%d bytes at 0x%x lie past the end", k.n, startSize+k.at)
		}
	}
	if len(f.packs) != 1 || f.chain() == nil {
		return image.Errorf(image.Malformed, -1, "coders in a circle")
	}
	return nil
}
