package sevenzip

import (
	"bufio"
	"io"
	"slices"

	"romscan/analyzer/image"
)

// chain returns the coders from the content to the packed stream, nil where they make a circle.
func (f *folder) chain() []coder {
	var out []coder
	for at := f.main; len(out) < len(f.coders); {
		c := f.coders[at] // one output each: they are numbered like the coders
		out = append(out, c)
		next := slices.IndexFunc(f.binds, func(b bind) bool { return b.in == c.firstIn })
		if next < 0 {
			if len(out) < len(f.coders) {
				return nil
			}
			return out
		}
		at = f.binds[next].out
	}
	return nil
}

// inPlace returns the content of a folder that was stored, encrypted or not; ok is false for others.
func (f *folder) inPlace(a *archive) (r io.ReaderAt, ok bool, err error) {
	if f.problem != nil {
		return nil, false, f.problem
	}
	chain := f.chain()
	r = image.NewSection(a.r, startSize+f.packs[0].at, f.packs[0].n)
	for _, c := range slices.Backward(chain) {
		m := methods[string(c.id)]
		switch {
		case m.aes:
			if r, err = a.lock.open(c.properties, r, f.sizes[c.firstOut], f.packs[0].n); err != nil {
				return nil, true, err
			}
		case m.copies:
		default:
			return nil, false, nil
		}
	}
	return r, true, nil
}

// reader decodes a folder from its start.
func (f *folder) reader(a *archive) (io.ReadCloser, error) {
	if f.problem != nil {
		return nil, f.problem
	}
	var r io.Reader
	var at io.ReaderAt = image.NewSection(a.r, startSize+f.packs[0].at, f.packs[0].n)
	n := f.packs[0].n
	closers := closeAll{}
	for _, c := range slices.Backward(f.chain()) {
		m := methods[string(c.id)]
		out := f.sizes[c.firstOut]
		switch {
		case m.aes && r == nil:
			var err error
			if at, err = a.lock.open(c.properties, at, out, n); err != nil {
				return nil, err
			}
			n = out
			continue
		case m.aes:
			return nil, image.Errorf(image.Unsupported, -1, "7z: encryption before compression")
		case m.copies:
			continue
		}
		if r == nil {
			r = bufio.NewReaderSize(io.NewSectionReader(at, 0, n), 64<<10)
		}
		next, err := m.open(r, c.properties, out, a.budget.Memory/4)
		if err != nil {
			return nil, err
		}
		if k, ok := next.(io.Closer); ok {
			closers = append(closers, k)
		}
		r = next
	}
	if r == nil {
		r = io.NewSectionReader(at, 0, n)
	}
	return &opened{io.LimitReader(r, f.size), closers}, nil
}

type closeAll []io.Closer

type opened struct {
	io.Reader
	closeAll
}

// Close frees what the decoders hold.
func (c closeAll) Close() error {
	var first error
	for _, k := range slices.Backward(c) {
		if err := k.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
