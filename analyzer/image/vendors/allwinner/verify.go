package allwinner

import (
	"context"
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// sum adds 32-bit words, little endian, the last one filled up with zeros.
type sum struct {
	total uint32
	at    uint // position inside of a word
}

func (s *sum) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		if s.at == 0 && len(p)-i >= 4 {
			s.total += binary.LittleEndian.Uint32(p[i:])
			i += 4
			continue
		}
		s.total += uint32(p[i]) << (8 * s.at)
		s.at = (s.at + 1) % 4
		i++
	}
	return len(p), nil
}

func (s *sum) Sum(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, s.total) }

// laterSums adds, for each file, the comparison with the sum in the file of four bytes whose subtype is its own with
// a V in front.
func laterSums(p *image.Parts, r io.ReaderAt, size int64, items []item, names []string) {
	type key struct{ kind, sub string }
	sums := map[key]int{}
	for i, e := range items {
		if e.size == 4 && len(e.sub) > 1 && e.sub[0] == 'V' {
			sums[key{e.kind, e.sub}] = i
		}
	}
	for i, e := range items {
		of := "V" + e.sub
		at, ok := sums[key{e.kind, of[:min(len(of), 16)]}]
		if !ok || at == i || names[i] == "" {
			continue
		}
		c := image.Check{Name: names[i], What: "sum of words", Whole: true, Offset: items[at].off}
		want, err := bin.ReadAt(r, size, items[at].off, 4, 4)
		if err != nil {
			c.Outcome, c.Bytes, c.Detail = image.Unverified, e.size, err.Error()
			p.Later(func(context.Context) image.Check { return c })
			continue
		}
		p.LaterSum(c, r, e.off, e.size, func() image.Summer { return new(sum) }, want)
	}
}
