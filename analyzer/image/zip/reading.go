package zip

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
)

// Compression methods that are read (APPNOTE.TXT 4.4.5).
const (
	stored   = 0
	deflated = 8
	bzipped  = 12
	zstdOld  = 20
	zstdNew  = 93
	aes      = 99 // not a method: the mark of WinZip's encryption
)

// reading is one way to turn an entry's bytes into its content.
type reading struct {
	method uint16
	stored int64 // bytes taken from the archive, from Entry.Data on
	size   int64 // bytes of content, -1 where only decoding can tell
	err    *image.Error
}

// Bounds on decoding for the sake of telling readings apart, per archive and per entry; every attempt counts as
// trialCost bytes at least.
const (
	trialCost  = 16 << 10
	trialBytes = 256 << 20
	trialEntry = 64 << 20
)

// decoder returns the content of an entry under a reading, from its first byte, and the count of what it takes.
func (f *FS) decoder(e *Entry, rd reading) (io.ReadCloser, *source, error) {
	section := io.NewSectionReader(f.r, e.Data, rd.stored)
	in := &source{section, bufio.NewReaderSize(section, int(min(rd.stored, 32<<10)))}
	switch rd.method {
	case stored:
		return io.NopCloser(in.buf), in, nil
	case bzipped:
		return io.NopCloser(bzip2.NewReader(in.buf)), in, nil
	case zstdOld, zstdNew:
		z, err := zstd.NewReader(in.buf, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(32<<20))
		if err != nil {
			return nil, nil, err
		}
		return z.IOReadCloser(), in, nil
	default:
		if r, ok := f.flaters.Get().(io.ReadCloser); ok {
			if err := r.(flate.Resetter).Reset(in.buf, nil); err == nil {
				return &pooled{r, f}, in, nil
			}
		}
		return &pooled{flate.NewReader(in.buf), f}, in, nil
	}
}

// source counts what a decoder really took of an entry's bytes. flate reads from a bufio.Reader byte by byte, so
// what is left in the buffer was not taken.
type source struct {
	section *io.SectionReader
	buf     *bufio.Reader
}

func (s *source) used() int64 {
	pos, _ := s.section.Seek(0, io.SeekCurrent)
	return pos - int64(s.buf.Buffered())
}

// pooled gives its decoder back when it is closed.
type pooled struct {
	io.ReadCloser
	f *FS
}

func (p *pooled) Close() error {
	if p.ReadCloser == nil {
		return nil
	}
	p.f.flaters.Put(p.ReadCloser)
	p.ReadCloser = nil
	return nil
}

func (p *pooled) Read(b []byte) (int, error) {
	if p.ReadCloser == nil {
		return 0, errors.New("read after close")
	}
	return p.ReadCloser.Read(b)
}

// trial is what came of decoding an entry under one reading.
type trial struct {
	n, used int64  // bytes of content and of archive
	crc     uint32 // of the content
	head    [8]byte
	clean   bool // decoded to a proper end
	cut     bool // stopped by the bound on trials
}

func (f *FS) try(e *Entry, rd reading) trial {
	var t trial
	if rd.stored < 0 || e.Data < 0 || e.Data > f.size || f.left <= 0 {
		return t
	}
	rd.stored = min(rd.stored, f.size-e.Data)
	r, in, err := f.decoder(e, rd)
	if err != nil {
		return t
	}
	defer r.Close()
	limit := min(f.left, trialEntry)
	if rd.size >= 0 {
		limit = min(limit, rd.size+1)
	}
	buf := make([]byte, min(limit, 32<<10)+1)
	for t.n < limit {
		n, err := r.Read(buf[:min(int64(len(buf)), limit-t.n)])
		if t.n < int64(len(t.head)) {
			copy(t.head[t.n:], buf[:n])
		}
		t.crc = crc32.Update(t.crc, crc32.IEEETable, buf[:n])
		t.n += int64(n)
		if err != nil {
			t.clean = err == io.EOF
			break
		}
	}
	t.cut = t.n >= limit && !t.clean
	t.used = in.used()
	f.left -= max(t.n, trialCost)
	return t
}

// score says how far a trial speaks for its reading: a matching checksum decides, then a deflate stream with a
// proper end, then a head that fits the name.
func (e *Entry) score(rd reading, t trial) int {
	size := rd.size < 0 || t.n == rd.size
	switch {
	case t.n > 0 && size && (t.crc == e.CRC || (e.local && e.LocalCRC != 0 && t.crc == e.LocalCRC)):
		return 100
	case rd.method == stored && t.n > 0 && fits(e.Raw, t.head):
		return 70
	case rd.method != stored && (t.clean || t.cut) && t.n > 0 && size:
		return 60
	case rd.method != stored && (t.clean || t.cut) && t.n > 0:
		return 50
	case rd.method == stored && t.n > 0 && size:
		return 20
	case t.n == 0 && t.clean && rd.size == 0:
		return 40
	}
	return 0
}

// fits reports whether the head is one Android accepts under this name: chunk types of a binary XML or resource
// table (ResourceTypes.h), or a DEX magic.
func fits(name string, head [8]byte) bool {
	switch {
	case strings.HasSuffix(name, ".xml"):
		return (head[0] == 3 || head[0] == 0) && head[1] == 0 && head[2] == 8 && head[3] == 0
	case strings.HasSuffix(name, ".arsc"):
		return (head[0] == 2 || head[0] == 0) && head[1] == 0 && head[2] == 12 && head[3] == 0
	case strings.HasSuffix(name, ".dex"):
		return string(head[:4]) == "dex\n"
	}
	return false
}
