// Package store keeps results of costly work in a folder, by the hash of all that they depend on.
//
// In: a [Key] and bytes. Out: the same bytes for the same key, as long as they are kept. Example: what follows from the
// code of one app, so that the second build of a phone costs only the apps that changed.
//
// Limit: nothing depends on what is kept. An entry that is missing, damaged or not to be written is a miss, and the
// work is done once more. Several processes may use one folder.
package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// Key names an entry.
type Key = [sha256.Size]byte

// Store is a folder of entries, each a file of its own: the SHA-256 of a content, and the content in a zstd frame.
type Store struct {
	dir   string
	limit int64 // bytes of all entries, kept by Trim
}

// maxEntry bounds what one entry may decode to, in bytes: a damaged one must not take all memory.
const maxEntry = 256 << 20

// Open returns the store in dir, which is made where it is missing; its entries together are held below limit bytes.
func Open(dir string, limit int64) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &Store{dir, limit}, nil
}

func (s *Store) file(k Key) string {
	name := hex.EncodeToString(k[:])
	return filepath.Join(s.dir, name[:2], name[2:])
}

// Get returns the content of an entry; false where there is none that is whole.
func (s *Store) Get(k Key) ([]byte, bool) {
	f, err := os.Open(s.file(k))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	var sum [sha256.Size]byte
	if _, err := io.ReadFull(f, sum[:]); err != nil {
		return nil, false
	}
	z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxEntry))
	if err != nil {
		return nil, false
	}
	defer z.Close()
	data, err := io.ReadAll(io.LimitReader(z, maxEntry))
	if err != nil || sha256.Sum256(data) != sum {
		return nil, false
	}
	touch(f.Name())
	return data, true
}

// Put keeps content under a key. Others see the whole entry or none.
func (s *Store) Put(k Key, content []byte) error {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	name := s.file(k)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), partial)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.MultiReader(bytes.NewReader(sum[:]), bytes.NewReader(z.EncodeAll(content, nil))))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
