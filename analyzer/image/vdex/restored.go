package vdex

import (
	"io"

	"romscan/analyzer/image"
)

// Restored returns a DEX as it was before ART rewrote its instructions, where the indices are kept outside a .vdex: in the
// OAT files of Android 7. size bytes at offset in r are the DEX. pairs returns the addresses and indices of one method, as
// LEB128 numbers: that with the number nth among those that the class data of a class list, direct ones first, whose code
// takes n bytes; it is asked for methods with rewritten instructions only. Where the pairs do not fit the code, the method
// stays as it is, and the error says how many do.
func Restored(r io.ReaderAt, offset, size int64, b *image.Budget, pairs func(class, nth, n int) []byte) (io.ReaderAt, error) {
	c := newContent(r, Dex{Offset: offset, Size: size})
	err := restore(c, 0, outside(pairs), b)
	return c, err
}

// outside are the tables of an OAT file.
type outside func(class, nth, n int) []byte

func (o outside) of(_ int, b body) (indices, error) {
	return &lazy{load: func() []byte { return o(b.class, b.nth, len(b.units)) }}, nil
}

// lazy are pairs that are looked for when an instruction wants one. Checks that were left out (nops) are not among them.
type lazy struct {
	load  func() []byte
	pairs *pairsOf
}

func (l *lazy) any() bool { return false }

func (l *lazy) next(pc uint32) (uint16, bool) {
	if l.pairs == nil {
		l.pairs = &pairsOf{lebs{b: l.load()}}
	}
	return l.pairs.next(pc)
}

func (l *lazy) nop(uint32) (uint16, bool) { return noIndex, true }
