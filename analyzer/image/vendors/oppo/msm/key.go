package msm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// scheme is how a container is encrypted: cipher feedback (CFB128), from the start of each file.
type scheme struct {
	ops   bool
	block cipher.Block
	iv    []byte
	key   image.Key
}

// open decrypts the n bytes of r.
func (s *scheme) open(r io.ReaderAt, n int64) io.ReaderAt { return locked.CFB(s.block, s.iv, r, n) }

// unlock finds the key under which the list of files is XML, and decrypts it.
func unlock(raw []byte, f footer, keys *image.Keys) (*scheme, []byte, error) {
	var s *scheme
	list := make([]byte, len(raw))
	what := fmt.Sprintf("OFP for Qualcomm, or OPS (pages of %d bytes%s)", f.page, f.about)
	try := func(ops bool, read func(image.Key) (cipher.Block, []byte, error)) func(image.Key) (bool, error) {
		return func(k image.Key) (bool, error) {
			block, iv, err := read(k)
			if err != nil {
				return false, err
			}
			s = &scheme{ops: ops, block: block, iv: iv, key: k}
			n, _ := s.open(bytes.NewReader(raw), int64(len(raw))).ReadAt(list, 0)
			return n == len(list) && bytes.Contains(list[:min(n, 64)], []byte("<?xml ")), nil
		}
	}
	_, err := locked.Find(keys, "ofp-qc", "MASK KEY IV", what, f.list, try(false, locked.OppoKey))
	if err != nil {
		var also error
		if _, also = locked.Find(keys, "ops", "IV BOX", what, f.list, try(true, opsKey)); also == nil {
			return s, list, nil
		}
		if len(keys.Of("ofp-qc")) == 0 && len(keys.Of("ops")) > 0 {
			err = also
		}
		return nil, nil, err
	}
	return s, list, nil
}

// opsKey reads a key of OPS: its first value, and the round keys of its cipher (the mbox tables of opscrypto.py).
func opsKey(k image.Key) (cipher.Block, []byte, error) {
	iv, err := k.Hex(0, aes.BlockSize)
	if err != nil {
		return nil, nil, err
	}
	var box []byte
	for _, field := range k.Fields[1:] {
		for b := range strings.FieldsFuncSeq(field, func(r rune) bool { return strings.ContainsRune("[](),", r) }) {
			if hex, ok := strings.CutPrefix(b, "0x"); ok {
				v, err := strconv.ParseUint(hex, 16, 8)
				if err != nil {
					return nil, nil, fmt.Errorf("keys, line %d: %q is no byte", k.Line, b)
				}
				box = append(box, byte(v))
				continue
			}
			v, err := image.Key{Scheme: k.Scheme, Fields: []string{b}, Line: k.Line}.Hex(0, 0)
			if err != nil {
				return nil, nil, err
			}
			box = append(box, v...)
		}
	}
	block, err := newBox(box)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("keys, line %d", k.Line), err)
	}
	return block, iv, nil
}
