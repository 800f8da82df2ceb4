package ubi

import (
	"cmp"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	minBlock   = 4 << 10
	maxBlock   = 16 << 20
	searchStep = 512      // blocks begin at multiples of it, even with spare bytes between pages
	searchSpan = 64 << 20 // of the input that is searched for blocks
	maxFound   = 256
	minRecords = 80 // of volumes that the smallest usual blocks have room for
)

// geometry is what the headers of a flash have in common.
type geometry struct {
	block int64 // bytes of a physical erase block
	vid   int64
	data  int64
	spare bool // whether the input has spare bytes between its pages
}

// layout is a size of pages and of the spare bytes behind each.
type layout struct{ page, spare int64 }

// layouts are those of NAND chips.
var layouts = [...]layout{
	{512, 16}, {2048, 64}, {2048, 128}, {2048, 112}, {4096, 128}, {4096, 224}, {4096, 218}, {4096, 256},
	{8192, 256}, {8192, 448}, {8192, 512}, {8192, 640}, {8192, 744}, {16384, 1024}, {16384, 1280},
}

// measure finds the size of erase blocks: the greatest that all headers lie at multiples of. If that is no power of
// two, spare bytes may lie between pages.
func (f *flash) measure(h ecHeader) error {
	f.vid, f.data = h.vid, h.data
	found := f.search(h)
	var common int64
	for _, at := range found {
		common = gcd(common, at)
	}
	if len(found) > 0 && (common < minBlock || common < h.data) {
		common = found[0] // an image inside of a volume has headers too
	}
	switch {
	case common == 0 && f.have > maxBlock:
		return image.Errorf(image.Malformed, 0, "no second erase block")
	case common == 0:
		f.block = f.have
		return nil
	}
	f.block = common
	if bits.OnesCount64(uint64(common)) == 1 {
		return nil
	}
	for _, strict := range []bool{true, false} {
		for _, l := range f.candidates(common) {
			p := &paged{f.r, f.have, l}
			size := f.have / (l.page + l.spare) * l.page
			if f.fits(p, size, found, strict) {
				f.spare, f.block, f.r, f.have = true, common/(l.page+l.spare)*l.page, p, size
				return nil
			}
		}
	}
	return nil
}

// candidates lists the layouts that blocks of this size may have, first those whose pages are as far apart as the
// headers are: several layouts have the same proportion of spare bytes.
func (f *flash) candidates(block int64) (out []layout) {
	for _, l := range layouts {
		if pages := block / (l.page + l.spare); block%(l.page+l.spare) == 0 && bits.OnesCount64(uint64(pages)) == 1 && pages >= 8 {
			out = append(out, l)
		}
	}
	far := func(l layout) int {
		switch l.page {
		case f.data - f.vid:
			return 0
		case f.data:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b layout) int { return cmp.Compare(far(a), far(b)) })
	return out
}

// fits reports whether headers of volumes lie where they do in p; strictly, whether a table of volumes, which is
// longer than a page, is right.
func (f *flash) fits(p *paged, size int64, found []int64, strict bool) bool {
	for _, at := range append([]int64{0}, found...) {
		at = at / (p.page + p.spare) * p.page
		raw, err := bin.ReadAt(p, size, at+f.vid, headerSize, headerSize)
		if err != nil {
			return false
		}
		h, ok := parseVID(raw)
		switch {
		case ok && !strict:
			return true
		case ok && h.volume == layoutVolume:
			table, err := bin.ReadAt(p, size, at+f.data, recordSize*minRecords, recordSize*minRecords)
			return err == nil && tableMatches(table)
		}
	}
	return false
}

func tableMatches(table []byte) bool {
	for record := range slices.Chunk(table, recordSize) {
		if crc(record[:recordSize-4]) != binary.BigEndian.Uint32(record[recordSize-4:]) {
			return false
		}
	}
	return true
}

// search returns where, behind the start, headers lie that agree with the first.
func (f *flash) search(h ecHeader) (found []int64) {
	const window = 1 << 20
	buf := make([]byte, window)
	for at := int64(0); at < min(f.have, searchSpan) && len(found) < maxFound; at += window {
		n, err := f.r.ReadAt(buf[:min(window, f.have-at)], at)
		for k := 0; k+headerSize <= n; k += searchStep {
			if buf[k] != ecMagic>>24 {
				continue
			}
			if other, ok := parseEC(buf[k : k+headerSize]); ok && at+int64(k) > 0 && other.vid == h.vid && other.data == h.data {
				found = append(found, at+int64(k))
			}
		}
		if err != nil && err != io.EOF {
			break
		}
	}
	return found
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// paged reads a dump without the spare bytes of its pages.
type paged struct {
	r    io.ReaderAt
	size int64 // with spare bytes
	layout
}

// ReadAt implements [io.ReaderAt].
func (p *paged) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, image.Errorf(image.Malformed, off, "negative offset")
	}
	done := 0
	for done < len(b) {
		at, skip := (off+int64(done))/p.page, (off+int64(done))%p.page
		if at >= p.size/(p.page+p.spare) {
			return done, io.EOF
		}
		n, err := p.r.ReadAt(b[done:min(int64(len(b)), int64(done)+p.page-skip)], at*(p.page+p.spare)+skip)
		done += n
		if err != nil && (err != io.EOF || n == 0) {
			return done, err
		}
	}
	return done, nil
}
