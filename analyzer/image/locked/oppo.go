package locked

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"encoding/hex"
	"fmt"

	"romscan/analyzer/image"
)

// OppoKey reads a key of Oppo's OFP, in one of the forms in which the public tools list them: three fields of 32 hex
// digits, a mask and the masked key and first value; or key and first value themselves, each as the 16 characters the
// cipher takes or as 32 hex digits. Source: https://github.com/bkerler/oppo_decrypt (ofp_qc_decrypt.py,
// generatekey2; ofp_mtk_decrypt.py, getkey).
func OppoKey(k image.Key) (block cipher.Block, iv []byte, err error) {
	var pair [2][]byte
	switch len(k.Fields) {
	case 2:
		for i, f := range k.Fields {
			if pair[i] = []byte(f); len(f) != aes.BlockSize {
				if pair[i], err = k.Hex(i, aes.BlockSize); err != nil {
					return nil, nil, err
				}
			}
		}
	case 3:
		mask, err := k.Hex(0, aes.BlockSize)
		if err != nil {
			return nil, nil, err
		}
		for i := range pair {
			masked, err := k.Hex(i+1, aes.BlockSize)
			if err != nil {
				return nil, nil, err
			}
			for j := range masked {
				v := masked[j] ^ mask[j]
				masked[j] = v<<4 | v>>4
			}
			sum := md5.Sum(masked)
			pair[i] = []byte(hex.EncodeToString(sum[:8])) // the digits are the key
		}
	default:
		return nil, nil, fmt.Errorf("keys, line %d: %s takes two or three fields", k.Line, k.Scheme)
	}
	block, err = aes.NewCipher(pair[0])
	return block, pair[1], err
}
