package interp

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
	"strings"

	"golang.org/x/crypto/blowfish" //lint:ignore SA1019 apps use it, and this reads what they wrote
)

// cipherState is the state of a Cipher. What update gives would depend on the provider, so only doFinal is modelled.
type cipherState struct {
	algorithm, mode, padding string
	encrypt                  bool
	iv                       []byte
	tag                      int // bytes of a GCM tag
	block                    cipher.Block
	key                      []byte
	held                     []byte
}

var blockCiphers = map[string]func(key []byte) (cipher.Block, error){
	"AES": aes.NewCipher, "DES": des.NewCipher, "DESEDE": tripleDES, "TRIPLEDES": tripleDES,
	"BLOWFISH": func(key []byte) (cipher.Block, error) {
		c, err := blowfish.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return c, nil
	},
}

// tripleDES takes 24 bytes; Java takes no 16.
func tripleDES(key []byte) (cipher.Block, error) { return des.NewTripleDESCipher(key) }

// transformation takes "AES/CBC/PKCS5Padding" apart.
func (m *Machine) transformation(name string) (*cipherState, error) {
	part := strings.Split(name, "/")
	c := &cipherState{algorithm: part[0], mode: "ECB", padding: "PKCS5PADDING"}
	if len(part) == 3 {
		c.mode, c.padding = strings.TrimSpace(part[1]), strings.TrimSpace(part[2])
	} else if len(part) != 1 {
		return nil, m.noAlgorithm(name)
	}
	if c.algorithm == "RC4" || c.algorithm == "ARCFOUR" || c.algorithm == "ARC4" {
		c.algorithm = "RC4"
		return c, nil
	}
	switch {
	case blockCiphers[c.algorithm] == nil,
		!strings.Contains(" ECB CBC CTR CFB CFB8 OFB GCM ", " "+c.mode+" "),
		!strings.Contains(" PKCS5PADDING PKCS7PADDING NOPADDING ", " "+c.padding+" "),
		c.mode == "GCM" && c.algorithm != "AES":
		return nil, m.noAlgorithm(name)
	}
	return c, nil
}

func (c *cipherState) blockSize() int {
	if c.block == nil {
		return map[string]int{"AES": 16, "RC4": 0}[c.algorithm] + map[string]int{"DES": 8, "DESEDE": 8, "TRIPLEDES": 8, "BLOWFISH": 8}[c.algorithm]
	}
	return c.block.BlockSize()
}

// startCipher is Cipher.init; mode 1 encrypts, 2 decrypts.
func (m *Machine) startCipher(c *cipherState, mode int32, k *key) error {
	if mode != 1 && mode != 2 {
		return stop(Unmodelled, "cipher mode %d", mode)
	}
	c.encrypt, c.key, c.held = mode == 1, k.data, nil
	if c.algorithm == "RC4" {
		if len(k.data) < 1 || len(k.data) > 256 {
			return m.throw("java/security/InvalidKeyException", "%d bytes", len(k.data))
		}
		return m.work(256)
	}
	data := k.data
	if c.algorithm == "DES" && len(data) > 8 || c.algorithm == "DESEDE" && len(data) > 24 {
		return m.throw("java/security/InvalidKeyException", "%d bytes", len(data))
	}
	b, err := blockCiphers[c.algorithm](data)
	if err != nil {
		return m.throw("java/security/InvalidKeyException", "%d bytes", len(data))
	}
	c.block = b
	want := b.BlockSize()
	switch {
	case c.mode == "ECB" && c.iv != nil:
		return m.throw("java/security/InvalidAlgorithmParameterException", "ECB mode cannot use IV")
	case c.mode == "ECB":
	case c.iv == nil && c.encrypt:
		return stop(Impure, "a cipher that makes up its own IV")
	case c.iv == nil:
		return m.throw("java/security/InvalidKeyException", "Parameters missing")
	case c.mode == "GCM":
		if len(c.iv) == 0 || c.tag < 12 || c.tag > 16 {
			return m.throw("java/security/InvalidAlgorithmParameterException", "GCM parameters")
		}
	case len(c.iv) != want:
		return m.throw("java/security/InvalidAlgorithmParameterException", "Wrong IV length: must be %d bytes long", want)
	}
	return m.work(1024)
}

