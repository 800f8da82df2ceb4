package iscab

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/flate"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// obfuscated gives what a file was before its bytes were made unreadable by their place in it.
type obfuscated struct{ r io.ReaderAt }

// ReadAt implements [io.ReaderAt].
func (o obfuscated) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.r.ReadAt(p, off)
	for i := range p[:n] {
		p[i] = bits.RotateLeft8(p[i]^0xD5, -2) - byte((off+int64(i))%0x47)
	}
	return n, err
}

// deflated is a compressed file. In cabinets since version 5 it is chunks, each a u16 with its size and a deflate stream
// of its own; before, one deflate stream, flushed now and then. Where all chunks but the last give equally many
// bytes, as they do, each is decoded when it is asked for; otherwise the file is decoded from its start.
type deflated struct {
	in           io.ReaderAt
	packed, size int64
	at           int64 // offset of the descriptor, for errors
	budget       *image.Budget

	once   sync.Once
	chunks []chunk // empty where the file is decoded from its start
	each   int64   // bytes that a chunk gives
	serial *image.Stream
}

type chunk struct{ pos, n int64 }

// maxChunk bounds what a chunk gives, in bytes: its writer, like unshield, has a buffer of 64 KiB.
const maxChunk = 64 << 10

// leastChunk is what a chunk must give for the chunks to be listed: in files of smaller ones there would be too many.
const leastChunk = 1 << 10

type key struct {
	d *deflated
	i int
}

// ReadAt implements [io.ReaderAt]; it is safe for concurrent use.
func (d *deflated) ReadAt(p []byte, off int64) (int, error) {
	d.once.Do(d.plan)
	if len(d.chunks) == 0 {
		return d.serial.ReadAt(p, off)
	}
	part, tail, err := image.Window(p, off, d.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(part); {
		at := off + int64(done)
		i := int(at / d.each)
		data, err := d.budget.Cached(key{d, i}, func() ([]byte, error) { return d.decode(i) })
		if err != nil {
			return done, err
		}
		done += copy(part[done:], data[at%d.each:])
	}
	return len(part), tail
}

// plan lists the chunks, or makes a stream of the file. What begins with a whole chunk is chunks; with one whose end was
// left out, only if all of it is.
func (d *deflated) plan() {
	each, whole := d.first()
	if each > 0 {
		d.list(each)
	}
	open := func() (io.ReadCloser, error) { return &flushed{in: d.reader()}, nil }
	if whole {
		open = func() (io.ReadCloser, error) { return &chunked{in: d.reader()}, nil }
	}
	d.serial = d.budget.NewStream(d.size, d.packed, open)
}

// first returns how much the first chunk gives, 0 where there is none.
func (d *deflated) first() (each int64, whole bool) {
	word, err := bin.ReadAt(d.in, d.packed, 0, 2, 2)
	if err != nil {
		return 0, false
	}
	n := int64(binary.LittleEndian.Uint16(word))
	src, err := bin.ReadAt(d.in, d.packed, 2, n, maxChunk)
	if err != nil || n == 0 {
		return 0, false
	}
	data, whole, err := inflate(src)
	if err != nil {
		return 0, false
	}
	return int64(len(data)), whole
}

func (d *deflated) reader() *bufio.Reader {
	return bufio.NewReaderSize(io.NewSectionReader(d.in, 0, d.packed), maxChunk)
}

// list finds where the chunks are, if each gives equally many bytes.
func (d *deflated) list(each int64) {
	count := (d.size + each - 1) / each
	if each < leastChunk && count > 1 || d.budget.CheckMemory(16*count) != nil {
		return
	}
	var list []chunk
	var word [2]byte
	for pos := int64(0); pos < d.packed; {
		if _, err := d.in.ReadAt(word[:], pos); err != nil && err != io.EOF {
			return
		}
		k := chunk{pos + 2, int64(binary.LittleEndian.Uint16(word[:]))}
		if k.n == 0 || k.n > d.packed-k.pos || int64(len(list)) == count {
			return
		}
		list = append(list, k)
		pos = k.pos + k.n
	}
	if int64(len(list)) != count {
		return
	}
	d.chunks, d.each = list, each
	if _, err := d.decode(int(count) - 1); err != nil {
		d.chunks = nil
	}
}

// inflate decodes one chunk. Its writer may leave the end of it out, the marker 00 00 FF FF; whole says that it did not.
func inflate(src []byte) (data []byte, whole bool, err error) {
	z := flate.NewReader(io.MultiReader(bytes.NewReader(src), bytes.NewReader([]byte{0, 0, 0xFF, 0xFF})))
	defer z.Close()
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(z, maxChunk+1))
	switch {
	case n > maxChunk:
		return nil, false, image.Errorf(image.Malformed, -1, "a chunk gives more than %d bytes", maxChunk)
	case n > 0 && err == io.ErrUnexpectedEOF:
		return out.Bytes(), false, nil
	case n == 0 && err == nil:
		err = io.ErrUnexpectedEOF
	}
	return out.Bytes(), err == nil, err
}

func (d *deflated) decode(i int) ([]byte, error) {
	k := d.chunks[i]
	src, err := bin.ReadAt(d.in, d.packed, k.pos, k.n, maxChunk)
	if err != nil {
		return nil, err
	}
	data, _, err := inflate(src)
	want := min(d.each, d.size-int64(i)*d.each)
	if err == nil && int64(len(data)) != want {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, image.Errorf(image.Malformed, d.at, "chunk %d of %d, of %d bytes for %d: %v", i, len(d.chunks), k.n, want, err)
	}
	return data, nil
}

// chunked reads one chunk after the other.
type chunked struct {
	in   *bufio.Reader
	left []byte
}

// Read implements [io.Reader].
func (c *chunked) Read(p []byte) (int, error) {
	for len(c.left) == 0 {
		var word [2]byte
		if _, err := io.ReadFull(c.in, word[:]); err != nil {
			return 0, err
		}
		src := make([]byte, binary.LittleEndian.Uint16(word[:]))
		if _, err := io.ReadFull(c.in, src); err != nil {
			return 0, err
		}
		var err error
		if c.left, _, err = inflate(src); err != nil {
			return 0, image.BrokenStream(err)
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// Close implements [io.Closer].
func (c *chunked) Close() error { return nil }

// flushed reads one deflate stream after the other, mostly one without an end.
type flushed struct {
	in *bufio.Reader
	z  io.ReadCloser
}

// Read implements [io.Reader].
func (f *flushed) Read(p []byte) (int, error) {
	for {
		if f.z == nil {
			if _, err := f.in.Peek(1); err != nil {
				return 0, err
			}
			f.z = flate.NewReader(f.in)
		}
		n, err := f.z.Read(p)
		if err == io.EOF {
			f.z = nil
			err = nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// Close implements [io.Closer].
func (f *flushed) Close() error { return nil }
