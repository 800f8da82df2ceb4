package cpio

import (
	"context"
	"fmt"
	"io"

	"romscan/analyzer/image"
)

// archive is the index together with the checksums of the crc kind.
type archive struct {
	*image.Index
	r    io.ReaderAt
	sums []sum
}

// sum is what a crc entry states: its bytes added up, modulo 2^32 (Linux init/initramfs.c).
type sum struct {
	name   string
	stated uint32
	at     int64 // where it is stated
	data   int64
	size   int64
}

// Verify implements [image.Verifier]. Only the crc kind carries checksums.
func (a *archive) Verify(ctx context.Context, yield func(image.Check) bool) {
	buf := make([]byte, 64<<10)
	for _, s := range a.sums {
		if ctx.Err() != nil || !yield(a.check(s, buf)) {
			return
		}
	}
}

func (a *archive) check(s sum, buf []byte) image.Check {
	c := image.Check{Name: s.name, What: "cpio sum", Outcome: image.Matched, Whole: true, Bytes: s.size, Offset: s.at}
	var found uint32
	data := io.NewSectionReader(image.NewSection(a.r, s.data, s.size), 0, s.size)
	for {
		n, err := data.Read(buf)
		for _, b := range buf[:n] {
			found += uint32(b)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			c.Outcome, c.Detail = image.Unverified, err.Error()
			return c
		}
	}
	if found != s.stated {
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("%08x stated, %08x found", s.stated, found)
	}
	return c
}
