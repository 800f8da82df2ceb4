package image

import (
	"io"
	"strings"
	"testing"
)

func TestSpace(t *testing.T) {
	s := NewSpace(12)
	for _, p := range []struct {
		pos, n int64
		data   string
	}{{6, 3, "ghi"}, {1, 2, "bc"}, {3, 1, "d"}} {
		if err := s.Place(p.pos, p.n, strings.NewReader(p.data)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range [][2]int64{{0, 2}, {2, 1}, {7, 1}, {0, 12}, {8, 9}, {-1, 1}, {1, -1}, {1<<63 - 1, 2}} {
		if err := s.Place(p[0], p[1], strings.NewReader("xxxxxxxxxxxx")); err == nil {
			t.Errorf("%d bytes at %d were taken", p[1], p[0])
		}
	}
	const want = "\x00bcd\x00\x00ghi\x00\x00\x00"
	for from := range want {
		for to := from + 1; to <= len(want)+1; to++ {
			p := make([]byte, to-from)
			n, err := s.ReadAt(p, int64(from))
			if string(p[:n]) != want[from:min(to, len(want))] || (err == io.EOF) != (to > len(want)) {
				t.Fatalf("%d to %d: %q, %v", from, to, p[:n], err)
			}
		}
	}
	if err := s.Place(12, 4, strings.NewReader("mn")); err != nil || s.Size() != 16 {
		t.Fatal(err, s.Size())
	}
	if n, err := s.ReadAt(make([]byte, 4), 12); n != 2 || err != io.ErrUnexpectedEOF {
		t.Errorf("a stretch that is cut: %d, %v", n, err)
	}
}
