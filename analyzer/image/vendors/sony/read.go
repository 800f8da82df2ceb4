package sony

import (
	"io"
	"slices"
	"sort"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// erased is what flash reads as where nothing was written.
const erased = 0xFF

// settle orders the blocks by address and lists the image. A block that lies on another one is left out.
func (f *file) settle() {
	slices.SortStableFunc(f.runs, func(a, b run) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	kept := f.runs[:0]
	for _, x := range f.runs {
		if x.length == 0 {
			continue
		}
		if x.at < f.length {
			f.parts.Miss("", image.Errorf(image.Malformed, x.header, "the block at address %d lies on another", x.at))
			continue
		}
		kept = append(kept, x)
		f.length = x.at + x.length
	}
	f.runs = kept
	attr := image.Attr{Offset: -1}
	if len(f.runs) == 1 && f.runs[0].packed == 0 && f.runs[0].at == 0 {
		attr.Offset = f.runs[0].from
	}
	f.parts.AddFile(Name, image.Entry{Mode: 0o444, Size: f.length, Attr: attr, Open: func() (io.ReaderAt, error) { return f, nil }})
	f.laterChecks()
}

// key names a decoded block in the shared cache.
type key struct {
	f *file
	i int
}

func (f *file) decode(i int) ([]byte, error) {
	x := &f.runs[i]
	return f.budget.Cached(key{f, i}, func() ([]byte, error) {
		if err := f.budget.CheckMemory(x.length); err != nil {
			return nil, err
		}
		if err := f.budget.CheckRatio(x.length, x.packed); err != nil {
			return nil, err
		}
		src, err := bin.ReadAt(f.r, f.size, x.from, x.packed, f.budget.Memory)
		if err != nil {
			return nil, err
		}
		dst := make([]byte, x.length)
		n, err := lz4.UncompressBlock(src, dst)
		if err == nil && int64(n) != x.length {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, image.Errorf(image.Malformed, x.from, "LZ4 block for address %d: %v", x.at, err)
		}
		return dst, nil
	})
}

// ReadAt implements [io.ReaderAt]; it is safe for concurrent use.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= f.length {
		return 0, io.EOF
	}
	var tail error
	if int64(len(p)) > f.length-off {
		p, tail = p[:f.length-off], io.EOF
	}
	i := sort.Search(len(f.runs), func(i int) bool { return f.runs[i].at+f.runs[i].length > off })
	for done := 0; done < len(p); {
		x := &f.runs[i]
		at := off + int64(done)
		if at < x.at {
			n := int(min(x.at-at, int64(len(p)-done)))
			for j := range n {
				p[done+j] = erased
			}
			done += n
			continue
		}
		part := p[done : done+int(min(x.at+x.length-at, int64(len(p)-done)))]
		if x.packed > 0 {
			data, err := f.decode(i)
			if err != nil {
				return done, err
			}
			copy(part, data[at-x.at:])
		} else if n, err := image.NewSection(f.r, x.from, x.length).ReadAt(part, at-x.at); n < len(part) {
			return done + n, err
		}
		done += len(part)
		i++
	}
	return len(p), tail
}
