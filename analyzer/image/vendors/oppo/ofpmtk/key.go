package ofpmtk

import (
	"crypto/cipher"
	"fmt"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// key is the key that fits, or why there is none.
type key struct {
	block cipher.Block
	iv    []byte
	key   image.Key
	err   error
}

// findKey tries the keys on the first file, a preloader, which begins as all of MediaTek's do.
func findKey(r io.ReaderAt, size int64, h header, keys *image.Keys) key {
	var k key
	what := fmt.Sprintf("OFP for MediaTek (%s %s %s)", h.processor, h.flash, h.project)
	k.key, k.err = locked.Find(keys, "ofp-mtk", "MASK KEY IV", what, 0, func(try image.Key) (bool, error) {
		var err error
		if k.block, k.iv, err = locked.OppoKey(try); err != nil {
			return false, err
		}
		return string(bin.Head(locked.CFB(k.block, k.iv, image.NewSection(r, 0, size), 16), 16, 3)) == "MMM", nil
	})
	return k
}
