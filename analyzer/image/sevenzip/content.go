package sevenzip

import (
	"io"
	"sync"

	"romscan/analyzer/image"
)

// content is what a folder holds, decoded once for all of its files.
type content struct {
	f *folder
	a *archive

	mu     sync.Mutex
	r      io.ReaderAt   // the content, once it was opened
	stream *image.Stream // of what has to be decoded
	parts  int           // files in it
	left   int           // of them, those that were not read and closed yet
	users  int
	err    error
}

func newContent(a *archive, f *folder) *content { return &content{f: f, a: a} }

// open returns a part. When all parts were opened and closed again, what was decoded is given back.
func (c *content) open(p *part) (io.ReaderAt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.r == nil && c.err == nil {
		c.start()
	}
	if c.err != nil {
		return nil, c.err
	}
	s := image.NewSection(c.r, p.off, p.n)
	if c.stream == nil {
		return s, nil
	}
	if c.left == 0 {
		c.left = c.parts
	}
	c.users++
	return &use{ReaderAt: s, c: c}, nil
}

func (c *content) start() {
	r, ok, err := c.f.inPlace(c.a)
	switch {
	case err != nil:
		c.err = err
	case ok:
		c.r = r
	default:
		c.stream = c.a.budget.NewStream(c.f.size, max(c.f.packs[0].n, 1), func() (io.ReadCloser, error) {
			r, err := c.f.reader(c.a)
			if err != nil {
				return nil, err
			}
			return told{r, c.f.packs[0].at}, nil
		})
		c.r = c.stream
	}
}

// told gives decoding errors their reasons.
type told struct {
	io.ReadCloser
	at int64
}

func (t told) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = image.BrokenStream(err)
	}
	return n, err
}

// use is one opened part.
type use struct {
	io.ReaderAt
	c    *content
	once sync.Once
}

// Close implements [io.Closer].
func (u *use) Close() error {
	var err error
	u.once.Do(func() {
		c := u.c
		c.mu.Lock()
		defer c.mu.Unlock()
		c.users--
		c.left = max(c.left-1, 0)
		if c.users == 0 && c.left == 0 {
			err = c.stream.Close()
		}
	})
	return err
}
