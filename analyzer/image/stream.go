package image

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// headSize is how much of a serial stream is decoded for a sniffer without decoding the rest.
const headSize = 64 << 10

// Stream gives random access to a serial (compressed) stream. The first read past its head decodes all of
// it: into the shared cache when it is small beside the memory budget, else into one unlinked temporary file.
type Stream struct {
	budget  *Budget
	size    int64 // decoded size the container states
	encoded int64 // bytes the stream takes in its container, for the ratio limit
	open    func() (io.ReadCloser, error)

	mu    sync.Mutex
	head  []byte
	spool *os.File
	users int   // handles that Open gave out
	broke error // why spool is shorter than size; set before spool is
	err   error
}

// NewStream returns a Stream of size decoded bytes; open starts decoding from the beginning and may be
// called several times. encoded is the compressed size.
func (b *Budget) NewStream(size, encoded int64, open func() (io.ReadCloser, error)) *Stream {
	return &Stream{budget: b, size: size, encoded: encoded, open: open}
}

// Size returns the decoded size.
func (s *Stream) Size() int64 { return s.size }

// ReadAt implements [io.ReaderAt]. A stream that breaks off gives its error on every read past the break.
func (s *Stream) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	if data, ok := s.budget.cache.get(s); ok {
		return copyAt(p, data, off, s.size)
	}
	s.mu.Lock()
	if s.spool != nil {
		f := s.spool
		s.mu.Unlock()
		return s.readSpool(f, p, off)
	}
	defer s.mu.Unlock()
	if data, ok := s.budget.cache.get(s); ok {
		return copyAt(p, data, off, s.size)
	}
	if s.err != nil {
		return 0, s.err
	}
	if end := off + int64(len(p)); end <= headSize || (s.size <= headSize && off == 0) {
		if err := s.loadHead(); err != nil {
			return 0, err
		}
		return copyAt(p, s.head, off, s.size)
	}
	if s.size <= s.budget.Memory/16 {
		data, err := s.decode()
		if err != nil && len(data) == 0 {
			s.err = err
			return 0, err
		}
		s.budget.cache.put(s, data)
		n, rerr := copyAt(p, data, off, s.size)
		if n < len(p) && err != nil {
			return n, err
		}
		return n, rerr
	}
	if err := s.spill(); err != nil {
		s.err = err
		return 0, err
	}
	return s.readSpool(s.spool, p, off)
}

// readSpool says why the temporary file ends, where it ends before the stream's stated size.
func (s *Stream) readSpool(f *os.File, p []byte, off int64) (int, error) {
	n, err := f.ReadAt(p, off)
	if err == io.EOF && off+int64(n) < s.size {
		err = io.ErrUnexpectedEOF
		if s.broke != nil {
			err = s.broke
		}
	}
	return n, err
}

// copyAt copies from data, which holds the stream from its start, perhaps not to its end.
func copyAt(p, data []byte, off, size int64) (int, error) {
	if off >= int64(len(data)) {
		if int64(len(data)) < size {
			return 0, io.ErrUnexpectedEOF
		}
		return 0, io.EOF
	}
	n := copy(p, data[off:])
	if n < len(p) {
		if int64(len(data)) < size {
			return n, io.ErrUnexpectedEOF
		}
		return n, io.EOF
	}
	return n, nil
}

func (s *Stream) loadHead() error {
	if s.head != nil {
		return nil
	}
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]byte, min(s.size, headSize))
	n, err := io.ReadFull(r, buf)
	if n == 0 && err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	s.head = buf[:n]
	return nil
}

func (s *Stream) decode() ([]byte, error) {
	if err := s.budget.CheckRatio(s.size, s.encoded); err != nil {
		return nil, err
	}
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	// The stated size is hostile until the bytes are there: grow as they come.
	buf := make([]byte, 0, min(s.size, max(64<<10, 8*s.encoded)))
	for int64(len(buf)) < s.size {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(s.size, 2*int64(cap(buf))+4096))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			break
		}
		if over := s.budget.spend(int64(n)); over != nil {
			err = over
		}
		if err != nil {
			return buf, fmt.Errorf("stream breaks off after %d of %d bytes: %w", len(buf), s.size, err)
		}
	}
	if int64(len(buf)) < s.size {
		return buf, fmt.Errorf("stream ends after %d of %d bytes: %w", len(buf), s.size, io.ErrUnexpectedEOF)
	}
	return buf, nil
}

func (s *Stream) spill() error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	f, n, err := s.budget.Spill(r, s.size, s.encoded)
	if err != nil && n == 0 {
		return err
	}
	s.spool, s.broke = f, err // what lies before a break is still readable
	return nil
}

// Spill writes at most limit bytes of a stream into an unlinked temporary file, within the spool budget.
// On a broken stream it returns the file with what came before the break, and the error.
func (b *Budget) Spill(r io.Reader, limit, encoded int64) (*os.File, int64, error) {
	f, err := os.CreateTemp("", "romscan-spool-")
	if err != nil {
		return nil, 0, err
	}
	os.Remove(f.Name())
	w := &spoolWriter{budget: b, file: f, encoded: encoded}
	n, err := io.Copy(w, io.LimitReader(r, limit))
	if err != nil && n == 0 {
		b.spool.Add(-w.total)
		f.Close()
		return nil, 0, err
	}
	return f, n, err
}

type spoolWriter struct {
	budget  *Budget
	file    *os.File
	total   int64
	encoded int64
}

func (w *spoolWriter) Write(p []byte) (int, error) {
	n := int64(len(p))
	if err := w.budget.spend(n); err != nil {
		return 0, err
	}
	if err := w.budget.CheckRatio(w.total+n, w.encoded); err != nil {
		return 0, err
	}
	if w.budget.spool.Add(n) > w.budget.Spool {
		w.budget.spool.Add(-n)
		w.budget.tripped.Store(true)
		return 0, fmt.Errorf("%w: more than %d bytes of temporary disk", ErrBudget, w.budget.Spool)
	}
	w.total += n
	return w.file.Write(p)
}

// Close gives the temporary file and the cached bytes back. Reading again decodes again.
func (s *Stream) Close() error {
	s.budget.cache.forget(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head = nil
	if s.spool == nil {
		return nil
	}
	info, err := s.spool.Stat()
	if err == nil {
		s.budget.spool.Add(-info.Size())
	}
	err = errors.Join(err, s.spool.Close())
	s.spool = nil
	return err
}
