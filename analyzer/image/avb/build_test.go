package avb

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	prng "math/rand/v2"
	"sync"
	"testing"
)

// testKey is one RSA key for all tests: making one takes a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil
	}
	return key
})

// encodeKey writes a public key as avbtool does.
func encodeKey(key *rsa.PublicKey) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(key.N.BitLen()))
	out = append(out, 0, 0, 0, 0) // a constant that only speeds libavb up
	size := key.N.BitLen() / 8
	out = append(out, key.N.FillBytes(make([]byte, size))...)
	return append(out, new(big.Int).FillBytes(make([]byte, size))...)
}

func be(words ...any) []byte {
	var b bytes.Buffer
	for _, w := range words {
		switch w := w.(type) {
		case string:
			b.WriteString(w)
		case []byte:
			b.Write(w)
		default:
			_ = binary.Write(&b, binary.BigEndian, w)
		}
	}
	return b.Bytes()
}

// padded fills up to a multiple of n bytes.
func padded(b []byte, n int) []byte {
	for len(b)%n != 0 {
		b = append(b, 0)
	}
	return b
}

func field(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

func descriptor(tag uint64, body []byte) []byte {
	body = padded(body, 8)
	return be(tag, uint64(len(body)), body)
}

var reserved = make([]byte, reservedSize)

func (d *Hashtree) encode() []byte {
	return descriptor(tagHashtree, be(d.Version, d.ImageSize, d.TreeOffset, d.TreeSize, d.DataBlockSize, d.HashBlockSize, d.FECRoots, d.FECOffset, d.FECSize,
		field(d.Algorithm, 32), uint32(len(d.Partition)), uint32(len(d.Salt)), uint32(len(d.RootDigest)), d.Flags, reserved, d.Partition, d.Salt, d.RootDigest))
}

func (d *Hash) encode() []byte {
	return descriptor(tagHash, be(d.ImageSize, field(d.Algorithm, 32), uint32(len(d.Partition)), uint32(len(d.Salt)), uint32(len(d.Digest)), d.Flags, reserved,
		d.Partition, d.Salt, d.Digest))
}

func (d *Property) encode() []byte {
	return descriptor(tagProperty, be(uint64(len(d.Key)), uint64(len(d.Value)), d.Key, "\x00", d.Value, "\x00"))
}

func (d *Cmdline) encode() []byte {
	return descriptor(tagCmdline, be(d.Flags, uint32(len(d.Text)), d.Text))
}

func (d *Chain) encode() []byte {
	return descriptor(tagChain, be(d.RollbackIndexLocation, uint32(len(d.Partition)), uint32(len(d.PublicKey)), d.Flags, reserved, d.Partition, d.PublicKey))
}

// pack writes a vbmeta struct, signed by the test key if sign is true.
func pack(t testing.TB, sign bool, flags uint32, descriptors ...[]byte) []byte {
	t.Helper()
	list := bytes.Join(descriptors, nil)
	algorithm, hashSize, sigSize := uint32(0), 0, 0
	var key []byte
	if sign {
		algorithm, hashSize, sigSize = 1, 32, 256
		key = encodeKey(&testKey().PublicKey)
	}
	authSize := (hashSize + sigSize + 63) &^ 63
	aux := padded(be(list, key), 64)
	head := be(magic, uint32(1), uint32(0), uint64(authSize), uint64(len(aux)), algorithm,
		uint64(0), uint64(hashSize), uint64(hashSize), uint64(sigSize), uint64(len(list)), uint64(len(key)), uint64(0), uint64(0),
		uint64(0), uint64(len(list)), uint64(7), flags, uint32(3), field("avbtool 1.3.0", releaseSize), make([]byte, 80))
	auth := make([]byte, authSize)
	if sign {
		digest := sha256.Sum256(be(head, aux))
		sig, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		copy(auth, be(digest[:], sig))
	}
	return be(head, auth, aux)
}

func random(n int, seed uint64) []byte {
	rng := prng.New(prng.NewPCG(seed, 2))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(rng.Uint32())
	}
	return out
}

// grow is the plain definition of a dm-verity tree: all of it at once, level by level, the top level in front.
func grow(d *Hashtree, data []byte) (stored, root []byte) {
	h := newHash(d.Algorithm)
	width := 1
	for width < h.Size() {
		width *= 2
	}
	digests := func(data []byte, block int) []byte {
		var out []byte
		for data := padded(bytes.Clone(data), block); len(data) > 0; data = data[block:] {
			h.Reset()
			h.Write(d.Salt)
			h.Write(data[:block])
			out = append(out, field(string(h.Sum(nil)), width)...)
		}
		return out
	}
	level := digests(data, int(d.DataBlockSize))
	for len(level) > width {
		level = padded(level, int(d.HashBlockSize))
		stored = append(bytes.Clone(level), stored...)
		level = digests(level, int(d.HashBlockSize))
	}
	return stored, level[:h.Size()]
}
