package analyzer

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

var le = binary.LittleEndian

// zipOf makes an archive of entries with one content.
func zipOf(t testing.TB, method uint16, content []byte, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// nest makes archives of archives, width of them in each, depth deep.
func nest(t testing.TB, depth, width int) []byte {
	data := []byte("the innermost")
	for level := range depth {
		var names []string
		for i := range width {
			names = append(names, fmt.Sprintf("%d-%d.zip", level, i))
		}
		method := zip.Deflate
		if level%2 == 1 {
			method = zip.Store
		}
		data = zipOf(t, method, data, names...)
	}
	return data
}

// entry is a zip entry as its headers state it, which need not be so.
type entry struct {
	name, local        string
	method             uint16
	crc                uint32
	size, stored, from int
}

// localHeader and centralHeader follow APPNOTE.TXT 4.3.7 and 4.3.12.
func (e entry) localHeader() []byte {
	b := []byte("PK\x03\x04\x14\x00\x00\x00")
	b = le.AppendUint16(b, e.method)
	b = le.AppendUint32(append(b, 0, 0, 0, 0), e.crc)
	b = le.AppendUint32(le.AppendUint32(b, uint32(e.stored)), uint32(e.size))
	b = le.AppendUint16(le.AppendUint16(b, uint16(len(e.local))), 0)
	return append(b, e.local...)
}

func (e entry) centralHeader() []byte {
	b := []byte("PK\x01\x02\x14\x00\x14\x00\x00\x00")
	b = le.AppendUint16(b, e.method)
	b = le.AppendUint32(append(b, 0, 0, 0, 0), e.crc)
	b = le.AppendUint32(le.AppendUint32(b, uint32(e.stored)), uint32(e.size))
	b = le.AppendUint16(b, uint16(len(e.name)))
	b = append(b, make([]byte, 12)...) // extra, comment, disk, attributes
	return append(le.AppendUint32(b, uint32(e.from)), e.name...)
}

func withDirectory(body []byte, entries []entry) []byte {
	start := len(body)
	for _, e := range entries {
		body = append(body, e.centralHeader()...)
	}
	size := len(body) - start
	body = append(body, "PK\x05\x06\x00\x00\x00\x00"...)
	body = le.AppendUint16(le.AppendUint16(body, uint16(len(entries))), uint16(len(entries)))
	return append(le.AppendUint32(le.AppendUint32(body, uint32(size)), uint32(start)), 0, 0)
}

// overlap makes an archive of n entries that all are the same bytes.
func overlap(t testing.TB, n int, content []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	e := entry{local: "system/etc/00000", method: 8, crc: crc32.ChecksumIEEE(content), size: len(content), stored: packed.Len()}
	body := append(e.localHeader(), packed.Bytes()...)
	var entries []entry
	for i := range n {
		e.name = fmt.Sprintf("system/etc/%05d", i)
		entries = append(entries, e)
	}
	return withDirectory(body, entries)
}

// swallow makes an archive with one stored entry that goes on to the archive's own end: the archive is in it.
func swallow() []byte {
	e := entry{name: "again.zip", local: "again.zip"}
	head := e.localHeader()
	total := len(withDirectory(head, []entry{e}))
	e.size = total - len(head)
	e.stored = e.size
	return withDirectory(e.localHeader(), []entry{e})
}

// nonsense makes an archive whose headers disagree over data that are nothing.
func nonsense() []byte {
	e := entry{name: "system/build.prop", local: "system/build.prap", method: 8, size: 100, stored: 10}
	return withDirectory(append(e.localHeader(), bytes.Repeat([]byte{0xff}, 10)...), []entry{e})
}

type chunk struct {
	kind   uint16
	blocks uint32
	data   []byte
}

// sparseOf makes a sparse image of what chunks claim (system/core/libsparse/sparse_format.h).
func sparseOf(blocks uint32, chunks ...chunk) []byte {
	b := []byte("\x3a\xff\x26\xed\x01\x00\x00\x00\x1c\x00\x0c\x00\x00\x10\x00\x00")
	b = le.AppendUint32(le.AppendUint32(le.AppendUint32(b, blocks), uint32(len(chunks))), 0)
	for _, c := range chunks {
		b = append(le.AppendUint16(b, c.kind), 0, 0)
		b = le.AppendUint32(le.AppendUint32(b, c.blocks), uint32(12+len(c.data)))
		b = append(b, c.data...)
	}
	return b
}

// zipBomb makes an archive of one entry of many zeros; gzipBomb the same as a stream.
func zipBomb(t testing.TB, name string, mib int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 1) })
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	zeros(t, w, mib)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipBomb(t testing.TB, mib int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros(t, w, mib)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zeros(t testing.TB, w io.Writer, mib int) {
	t.Helper()
	block := make([]byte, 1<<20)
	for range mib {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
}

// urls is text of one URL, again and again.
func urls(n int) []byte { return []byte(strings.Repeat("http://a.example/ ", n/18)) }

// manyNames are names of n files in a hundred directories.
func manyNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("system/etc/%02d/%d", i%100, i)
	}
	return out
}

// gzipOf makes a stream of data.
func gzipOf(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
