package rar

import (
	"io"
	"sync"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
)

// solid is the content of all files of an archive that can only be decoded one after the other.
type solid struct {
	stream *image.Stream
	at     []int64 // of each entry

	mu    sync.Mutex
	parts int
	left  int // files that were not read and closed yet
	users int
}

func (a *archive) newSolid(entries []entry) *solid {
	s := &solid{}
	var total int64
	for _, e := range entries {
		s.at = append(s.at, total)
		if hasContent(e) {
			total += e.UnPackedSize
			s.parts++
		}
	}
	s.stream = a.budget.NewStream(total, a.size, func() (io.ReadCloser, error) {
		r, err := a.through(rardecode.SkipCheck)
		if err != nil {
			return nil, reason(err)
		}
		return paced(&serial{passage: r, entries: entries}), nil
	})
	return s
}

// hasContent reports whether an entry takes room in the stream.
func hasContent(e entry) bool {
	return !e.IsDir && !e.UnKnownSize && e.UnPackedSize > 0 && e.UnPackedSize <= maxStated
}

// open returns a part. When all were opened and closed again, what was decoded is given back.
func (s *solid) open(at, n int64) io.ReaderAt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == 0 {
		s.left = s.parts
	}
	s.users++
	return &use{ReaderAt: image.NewSection(s.stream, at, n), s: s}
}

// use is one opened part.
type use struct {
	io.ReaderAt
	s    *solid
	once sync.Once
}

// Close implements [io.Closer].
func (u *use) Close() error {
	var err error
	u.once.Do(func() {
		s := u.s
		s.mu.Lock()
		defer s.mu.Unlock()
		s.users--
		s.left = max(s.left-1, 0)
		if s.users == 0 && s.left == 0 {
			err = s.stream.Close()
		}
	})
	return err
}

// serial reads all files with content one after the other.
type serial struct {
	*passage
	entries []entry
	left    int64 // bytes of the current file
}

func (s *serial) Read(p []byte) (int, error) {
	for s.left == 0 {
		if len(s.entries) == 0 {
			return 0, io.EOF
		}
		e := s.entries[0]
		s.entries = s.entries[1:]
		if _, err := s.Next(); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		if hasContent(e) {
			s.left = e.UnPackedSize
		}
	}
	n, err := s.ReadCloser.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err == io.EOF {
		if err = nil; s.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}
