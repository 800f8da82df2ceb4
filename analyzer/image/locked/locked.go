// Package locked is what encrypted containers share: the search for the key that fits, and AES read in place.
//
// In: the keys of the run, and ciphertext. Out: the key that fits, or an error that names the scheme and says what
// the key file must hold; an [io.ReaderAt] over the plaintext, decrypted as it is read.
//
//	key, err := locked.Find(b.Keys, "ozip", "OZIP, mode 1", 0x1050, func(k image.Key) (bool, error) { … })
//	plain := locked.ECB(block, r, n)
//
// Limit: modes whose every block needs all before it (stream ciphers) cannot be read in place.
package locked

import (
	"errors"
	"fmt"

	"romscan/analyzer/image"
)

// Find returns the first key of scheme for which fits reports true. what names the container and its variant,
// fields the key's fields, off where the ciphertext starts. An error of fits means a line that is no key of this
// scheme: it is told, and the search goes on.
func Find(keys *image.Keys, scheme, fields, what string, off int64, fits func(image.Key) (bool, error)) (image.Key, error) {
	all := keys.Of(scheme)
	if len(all) == 0 {
		return image.Key{}, image.Errorf(image.Encrypted, off, "%s: no key is known; --keys takes `%s %s`", what, scheme, fields)
	}
	var bad error
	for _, k := range all {
		ok, err := fits(k)
		if ok {
			return k, nil
		}
		bad = errors.Join(bad, err)
	}
	e := image.Errorf(image.Encrypted, off, "%s: none of the %d keys for %s fits", what, len(all), scheme)
	if bad != nil {
		e.Detail += fmt.Sprintf(" (%.300s)", bad.Error())
	}
	return image.Key{}, e
}

// Note is what a file decrypted with k says of itself.
func Note(k image.Key) string { return fmt.Sprintf("decrypted with line %d of the keys", k.Line) }