// crypt is Cipher.doFinal on all the data. It does not change its argument's backing array for the caller.
func (m *Machine) crypt(c *cipherState, in []byte) ([]byte, error) {
	if c.key == nil {
		return nil, m.throw("java/lang/IllegalStateException", "Cipher not initialized")
	}
	if c.algorithm == "RC4" {
		r, err := rc4.NewCipher(c.key)
		if err != nil {
			return nil, stop(Unmodelled, "RC4 key")
		}
		out := make([]byte, len(in))
		r.XORKeyStream(out, in)
		return out, nil
	}
	switch c.mode {
	case "GCM":
		return m.gcm(c, in)
	case "CTR":
		return stream(cipher.NewCTR(c.block, c.iv), in), nil
	}
	n := c.block.BlockSize()
	padded := c.padding != "NOPADDING"
	if c.encrypt && padded {
		k := n - len(in)%n
		in = append(bytes.Clone(in), bytes.Repeat([]byte{byte(k)}, k)...)
	}
	feedback := c.mode == "CFB" || c.mode == "OFB" || c.mode == "CFB8"
	if len(in)%n != 0 && (padded || !feedback) {
		return nil, m.throw("javax/crypto/IllegalBlockSizeException", "Input length must be multiple of %d", n)
	}
	out := make([]byte, len(in))
	c.blocks(out, in)
	if c.encrypt || !padded || len(out) == 0 {
		return out, nil
	}
	k := int(out[len(out)-1])
	if k < 1 || k > n || !bytes.Equal(out[len(out)-k:], bytes.Repeat([]byte{byte(k)}, k)) {
		return nil, m.throw("javax/crypto/BadPaddingException", "Given final block not properly padded")
	}
	return out[:len(out)-k], nil
}

// blocks runs the modes; the feedback modes are spelled out, as the standard library's are marked unsafe to choose.
func (c *cipherState) blocks(out, in []byte) {
	n := c.block.BlockSize()
	switch {
	case c.mode == "ECB":
		for i := 0; i+n <= len(in); i += n {
			if c.encrypt {
				c.block.Encrypt(out[i:], in[i:])
			} else {
				c.block.Decrypt(out[i:], in[i:])
			}
		}
	case c.mode == "CBC" && c.encrypt:
		cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(out, in)
	case c.mode == "CBC":
		cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(out, in)
	case c.mode == "CFB8":
		c.feedback(out, in, 1)
	default:
		c.feedback(out, in, n)
	}
}

// feedback is CFB and OFB with size bytes at a time, NIST SP 800-38A sections 6.3 and 6.4.
func (c *cipherState) feedback(out, in []byte, size int) {
	n := c.block.BlockSize()
	register, key := bytes.Clone(c.iv), make([]byte, n)
	for i := 0; i < len(in); i += size {
		c.block.Encrypt(key, register)
		k := min(size, len(in)-i)
		for j := range k {
			out[i+j] = in[i+j] ^ key[j]
		}
		next := key[:k]
		switch {
		case c.mode != "OFB" && c.encrypt:
			next = out[i : i+k]
		case c.mode != "OFB":
			next = in[i : i+k]
		}
		register = append(register[min(k, len(register)):], next...)
	}
}

func stream(s cipher.Stream, in []byte) []byte {
	out := make([]byte, len(in))
	s.XORKeyStream(out, in)
	return out
}

func (m *Machine) gcm(c *cipherState, in []byte) ([]byte, error) {
	var g cipher.AEAD
	var err error
	if c.tag == 16 {
		g, err = cipher.NewGCMWithNonceSize(c.block, len(c.iv))
	} else if len(c.iv) == 12 {
		g, err = cipher.NewGCMWithTagSize(c.block, c.tag)
	} else {
		return nil, stop(Unmodelled, "GCM with a tag of %d bytes", c.tag)
	}
	if err != nil {
		return nil, stop(Unmodelled, "GCM: %v", err)
	}
	if c.encrypt {
		return g.Seal(nil, c.iv, in, nil), nil
	}
	out, err := g.Open(nil, c.iv, in, nil)
	if err != nil {
		return nil, m.throw("javax/crypto/AEADBadTagException", "Tag mismatch")
	}
	return out, nil
}
