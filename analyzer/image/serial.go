package image

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// StreamName is what the one file of a compressed stream is called where the stream does not say.
const StreamName = "image"

// OpenStream is Open of a format that is one compressed stream of size bytes and states no decoded size, or none
// to be believed: the stream is decoded once, as [Budget.Decode] does. open starts decoding from the beginning.
// The result holds one file called name, [StreamName] where name cannot be a file's; a stream that breaks off gives
// what came before the break and a gap. check names the checksum that the decoder compares on the way, "" for
// streams without one; the result's Verify tells how that went.
func (b *Budget) OpenStream(name string, size int64, check string, open func() (io.ReadCloser, error)) (fs.FS, error) {
	if base, note, ok := ValidName(name); !ok || note != "" || base != name || len(name) > 255 {
		name = StreamName
	}
	stream, err := b.Decode(size, open)
	if stream == nil {
		return nil, BrokenStream(err)
	}
	x := NewIndex()
	if err != nil {
		x.Miss("", BrokenStream(err))
	}
	e := Entry{Mode: 0o444, Size: stream.Size(), Attr: Attr{Offset: -1}}
	e.Open = func() (io.ReaderAt, error) { return stream.Open(), nil }
	if err := x.Add(name, e); err != nil {
		return nil, err
	}
	if check == "" {
		return x, nil
	}
	return &checkedStream{Index: x, check: Check{Name: name, What: check, Whole: true, Bytes: stream.Size(), Offset: -1}, err: BrokenStream(err)}, nil
}

// checkedStream is a stream whose checksum was compared while it was decoded.
type checkedStream struct {
	*Index
	check Check
	err   error
}

// Verify implements [Verifier].
func (s *checkedStream) Verify(_ context.Context, yield func(Check) bool) {
	c := s.check
	var e *Error
	switch {
	case s.err == nil:
		c.Outcome = Matched
	case errors.As(s.err, &e) && e.Reason == Malformed:
		c.Outcome, c.Offset, c.Detail = Mismatched, e.Offset, e.Detail
	default:
		c.Outcome, c.Detail = Unverified, s.err.Error()
	}
	yield(c)
}

// BrokenStream tells a stream that is cut from one that is broken, where the decoder's error does not.
func BrokenStream(err error) error {
	var known *Error
	switch {
	case err == nil, errors.As(err, &known), errors.Is(err, ErrBudget):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Errorf(Truncated, -1, "%v", err)
	}
	return Errorf(Malformed, -1, "%v", err)
}
