// Package samsung reads what Samsung's update server sends: firmware zips encrypted whole, called .enc2 and .enc4.
//
// In: a file of that name, and a key from the run's key file. Out: an [image.Index] with one file, the zip, decrypted
// as it is read.
//
//	for _, set := range samsung.Format().Group(names) { fsys, err := samsung.Format().OpenSet(parts, budget) … }
//
// Limit: nothing in the bytes says what they are, so that only the name does; whether a key is right, the zip says.
package samsung

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes .enc2 and .enc4.
func Format() image.Format {
	return image.Format{
		Name: "samsung-enc",
		Doc:  "Samsung firmware zip as its server sends it, .enc2 or .enc4 (AES-128-ECB); with --keys, `samsung KEY`, or what the key is made of: `samsung REGION MODEL VERSION` (.enc2), `samsung VERSION LOGICVALUE` (.enc4).",
		Refs: []string{"https://github.com/samloader/samloader (crypt.py, auth.py)"},
		Limits: []string{
			"no keys are shipped",
			"no file from the server was met",
			"recognised by the name alone: all bytes are encrypted, block by block, and have no mark; a key is right where the first block decrypts to that of a zip",
			"of a single input from standard input no name is known: it is not recognised",
		},
		Single: true,
		Sniff:  func(io.ReaderAt, int64) bool { return false }, // noise has no mark
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			return openSet([]image.Part{{ReaderAt: r, Size: size}}, b)
		},
		Group:   group,
		OpenSet: openSet,
	}
}

// group makes a set of each file of that name.
func group(names []string) []image.Set {
	var sets []image.Set
	for _, name := range slices.Sorted(slices.Values(names)) {
		ext := strings.ToLower(path.Ext(name))
		if stem := name[:len(name)-len(ext)]; (ext == ".enc2" || ext == ".enc4") && stem != "" {
			sets = append(sets, image.Set{Name: stem, Names: []string{name}})
		}
	}
	return sets
}

const zipMagic = "PK\x03\x04"

func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	if len(parts) != 1 {
		return nil, image.Errorf(image.Malformed, -1, "%d files in one", len(parts))
	}
	p := parts[0]
	if string(bin.Head(p, p.Size, 4)) == zipMagic { // decrypted, and not renamed
		return single(p, p.Size, image.Attr{}), nil
	}
	n := p.Size &^ (aes.BlockSize - 1)
	var block cipher.Block
	what := "Samsung " + strings.TrimPrefix(path.Ext(p.Name), ".") + " (AES-128-ECB)"
	key, err := locked.Find(b.Keys, "samsung", "KEY", what, 0, func(k image.Key) (bool, error) {
		raw, err := readKey(k)
		if err != nil {
			return false, err
		}
		if block, err = aes.NewCipher(raw); err != nil {
			return false, err
		}
		return string(bin.Head(locked.ECB(block, p, n), n, 4)) == zipMagic, nil
	})
	if err != nil {
		return nil, err
	}
	plain := locked.ECB(block, p, n)
	x := single(plain, n-padding(plain, n), image.Attr{Note: locked.Note(key)})
	if n != p.Size {
		x.Miss("", image.Errorf(image.Truncated, p.Size, "%d bytes behind the last whole block", p.Size-n))
	}
	return x, nil
}

func single(r io.ReaderAt, n int64, attr image.Attr) *image.Index {
	x := image.NewIndex()
	e := image.Entry{Mode: 0o444, Size: n, Attr: attr, Open: func() (io.ReaderAt, error) { return image.NewSection(r, 0, n), nil }}
	if err := x.Add(Name, e); err != nil {
		x.Miss(Name, err)
	}
	return x
}

// padding returns how many bytes fill the last block (PKCS #7), 0 where none do, as in a file that was cut.
func padding(r io.ReaderAt, n int64) int64 {
	var last [aes.BlockSize]byte
	if got, _ := r.ReadAt(last[:], n-aes.BlockSize); got < len(last) {
		return 0
	}
	pad := int(last[len(last)-1])
	if pad == 0 || pad > len(last) {
		return 0
	}
	for _, b := range last[len(last)-pad:] {
		if int(b) != pad {
			return 0
		}
	}
	return int64(pad)
}

// readKey reads a key, or makes it as the server's clients do.
func readKey(k image.Key) ([]byte, error) {
	switch len(k.Fields) {
	case 1:
		return k.Hex(0, aes.BlockSize)
	case 2:
		version, logic := k.Fields[0], k.Fields[1]
		if len(version) < 16 {
			return nil, fmt.Errorf("keys, line %d: a version of %d characters", k.Line, len(version))
		}
		text := make([]byte, len(logic))
		for i := range text { // the value's characters choose from the version's first 16
			text[i] = version[logic[i]&15]
		}
		sum := md5.Sum(text)
		return sum[:], nil
	case 3:
		sum := md5.Sum([]byte(strings.Join(k.Fields, ":")))
		return sum[:], nil
	}
	return nil, fmt.Errorf("keys, line %d: samsung takes one to three fields", k.Line)
}
