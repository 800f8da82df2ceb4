package locked

import (
	"crypto/cipher"
	"crypto/subtle"
	"io"
)

// size of a block, in bytes; the ciphers here have no other.
const size = 16

// reader decrypts the blocks it reads. In all of its modes a block needs at most the ciphertext before it.
type reader struct {
	r     io.ReaderAt
	n     int64 // bytes of plaintext
	block cipher.Block
	mode  mode
	iv    [size]byte
}

type mode int

const (
	ecb mode = iota
	cbc
	cfb
)

// ECB reads the n first bytes of what r holds encrypted in electronic codebook mode. r has whole blocks: up to 15
// bytes more than n. The last bytes of an r that has not fail with [io.ErrUnexpectedEOF].
func ECB(block cipher.Block, r io.ReaderAt, n int64) io.ReaderAt {
	return &reader{r: r, n: n, block: block, mode: ecb}
}

// CBC is ECB for cipher block chaining. iv has 16 bytes.
func CBC(block cipher.Block, iv []byte, r io.ReaderAt, n int64) io.ReaderAt {
	return &reader{r: r, n: n, block: block, mode: cbc, iv: [size]byte(iv)}
}

// CFB is ECB for cipher feedback of whole blocks (CFB128), of which the last may be incomplete. iv has 16 bytes.
func CFB(block cipher.Block, iv []byte, r io.ReaderAt, n int64) io.ReaderAt {
	return &reader{r: r, n: n, block: block, mode: cfb, iv: [size]byte(iv)}
}

// piece is how much is decrypted at once.
const piece = 32 << 10

// ReadAt implements [io.ReaderAt].
func (d *reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= d.n {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), d.n-off)]
	buf := make([]byte, min(piece, len(want)+2*size)+size)
	done := 0
	for done < len(want) {
		n, err := d.some(want[done:], off+int64(done), buf)
		done += n
		if err != nil {
			return done, err
		}
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// some fills the start of p, at most as much as buf has room for beside the block before.
func (d *reader) some(p []byte, off int64, buf []byte) (int, error) {
	first := off &^ (size - 1)
	last := min(off+int64(len(p)), first+int64(len(buf)-size)&^(size-1)) // of plaintext wanted
	end := (last + size - 1) &^ (size - 1)
	if d.mode == cfb {
		end = min(end, d.n)
	}
	from := first - size
	if first == 0 || d.mode == ecb {
		from = first
		copy(buf, d.iv[:])
	}
	in := buf[size-(first-from):][:end-from]
	got, err := d.r.ReadAt(in, from)
	if got < len(in) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		whole := got - int(first-from)
		if d.mode != cfb {
			whole &^= size - 1
		}
		if last = first + int64(whole); last <= off {
			return 0, err
		}
	} else {
		err = nil
	}
	// buf is now the block before and the ciphertext, of which last tells how much is there.
	text := buf[:size+(last-first+size-1)&^(size-1)]
	d.decrypt(text)
	return copy(p, text[size : size+last-first][off-first:]), err
}

// decrypt works on whole blocks in place, from the last one on; the first block is the one before. Of an incomplete
// last block in cipher feedback, what comes out behind its end means nothing.
func (d *reader) decrypt(text []byte) {
	var out [size]byte
	for at := len(text) - size; at >= size; at -= size {
		now, before := text[at:at+size], text[at-size:at]
		switch d.mode {
		case ecb:
			d.block.Decrypt(now, now)
		case cbc:
			d.block.Decrypt(out[:], now)
			subtle.XORBytes(now, out[:], before)
		case cfb:
			d.block.Encrypt(out[:], before)
			subtle.XORBytes(now, out[:], now)
		}
	}
}
