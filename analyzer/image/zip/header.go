package zip

import (
	"encoding/binary"
	"io"
	"io/fs"
)

// Signatures and fixed sizes of APPNOTE.TXT 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central
// directory header), 4.3.14 to 4.3.16 (end records).
const (
	sigLocal      = "PK\x03\x04"
	sigCentral    = "PK\x01\x02"
	sigEnd        = "PK\x05\x06"
	sigEnd64      = "PK\x06\x06"
	sigLocator    = "PK\x06\x07"
	sigDescriptor = "PK\x07\x08"

	localSize   = 30
	centralSize = 46
	endSize     = 22
	end64Size   = 56
	locatorSize = 20
	maxComment  = 65535
	max32       = 0xffffffff
)

// Bits of the general purpose flags (4.4.4).
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
)

var le = binary.LittleEndian

// window reads small pieces of a ReaderAt through one buffer; pieces are valid until the next call.
type window struct {
	r    io.ReaderAt
	size int64
	step int
	buf  []byte
	off  int64
}

// at returns n bytes at off, or nil where they are not all there.
func (w *window) at(off int64, n int) []byte {
	if off < 0 || off > w.size || int64(n) > w.size-off {
		return nil
	}
	if off < w.off || off+int64(n) > w.off+int64(len(w.buf)) {
		want := int(min(int64(max(n, w.step)), w.size-off))
		if cap(w.buf) < want {
			w.buf = make([]byte, want)
		}
		got, _ := w.r.ReadAt(w.buf[:want], off)
		w.buf, w.off = w.buf[:got], off
		if got < n {
			return nil
		}
	}
	i := int(off - w.off)
	return w.buf[i : i+n : i+n]
}

func (w *window) signature(off int64) string { return string(w.at(off, 4)) }

// central reads a central directory header at off and returns the entry, with Header as stated, and the offset
// behind it; nil where there is none.
func (w *window) central(off int64) (*Entry, int64) {
	b := w.at(off, centralSize)
	if b == nil || string(b[:4]) != sigCentral {
		return nil, off
	}
	names, extra, comment := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	made, external := le.Uint16(b[4:]), le.Uint32(b[38:])
	e := &Entry{
		Flags: le.Uint16(b[8:]), Method: le.Uint16(b[10:]), CRC: le.Uint32(b[16:]),
		Compressed: int64(le.Uint32(b[20:])), Uncompressed: int64(le.Uint32(b[24:])), Header: int64(le.Uint32(b[42:])),
	}
	rest := w.at(off+centralSize, names+extra)
	if rest == nil {
		rest = w.at(off+centralSize, names) // a last header whose extra length lies
		if rest == nil {
			return nil, off
		}
	}
	e.Raw = string(rest[:names])
	e.zip64(rest[names:])
	e.Mode = mode(made, external, e.Raw)
	return e, off + int64(centralSize+names+extra+comment)
}

// zip64 takes the fields that do not fit 32 bits from extra field 1 (4.5.3).
func (e *Entry) zip64(extra []byte) {
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		if id == 1 {
			body := extra[:n]
			for _, field := range []*int64{&e.Uncompressed, &e.Compressed, &e.Header} {
				if *field != max32 || len(body) < 8 {
					continue
				}
				if v := le.Uint64(body); v < 1<<62 {
					*field = int64(v)
				}
				body = body[8:]
			}
		}
		extra = extra[n:]
	}
}

// readLocalHeader fills the local half of e from the header at off. It reports whether there is one.
func (w *window) readLocalHeader(e *Entry, off int64) bool {
	b := w.at(off, localSize)
	if b == nil || string(b[:4]) != sigLocal {
		return false
	}
	e.LocalFlags, e.LocalMethod, e.LocalCRC = le.Uint16(b[6:]), le.Uint16(b[8:]), le.Uint32(b[14:])
	e.LocalCompressed, e.LocalUncompressed = int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
	names, extra := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	e.Data = off + int64(localSize+names+extra)
	e.localName = string(w.at(off+localSize, names))
	e.local = true
	return true
}

// Unix file types of the upper half of the external attributes (4.4.15).
const (
	unixType = 0o170000
	unixDir  = 0o040000
	unixLink = 0o120000
)

// mode maps the external attributes. Only types that cannot hide content are believed: whatever is neither
// directory nor link is a regular file, as for Android, which reads none of this.
func mode(made uint16, external uint32, name string) fs.FileMode {
	dir := len(name) > 0 && (name[len(name)-1] == '/' || name[len(name)-1] == '\\')
	m := fs.FileMode(0o644)
	if dir {
		m = 0o755
	}
	if made>>8 == 3 && external>>16 != 0 {
		unix := external >> 16
		m = fs.FileMode(unix & 0o777)
		if unix&0o4000 != 0 {
			m |= fs.ModeSetuid
		}
		if unix&0o2000 != 0 {
			m |= fs.ModeSetgid
		}
		switch unix & unixType {
		case unixDir:
			dir = true
		case unixLink:
			if !dir {
				m |= fs.ModeSymlink
			}
		}
	}
	if dir {
		m |= fs.ModeDir
	}
	return m
}
