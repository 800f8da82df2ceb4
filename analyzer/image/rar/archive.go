package rar

import (
	"errors"
	"io"
	"io/fs"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// archive is one while it is read.
type archive struct {
	parts    []image.Part
	size     int64 // of all volumes
	budget   *image.Budget
	password string
	key      image.Key
	lock     error // why encrypted files stay closed
	sampled  int   // encrypted files whose start was read
}

// options are those of the library. Dictionaries are allocated as a header says: no more than memory is for, nor than
// stands in any proportion to the archive.
func (a *archive) options(more ...rardecode.Option) []rardecode.Option {
	dict := min(a.budget.Memory/4, max(64<<20, 64*a.size))
	out := append(more, rardecode.FileSystem(volumes(a.parts)), rardecode.MaxDictionarySize(dict))
	if a.password != "" {
		out = append(out, rardecode.Password(a.password))
	}
	return out
}

// entry is one file of the archive.
type entry struct {
	*rardecode.FileHeader
	open func() (io.ReadCloser, error) // from its start
}

// maxSampled bounds the encrypted files that are tried one by one: making a key takes a tenth of a second.
const maxSampled = 32

// maxDamaged bounds the files of an archive that is damaged: each is then looked for from the start.
const maxDamaged = 4096

// headers lists the archive; with an error, the files before the trouble.
func (a *archive) headers() ([]entry, error) {
	files, err := a.catalogue(rardecode.SkipCheck)
	var out []entry
	if err == nil {
		for _, f := range files {
			out = append(out, entry{&f.FileHeader, opener(f)})
		}
		return out, nil
	}
	if locks(err) {
		return nil, err
	}
	r, oerr := a.through(rardecode.SkipCheck)
	if oerr != nil {
		return nil, err
	}
	defer r.Close()
	for i := range maxDamaged {
		h, nerr := r.Next()
		if nerr != nil {
			break
		}
		out = append(out, entry{h, func() (io.ReadCloser, error) { return a.nth(i) }})
		if h.Solid { // to go on would be to decode
			break
		}
	}
	return out, err
}

// locks reports whether err says that a password is wanted.
func locks(err error) bool {
	return errors.Is(err, rardecode.ErrArchiveEncrypted) || errors.Is(err, rardecode.ErrBadPassword)
}

// nth opens the file of that number by going through those before it.
func (a *archive) nth(i int) (io.ReadCloser, error) {
	r, err := a.through(rardecode.SkipCheck)
	if err != nil {
		return nil, err
	}
	for range i + 1 {
		if _, err := r.Next(); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// openVolumes lists an archive.
func openVolumes(parts []image.Part, b *image.Budget) (fs.FS, error) {
	a := &archive{parts: parts, budget: b}
	for _, p := range parts {
		a.size += p.Size
	}
	files, err := a.headers()
	if locks(err) {
		a.key, err = locked.Find(b.Keys, "rar", "PASSWORD", "RAR with a password, names too", -1, func(k image.Key) (bool, error) {
			a.password = k.Fields[0]
			files, err = a.headers()
			return len(files) > 0, nil
		})
	}
	if err != nil && len(files) == 0 {
		return nil, reason(err)
	}
	x := &FS{Index: image.NewIndex(), a: a}
	if err != nil {
		x.Miss("", reason(err))
	}
	a.list(x, a.unlock(files))
	return x, nil
}

// unlock finds the password for files that are encrypted, where names are not.
func (a *archive) unlock(files []entry) []entry {
	if a.password != "" {
		return files
	}
	probe := -1
	for i, f := range files {
		if f.Encrypted && !f.IsDir && !f.Solid && f.UnPackedSize > 0 && (probe < 0 || f.UnPackedSize < files[probe].UnPackedSize) {
			probe = i
		}
	}
	if probe < 0 {
		return files
	}
	opened := files
	a.key, a.lock = locked.Find(a.budget.Keys, "rar", "PASSWORD", "RAR with a password", -1, func(k image.Key) (bool, error) {
		a.password = k.Fields[0]
		again, err := a.catalogue() // with checks
		if err != nil || len(again) != len(files) || !opens(again[probe]) {
			return false, nil
		}
		opened, err = a.headers()
		return err == nil, nil
	})
	if a.lock != nil {
		a.password = ""
	}
	return opened
}

// maxProbe is how much is decoded to try a password, in bytes.
const maxProbe = 64 << 20

// opens reports whether a file can be decoded: to its checksum, or, a large one, at its start.
func opens(f *rardecode.File) bool {
	r, err := opener(f)()
	if err != nil {
		return false
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(paced(r), maxProbe))
	return err == nil && (n == maxProbe || n == f.UnPackedSize)
}
