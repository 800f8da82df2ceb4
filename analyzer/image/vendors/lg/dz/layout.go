package dz

import (
	"io"
	"slices"
	"sort"
	"sync"

	"romscan/analyzer/image"
)

// Bounds of what is believed of addresses.
const (
	maxErase = 64 << 30 // bytes of a partition up to which what its last chunk erases counts
	maxSize  = 1 << 40  // bytes of a partition
)

// partition is the chunks of one name on one device.
type partition struct {
	name   string
	device uint32
	chunks []*chunk
	runs   []run // ascending, without overlap; what lies between reads as zeros
	size   int64
}

type run struct {
	at    int64 // in the partition
	chunk *chunk
}

// list puts the partitions into the index, in the order of their first chunks.
func (d *reader) list() {
	tables, usual := d.tables()
	type key struct {
		device uint32
		name   string
	}
	found := map[key]*partition{}
	var order []*partition
	for _, c := range d.chunks {
		k := key{c.device, c.partition}
		if found[k] == nil {
			found[k] = &partition{name: c.partition, device: c.device}
			order = append(order, found[k])
		}
		found[k].chunks = append(found[k].chunks, c)
	}
	for _, p := range order {
		t, ok := tables[p.device]
		if !ok {
			t.sector = usual
		}
		if d.head.minor == 0 {
			p.join()
		} else {
			d.place(p, t)
		}
		name := p.name
		if name == "" {
			name = "unnamed"
		}
		name = d.parts.AddFile(name+".img", image.Entry{
			Mode: 0o444, Size: p.size, Attr: image.Attr{Offset: -1},
			Open: func() (io.ReaderAt, error) { return &view{p: p, open: map[*chunk]io.ReaderAt{}}, nil },
		})
		if name != "" {
			d.parts.Later(d.chunkCheck(p, name, "chunk md5"))
			if d.head.minor != 0 {
				d.parts.Later(d.chunkCheck(p, name, "chunk crc32"))
			}
		}
	}
}

// join lays chunks without addresses one behind the other.
func (p *partition) join() {
	for _, c := range p.chunks {
		p.runs = append(p.runs, run{p.size, c})
		p.size += c.decoded
	}
}

// place lays the chunks to their addresses. Where a partition starts is said by the partition table, else by its
// first chunk. A chunk that lies in front of that, or on another one, is listed as a file of its own.
func (d *reader) place(p *partition, t gpt) {
	chunks := slices.Clone(p.chunks)
	slices.SortStableFunc(chunks, func(a, b *chunk) int { return int(a.address - b.address) })
	start := chunks[0].address
	if s := chunks[0].start; s > 0 && s < start {
		start = s
	}
	part, known := t.slices[p.name]
	if known && part.start < start {
		start = part.start
	}
	for _, c := range chunks {
		at := (c.address - start) * t.sector
		if at < p.size || at+c.decoded > maxSize {
			d.parts.Miss(p.name, image.Errorf(image.Malformed, c.at, "chunk %s at sector %d lies on others or out of bounds", c.name, c.address))
			d.parts.AddFile(c.name, image.Entry{
				Mode: 0o444, Size: c.decoded, Attr: image.Attr{Offset: -1},
				Open: func() (io.ReaderAt, error) { return c.stream.Open(), nil },
			})
			continue
		}
		if c.decoded == 0 {
			continue
		}
		p.runs = append(p.runs, run{at, c})
		p.size = at + c.decoded
	}
	last := chunks[len(chunks)-1]
	end := (last.address + last.erase - start) * t.sector
	if known {
		end = min(end, (part.end-start)*t.sector)
	}
	if end <= maxErase {
		p.size = max(p.size, end)
	}
}

// view is a partition as one handle reads it; closing it gives the decoded chunks back.
type view struct {
	p    *partition
	mu   sync.Mutex
	open map[*chunk]io.ReaderAt
}

func (v *view) chunk(c *chunk) io.ReaderAt {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.open[c] == nil {
		v.open[c] = c.stream.Open()
	}
	return v.open[c]
}

// Close implements [io.Closer].
func (v *view) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var first error
	for _, r := range v.open {
		if err := r.(io.Closer).Close(); err != nil && first == nil {
			first = err
		}
	}
	clear(v.open)
	return first
}

// ReadAt implements [io.ReaderAt].
func (v *view) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= v.p.size {
		return 0, io.EOF
	}
	var tail error
	if int64(len(b)) > v.p.size-off {
		b, tail = b[:v.p.size-off], io.EOF
	}
	runs := v.p.runs
	i := sort.Search(len(runs), func(i int) bool { return runs[i].at+runs[i].chunk.decoded > off })
	for done := 0; done < len(b); {
		at := off + int64(done)
		if i == len(runs) {
			clear(b[done:])
			break
		}
		x := runs[i]
		if at < x.at {
			n := int(min(x.at-at, int64(len(b)-done)))
			clear(b[done : done+n])
			done += n
			continue
		}
		n := int(min(x.at+x.chunk.decoded-at, int64(len(b)-done)))
		got, err := v.chunk(x.chunk).ReadAt(b[done:done+n], at-x.at)
		done += got
		if got < n {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
		i++
	}
	return len(b), tail
}
