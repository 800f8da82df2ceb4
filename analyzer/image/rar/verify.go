package rar

import (
	"context"
	"errors"
	"io"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: it decodes every file, and the library compares the checksum at its end.
func (x *FS) Verify(ctx context.Context, yield func(image.Check) bool) {
	listed, err := []*rardecode.File(nil), error(nil)
	if !x.serial {
		listed, err = x.a.catalogue()
	}
	if x.serial || err != nil {
		x.inOrder(ctx, yield)
		return
	}
	for _, f := range x.files {
		var err error
		if f.nth >= len(listed) {
			err = image.Errorf(image.Truncated, -1, "not listed again")
		} else if r, oerr := opener(listed[f.nth])(); oerr != nil {
			err = oerr
		} else {
			err = drain(ctx, r)
			r.Close()
		}
		if c := f.verdict(err); ctx.Err() != nil || !yield(c) {
			return
		}
	}
}

// inOrder goes through the archive once.
func (x *FS) inOrder(ctx context.Context, yield func(image.Check) bool) {
	r, err := x.a.through()
	if err == nil {
		defer r.Close()
	}
	at := -1
	for _, f := range x.files {
		for err == nil && at < f.nth {
			_, err = r.Next()
			at++
		}
		var broke error
		if broke = err; err == nil {
			broke = drain(ctx, r)
		}
		if c := f.verdict(broke); ctx.Err() != nil || !yield(c) {
			return
		}
	}
}

// drain reads to the end, and returns the library's own error.
func drain(ctx context.Context, r io.ReadCloser) error {
	p := paced(r)
	_, err := io.Copy(io.Discard, image.ReaderContext(ctx, p))
	if errors.Is(p.cause, rardecode.ErrBadFileChecksum) {
		return p.cause
	}
	return err
}

func (f *file) verdict(err error) image.Check {
	c := image.Check{Name: f.name, What: "rar checksum", Outcome: image.Matched, Whole: true, Bytes: f.size, Offset: -1}
	if errors.Is(err, rardecode.ErrBadFileChecksum) {
		c.Outcome, c.Detail = image.Mismatched, err.Error()
	} else if err != nil {
		c.Outcome, c.Detail = image.Unverified, err.Error()
	}
	return c
}
