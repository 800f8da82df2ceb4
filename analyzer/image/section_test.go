package image

import (
	"io"
	"strings"
	"testing"
)

func TestSection(t *testing.T) {
	r := strings.NewReader("0123456789")
	for _, c := range []struct {
		off, n, at int64
		want       string
		err        error
	}{
		{2, 5, 0, "2345", nil},
		{2, 5, 3, "56", io.EOF},
		{2, 5, 5, "", io.EOF},
		{2, 5, -1, "", io.EOF},
		{8, 5, 0, "89", io.ErrUnexpectedEOF},
		{11, 5, 0, "", io.ErrUnexpectedEOF},
	} {
		b := make([]byte, 4)
		n, err := NewSection(r, c.off, c.n).ReadAt(b, c.at)
		if string(b[:n]) != c.want || err != c.err {
			t.Errorf("%d bytes at %d, read at %d: %q, %v", c.n, c.off, c.at, b[:n], err)
		}
	}
}
