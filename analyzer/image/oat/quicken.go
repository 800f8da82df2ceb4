package oat

import (
	"encoding/binary"
	"io"
	"math/bits"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/vdex"
)

// Kinds of compiled classes (OatClassType).
const (
	allCompiled  = 0
	someCompiled = 1
)

const (
	methodHeader = 20      // OatQuickMethodHeader: the table's distance before the code, the frame, the code's size
	maxBitmap    = 1 << 13 // bytes; a class has at most 65,536 methods
)

// restore returns a DEX of Android 7 with the instructions that stood there. ART 7 keeps, where it rewrites a method instead
// of compiling it, the original indices in the place of the method's vmap table. Source: ArtCompileDEX of
// art/compiler/dex/dex_to_dex_compiler.cc and OatFile::OatMethod::GetVmapTable of art/runtime/oat_file.h.
func (f *File) restore(r io.ReaderAt, size int64, d Dex, b *image.Budget) (io.ReaderAt, error) {
	q := &quickened{file: f, r: r, size: size, dex: d, class: -1}
	return vdex.Restored(r, d.Offset, d.Size, b, q.pairs)
}

// quickened finds the indices of methods.
type quickened struct {
	file *File
	r    io.ReaderAt
	size int64
	dex  Dex

	class   int // the one looked at last
	kind    uint16
	bitmap  []byte
	methods int64 // where the offsets of its methods lie
}

func (q *quickened) read(at, n int64) []byte {
	raw, err := bin.ReadAt(q.r, q.size, at, n, max(n, 1))
	if err != nil {
		return nil
	}
	return raw
}

func (q *quickened) word(at int64) (uint32, bool) {
	raw := q.read(at, 4)
	if raw == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint32(raw), true
}

// pairs implements what [vdex.Restored] asks for. The table has no length: as much is returned as n bytes of code can
// need, ten bytes for each instruction of four.
func (q *quickened) pairs(class, nth, n int) []byte {
	if nth < 0 {
		return nil
	}
	if class != q.class {
		q.enter(class)
	}
	switch q.kind {
	case allCompiled:
	case someCompiled:
		if nth/8 >= len(q.bitmap) || q.bitmap[nth/8]>>(nth%8)&1 == 0 {
			return nil
		}
		before := bits.OnesCount8(q.bitmap[nth/8] & (1<<(nth%8) - 1))
		for _, x := range q.bitmap[:nth/8] {
			before += bits.OnesCount8(x)
		}
		nth = before
	default:
		return nil
	}
	code, ok := q.word(q.methods + 4*int64(nth))
	code &^= 1 // Thumb code
	if !ok || code < methodHeader {
		return nil
	}
	head := q.read(q.file.Data+int64(code)-methodHeader, methodHeader)
	if head == nil || binary.LittleEndian.Uint32(head[16:]) != 0 { // compiled: another table
		return nil
	}
	before := binary.LittleEndian.Uint32(head)
	if before == 0 || before > code {
		return nil
	}
	at := q.file.Data + int64(code-before)
	if at >= q.size {
		return nil
	}
	return q.read(at, min(int64(n)/4*10, q.size-at))
}

// enter reads what an OAT file says of a class.
func (q *quickened) enter(class int) {
	q.class, q.kind, q.bitmap = class, ^uint16(0), nil
	at, ok := q.word(q.dex.Classes + 4*int64(class))
	head := q.read(q.file.Data+int64(at), 4)
	if !ok || at == 0 || head == nil {
		return
	}
	q.methods = q.file.Data + int64(at) + 4
	kind := binary.LittleEndian.Uint16(head[2:])
	if kind == someCompiled {
		n, ok := q.word(q.methods)
		if !ok || n > maxBitmap {
			return
		}
		if q.bitmap = q.read(q.methods+4, int64(n)); q.bitmap == nil {
			return
		}
		q.methods += 4 + int64(n)
	}
	q.kind = kind
}
