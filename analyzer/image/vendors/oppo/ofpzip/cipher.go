package ofpzip

import (
	"bufio"
	"hash/crc32"
	"io"
)

// stream decrypts traditional PKWARE encryption: APPNOTE.TXT 6.1.5 to 6.1.7.
type stream struct {
	r    io.Reader
	keys [3]uint32
}

// newCipher starts decrypting r.
func newCipher(r io.Reader, password string) *stream {
	s := &stream{r: bufio.NewReaderSize(r, 64<<10), keys: [3]uint32{0x12345678, 0x23456789, 0x34567890}}
	for i := range len(password) {
		s.update(password[i])
	}
	return s
}

// update takes in one byte of plaintext.
func (s *stream) update(b byte) {
	s.keys[0] = crc32.IEEETable[byte(s.keys[0])^b] ^ s.keys[0]>>8
	s.keys[1] = (s.keys[1]+s.keys[0]&0xFF)*134775813 + 1
	s.keys[2] = crc32.IEEETable[byte(s.keys[2])^byte(s.keys[1]>>24)] ^ s.keys[2]>>8
}

// pad is what the next byte is combined with.
func (s *stream) pad() byte {
	t := s.keys[2]&0xFFFF | 2
	return byte(t * (t ^ 1) >> 8)
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	for i := range p[:n] {
		p[i] ^= s.pad()
		s.update(p[i])
	}
	return n, err
}
