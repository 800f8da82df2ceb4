package rar

import (
	"io"
	"sync"
	"time"

	"romscan/analyzer/image"
)

// stored reads a file where it lies, if it was not compressed: the library's reader can then seek.
func stored(e entry) io.ReaderAt {
	s := &seeking{open: e.open, n: e.UnPackedSize}
	if s.start(0) != nil {
		return nil
	}
	return s
}

// seeking is random access by one reader at a time.
type seeking struct {
	mu   sync.Mutex
	open func() (io.ReadCloser, error)
	r    io.ReadCloser
	pos  int64 // of r
	n    int64
}

// start opens the file anew: its reader ends after as many bytes as the file has, whatever was sought in between.
func (s *seeking) start(off int64) error {
	if s.r != nil {
		s.r.Close()
		s.r = nil
	}
	r, err := s.open()
	if err != nil {
		return reason(err)
	}
	k, ok := r.(io.Seeker)
	if !ok {
		r.Close()
		return image.Errorf(image.Unsupported, -1, "not stored")
	}
	if _, err := contained(func() (int64, error) { return k.Seek(off, io.SeekStart) }); err != nil {
		r.Close()
		return reason(err)
	}
	s.r, s.pos = r, off
	return nil
}

// ReadAt implements [io.ReaderAt].
func (s *seeking) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r == nil || s.pos != off {
		if err := s.start(off); err != nil {
			return 0, err
		}
	}
	want := p[:min(int64(len(p)), s.n-off)]
	n, err := contained(func() (int, error) { return io.ReadFull(s.r, want) })
	s.pos += int64(n)
	if n < len(want) {
		s.pos = -1
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return n, reason(err)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close implements [io.Closer].
func (s *seeking) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r == nil {
		return nil
	}
	err := s.r.Close()
	s.r = nil
	return err
}

// begin starts decoding.
func begin(open func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	r, err := open()
	if err != nil {
		return nil, reason(err)
	}
	return paced(r), nil
}

// paced ends decoding that gets nowhere: the filters of RAR 3 are programs, and an archive of a kilobyte can have
// some that run for minutes.
func paced(r io.ReadCloser) *pace { return &pace{ReadCloser: r, start: time.Now()} }

type pace struct {
	io.ReadCloser
	start time.Time
	done  int64
	cause error // of the end, in the library's words
}

const (
	patience = 8 * time.Second
	slowest  = 64 << 10 // bytes a second
)

func (p *pace) Read(b []byte) (int, error) {
	n, err := contained(func() (int, error) { return p.ReadCloser.Read(b) })
	p.done += int64(n)
	p.cause = err
	if spent := time.Since(p.start); err == nil && spent > patience && p.done < int64(spent.Seconds()*slowest) {
		return n, image.Errorf(image.OverBudget, -1, "%d bytes decoded in %d s", p.done, int(spent.Seconds()))
	}
	return n, reason(err)
}
