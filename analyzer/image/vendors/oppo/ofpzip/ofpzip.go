// Package ofpzip reads zips whose files are encrypted with a password in the traditional way (ZipCrypto): the oldest OFP
// firmware of Oppo and Realme phones, and what forums pack.
//
// In: such a zip, and a password from the run's key file. Out: an [image.Parts] of its files, each decrypted and
// decompressed once when it is read. Verify compares the CRC32 of each.
//
//	fsys, err := ofpzip.Format().Open(r, size, budget)
//
// Limit: every byte of this cipher depends on all before it, so that nothing is read in place.
package ofpzip

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Format describes zips with a password.
func Format() image.Format {
	return image.Format{
		Name: "zip-password",
		Doc:  "Zip encrypted with a password (ZipCrypto): the oldest OFP firmware of Oppo and Realme phones, collections of forums; with --keys, `zip PASSWORD`.",
		Refs: []string{
			"PKWARE APPNOTE.TXT 6.3.10, 6.1 (Traditional PKWARE Encryption)",
			"https://github.com/bkerler/oppo_decrypt (ofp_qc_decrypt.py)",
		},
		Limits: []string{
			"no passwords are shipped",
			"no file made by the vendor was met",
			"passwords have no blanks, as fields of a key file have none, and are one for the whole zip",
			"entries encrypted with AES (WinZip) are not decrypted",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3 // sizes and CRC32 follow the data; the check byte is then one of the time
	cipherHeader   = 12
)

// sniff takes a zip whose every file with content is encrypted in this way, and that is no APK: those that say so of
// themselves to mislead readers are the zip format's to see through.
func sniff(r io.ReaderAt, size int64) bool {
	h := bin.Head(r, size, 30)
	if len(h) < 30 || string(h[:4]) != "PK\x03\x04" {
		return false
	}
	// Directories and empty files are not encrypted. All else is told by this header, and most zips need no more reading.
	if h[6]&flagEncrypted == 0 && (h[6]&flagDescriptor != 0 || binary.LittleEndian.Uint32(h[18:]) != 0) {
		return false
	}
	z, err := directory(r, size)
	if err != nil {
		return false
	}
	found := false
	for _, f := range z.File {
		base := f.Name[strings.LastIndexByte(f.Name, '/')+1:]
		if f.Name == "AndroidManifest.xml" || f.Name == "resources.arsc" || strings.HasSuffix(base, ".dex") {
			return false
		}
		if f.CompressedSize64 == 0 {
			continue
		}
		if !encrypted(f) {
			return false
		}
		found = true
	}
	return found
}

// encrypted reports whether an entry is, in this way.
func encrypted(f *zip.File) bool {
	known := f.Method == zip.Deflate && f.CompressedSize64 > cipherHeader || f.Method == zip.Store && f.CompressedSize64 == f.UncompressedSize64+cipherHeader
	return f.Flags&flagEncrypted != 0 && known
}

// directory reads the central directory.
func directory(r io.ReaderAt, size int64) (*zip.Reader, error) {
	z, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrInsecurePath) {
		err = nil
	}
	return z, err
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	z, err := directory(r, size)
	if err != nil {
		return nil, image.Errorf(image.Malformed, -1, "%v", err)
	}
	a := &archive{Parts: image.NewParts(r, size), size: size}
	a.key, a.lock = a.unlock(z, b)
	for _, f := range z.File {
		a.add(f, b)
	}
	return a.Parts, nil
}

// archive is one while it is opened.
type archive struct {
	*image.Parts
	size     int64
	password string
	key      image.Key
	lock     error
}

// maxProbe is the largest file that is decoded to try a password, in bytes.
const maxProbe = 64 << 20

// unlock finds the password: each entry has a byte that shows whether it may be, and the smallest has a CRC32.
func (a *archive) unlock(z *zip.Reader, b *image.Budget) (image.Key, error) {
	var locks []*zip.File
	for _, f := range z.File {
		if encrypted(f) {
			locks = append(locks, f)
		}
	}
	slices.SortStableFunc(locks, func(x, y *zip.File) int {
		return int(min(max(int64(x.CompressedSize64)-int64(y.CompressedSize64), -1), 1))
	})
	return locked.Find(b.Keys, "zip", "PASSWORD", "zip with a password (ZipCrypto), as OFP were", -1, func(k image.Key) (bool, error) {
		for _, f := range locks[:min(len(locks), 64)] {
			r, err := begin(f, k.Fields[0])
			if err != nil {
				return false, nil
			}
			r.Close()
		}
		if len(locks) > 0 && locks[0].UncompressedSize64 <= maxProbe {
			if sum, n, err := sum(locks[0], k.Fields[0]); err != nil || n != locks[0].UncompressedSize64 || sum != locks[0].CRC32 {
				return false, nil
			}
		}
		a.password = k.Fields[0]
		return true, nil
	})
}

// sum decodes an entry.
func sum(f *zip.File, password string) (uint32, uint64, error) {
	r, err := begin(f, password)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close()
	h := crc32.NewIEEE()
	n, err := io.Copy(h, io.LimitReader(r, int64(min(f.UncompressedSize64, 1<<62))))
	return h.Sum32(), uint64(n), err
}

// add lists one entry.
func (a *archive) add(f *zip.File, b *image.Budget) {
	if strings.HasSuffix(f.Name, "/") {
		return // directories come with their files
	}
	const maxSize = 1 << 40
	e := image.Entry{Mode: f.Mode().Perm(), Size: int64(min(f.UncompressedSize64, maxSize)), Attr: image.Attr{Offset: -1}}
	problem := a.lock
	switch {
	case f.CompressedSize64 == 0 && f.UncompressedSize64 == 0:
		problem = nil
	case !encrypted(f):
		problem = image.Errorf(image.Unsupported, -1, "zip method %d, flags 0x%x, among encrypted files", f.Method, f.Flags)
	case problem == nil:
		e.Attr.Note = locked.Note(a.key)
		problem = b.CheckRatio(e.Size, int64(min(f.CompressedSize64, 1<<62)))
	}
	if problem != nil {
		a.Miss(f.Name, problem)
		e.Size = min(e.Size, max(a.size, image.RatioFloor))
		e.Open = func() (io.ReaderAt, error) { return nil, problem }
		a.AddFile(f.Name, e)
		return
	}
	if e.Size == 0 {
		a.AddFile(f.Name, e)
		return
	}
	stream := b.NewStream(e.Size, int64(min(f.CompressedSize64, 1<<62)), func() (io.ReadCloser, error) { return begin(f, a.password) })
	e.Open = func() (io.ReaderAt, error) { return stream.Open(), nil }
	if name := a.AddFile(f.Name, e); name != "" {
		want := binary.BigEndian.AppendUint32(nil, f.CRC32)
		a.LaterSum(image.Check{Name: name, What: "crc32", Whole: true, Offset: -1}, stream, 0, e.Size, func() image.Summer { return crc32.NewIEEE() }, want)
	}
}

// begin decrypts and decompresses an entry from its start. It refuses a password that its check byte shows is wrong.
func begin(f *zip.File, password string) (io.ReadCloser, error) {
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, image.Errorf(image.Malformed, -1, "%v", err)
	}
	c := newCipher(raw, password)
	var head [cipherHeader]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, image.BrokenStream(err)
	}
	check := byte(f.CRC32 >> 24)
	if f.Flags&flagDescriptor != 0 {
		check = byte(f.ModifiedTime >> 8)
	}
	if head[cipherHeader-1] != check {
		return nil, image.Errorf(image.Encrypted, -1, "the password does not fit this file")
	}
	if f.Method == zip.Store {
		return io.NopCloser(c), nil
	}
	return told{flate.NewReader(c)}, nil
}

// told gives decoding errors their reasons.
type told struct{ io.ReadCloser }

func (t told) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = image.BrokenStream(err)
	}
	return n, err
}
