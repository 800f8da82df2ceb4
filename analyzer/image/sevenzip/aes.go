package sevenzip

import (
	"bytes"
	"crypto/aes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"
	"unicode/utf16"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// lock is the password of an archive, and the keys made of it.
type lock struct {
	password []byte // UTF-16
	key      image.Key
	err      error // why there is no password

	mu     sync.Mutex
	keys   map[string][]byte
	rounds int64
}

const (
	maxPower  = 24      // of two, rounds: the LZMA SDK's limit; it makes archives of 19
	maxRounds = 1 << 26 // of one archive: some seconds
	noRounds  = 0x3F    // a power that means that salt and password are the key
)

// settings are the properties of the coder AES-256: LZMA SDK, 7zAes.cpp.
type settings struct {
	power    int
	salt, iv []byte
}

func readSettings(b []byte) (settings, error) {
	bad := image.Errorf(image.Malformed, -1, "properties %x of AES-256", b)
	if len(b) < 1 {
		return settings{}, bad
	}
	s := settings{power: int(b[0] & 0x3F)}
	if b[0]&0xC0 == 0 {
		return s, nil
	}
	if len(b) < 2 {
		return s, bad
	}
	salt, iv := int(b[0]>>7)+int(b[1]>>4), int(b[0]>>6&1)+int(b[1]&0xF)
	if len(b) < 2+salt+iv {
		return s, bad
	}
	s.salt, s.iv = b[2:2+salt], b[2+salt:][:iv]
	return s, nil
}

// derive makes the key of password, salt and power: SHA-256 over so many rounds of salt, password and a counter.
func (l *lock) derive(s settings) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := string(append(bytes.Clone(s.salt), byte(s.power), byte(len(s.salt)))) + string(l.password)
	if key := l.keys[name]; key != nil {
		return key, nil
	}
	if s.power == noRounds {
		key := make([]byte, sha256.Size)
		copy(key, append(bytes.Clone(s.salt), l.password...))
		return key, nil
	}
	if s.power > maxPower || l.rounds+1<<s.power > maxRounds {
		return nil, image.Errorf(image.OverBudget, -1, "2^%d rounds for the key of AES-256", s.power)
	}
	l.rounds += 1 << s.power
	h := sha256.New()
	text := append(append(bytes.Clone(s.salt), l.password...), make([]byte, 8)...)
	count := text[len(text)-8:]
	for i := range uint64(1) << s.power {
		binary.LittleEndian.PutUint64(count, i)
		h.Write(text)
	}
	key := h.Sum(nil)
	if l.keys == nil {
		l.keys = map[string][]byte{}
	}
	l.keys[name] = key
	return key, nil
}

// open decrypts the n bytes of r that the encrypted length bytes hold.
func (l *lock) open(properties []byte, r io.ReaderAt, n, length int64) (io.ReaderAt, error) {
	if l.err != nil {
		return nil, l.err
	}
	s, err := readSettings(properties)
	if err != nil {
		return nil, err
	}
	if n > length {
		return nil, image.Errorf(image.Malformed, -1, "%d bytes out of %d encrypted ones", n, length)
	}
	key, err := l.derive(s)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	var iv [aes.BlockSize]byte
	copy(iv[:], s.iv)
	return locked.CBC(block, iv[:], r, n), nil
}

// encrypted reports whether a folder is.
func (f *folder) encrypted() bool {
	for _, c := range f.coders {
		if methods[string(c.id)].aes {
			return true
		}
	}
	return false
}

// unlock finds the password with which the folders that are encrypted can be decoded, if there are such. For a header
// that is encrypted a password is needed; without one for content, the names can still be listed.
func (a *archive) unlock(s streams, header bool) error {
	if a.lock.password != nil {
		return nil
	}
	probe := a.probe(s)
	if probe < 0 {
		return nil
	}
	p := &s.parts[probe]
	f := s.folders[p.folder]
	what := "7z with a password (AES-256)"
	if header {
		what += ", names too"
	}
	key, err := locked.Find(a.budget.Keys, "7z", "PASSWORD", what, startSize+f.packs[0].at, func(k image.Key) (bool, error) {
		a.lock.err = nil
		a.lock.password = make([]byte, 0, 2*len(k.Fields[0]))
		for _, u := range utf16.Encode([]rune(k.Fields[0])) {
			a.lock.password = binary.LittleEndian.AppendUint16(a.lock.password, u)
		}
		return a.opens(f, p)
	})
	if err != nil {
		a.lock.password = nil
		a.lock.err = err
	}
	a.lock.key = key
	if header {
		return err
	}
	return nil
}

// probe chooses the content on which passwords are tried: the one that takes the least decoding to have a checksum of.
func (a *archive) probe(s streams) int {
	best := -1
	cost := func(p *part) int64 {
		c := p.off + p.n
		if !p.crc.there {
			c += 1 << 40
		}
		return c
	}
	for i := range s.parts {
		p := &s.parts[i]
		if f := s.folders[p.folder]; f.problem != nil || !f.encrypted() || p.n == 0 {
			continue
		}
		if best < 0 || cost(p) < cost(&s.parts[best]) {
			best = i
		}
	}
	return best
}

// maxProbe is how much is decoded to try a password, in bytes.
const maxProbe = 64 << 20

// opens reports whether the password decodes p to what its checksum is of; of large content, whether its start can be
// decoded and the padding of its end is zeros.
func (a *archive) opens(f *folder, p *part) (bool, error) {
	if ok, err := f.zeroPadded(a); !ok || err != nil {
		return false, err
	}
	r, err := f.reader(a)
	if err != nil {
		return false, err
	}
	defer r.Close()
	small := p.crc.there && p.off+p.n <= maxProbe
	if !small {
		n, err := io.Copy(io.Discard, io.LimitReader(r, min(1<<20, f.size)))
		return err == nil && n == min(1<<20, f.size), nil
	}
	if _, err := io.CopyN(io.Discard, r, p.off); err != nil {
		return false, budgetOnly(err)
	}
	h := crc32.NewIEEE()
	n, err := io.Copy(h, io.LimitReader(r, p.n))
	return err == nil && n == p.n && h.Sum32() == p.crc.sum, budgetOnly(err)
}

// zeroPadded reports whether what fills the last encrypted block is zeros, as 7-Zip makes it.
func (f *folder) zeroPadded(a *archive) (bool, error) {
	chain := f.chain()
	c := chain[len(chain)-1]
	n, length := f.sizes[c.firstOut], f.packs[0].n
	if !methods[string(c.id)].aes || length-n <= 0 || length-n >= aes.BlockSize {
		return true, nil
	}
	r, err := a.lock.open(c.properties, image.NewSection(a.r, startSize+f.packs[0].at, length), length, length)
	if err != nil {
		return false, err
	}
	pad := make([]byte, length-n)
	if got, err := r.ReadAt(pad, n); got < len(pad) {
		return false, err
	}
	return bytes.Equal(pad, make([]byte, len(pad))), nil
}

// budgetOnly returns errors that do not come from a wrong password.
func budgetOnly(err error) error {
	if errors.Is(err, image.ErrBudget) {
		return err
	}
	return nil
}
