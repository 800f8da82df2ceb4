package interp

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
)

// digest is the state of a MessageDigest or a Mac.
type digest struct {
	name string
	h    hash.Hash
	make func() hash.Hash
}

var digests = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA": sha1.New, "SHA1": sha1.New, "SHA224": sha256.New224, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New,
}

// algorithm returns a name as the tables spell it.
func (m *Machine) algorithm(o *object) (string, error) {
	t, err := m.text(o)
	return strings.ToUpper(t.String()), err
}

// cryptoModels are MessageDigest, Mac and Cipher.
func cryptoModels() map[string]table {
	update := func(f func(m *Machine, a []reg) ([]int8, error)) model {
		return on(func(m *Machine, d *digest, a []reg) (reg, error) {
			b, err := f(m, a)
			if err == nil && d.h == nil {
				err = m.throw("java/lang/IllegalStateException", "MAC not initialized")
			}
			if err != nil {
				return reg{}, err
			}
			d.h.Write(toBytes(b))
			return reg{}, m.work(int64(len(b)) / 2)
		})
	}
	one := func(m *Machine, a []reg) ([]int8, error) { return []int8{int8(a[1].n)}, nil }
	all := func(m *Machine, a []reg) ([]int8, error) { return state[[]int8](m, a[1].o) }
	part := func(m *Machine, a []reg) ([]int8, error) { return m.slice(a[1].o, a[2].n, a[3].n) }
	finish := func(with bool) model {
		return on(func(m *Machine, d *digest, a []reg) (reg, error) {
			if d.h == nil {
				return reg{}, m.throw("java/lang/IllegalStateException", "MAC not initialized")
			}
			if with {
				if _, err := update(all)(m, a); err != nil {
					return reg{}, err
				}
			}
			sum := d.h.Sum(nil)
			d.h.Reset()
			return m.retBytes(sum)
		})
	}
	md := table{
		"getInstance(" + tS + ")Ljava/security/MessageDigest;": func(m *Machine, a []reg) (reg, error) {
			name, err := m.algorithm(a[0].o)
			if err != nil {
				return reg{}, err
			}
			f := digests[strings.Replace(name, "SHA-", "SHA", 1)]
			if f == nil {
				return reg{}, m.noAlgorithm(name)
			}
			return m.retNew("java/security/MessageDigest", &digest{name: name, h: f(), make: f})
		},
		"digest()[B": finish(false), "digest([B)[B": finish(true),
		"isEqual([B[B)Z":     equalArrays,
		"getDigestLength()I": on(func(m *Machine, d *digest, a []reg) (reg, error) { return retInt(d.make().Size()) }),
	}
	mac := table{
		"getInstance(" + tS + ")Ljavax/crypto/Mac;": func(m *Machine, a []reg) (reg, error) {
			name, err := m.algorithm(a[0].o)
			if err != nil {
				return reg{}, err
			}
			f := digests[strings.TrimPrefix(name, "HMAC")]
			if f == nil || !strings.HasPrefix(name, "HMAC") {
				return reg{}, m.noAlgorithm(name)
			}
			return m.retNew("javax/crypto/Mac", &digest{name: name, make: f})
		},
		"init(" + tKy + ")V": on(func(m *Machine, d *digest, a []reg) (reg, error) {
			k, err := state[*key](m, a[1].o)
			if err == nil {
				d.h = hmac.New(d.make, k.data)
			}
			return reg{}, err
		}),
		"doFinal()[B": finish(false), "doFinal([B)[B": finish(true),
		"getMacLength()I": on(func(m *Machine, d *digest, a []reg) (reg, error) { return retInt(d.make().Size()) }),
	}
	for _, t := range []table{md, mac} {
		t["update(B)V"], t["update([B)V"], t["update([BII)V"] = update(one), update(all), update(part)
		t["reset()V"] = on(func(m *Machine, d *digest, a []reg) (reg, error) {
			if d.h != nil {
				d.h.Reset()
			}
			return reg{}, nil
		})
	}
	return map[string]table{"Ljava/security/MessageDigest;": md, "Ljavax/crypto/Mac;": mac, "Ljavax/crypto/Cipher;": cipherTable()}
}

// noAlgorithm throws for names that no provider has ever had, and stops for those that one may have.
func (m *Machine) noAlgorithm(name string) error { return stop(Unmodelled, "algorithm %q", clip(name)) }

func cipherTable() table {
	start := func(spec bool) model {
		return on(func(m *Machine, c *cipherState, a []reg) (reg, error) {
			k, err := state[*key](m, a[2].o)
			if err != nil {
				return reg{}, err
			}
			c.iv, c.tag = nil, 16
			if spec && a[3].o != nil {
				p, err := state[*parameters](m, a[3].o)
				if err != nil {
					return reg{}, err
				}
				c.iv, c.tag = p.iv, p.tag
			}
			return reg{}, m.startCipher(c, a[1].i32(), k)
		})
	}
	final := func(f func(m *Machine, a []reg) ([]int8, error)) model {
		return on(func(m *Machine, c *cipherState, a []reg) (reg, error) {
			b, err := f(m, a)
			if err != nil {
				return reg{}, err
			}
			if err := m.alloc(2*int64(len(b)) + 64); err != nil {
				return reg{}, err
			}
			if err := m.work(int64(len(b)+len(c.held)) + 64); err != nil {
				return reg{}, err
			}
			out, err := m.crypt(c, append(c.held, toBytes(b)...))
			c.held = nil
			return then(err, func() (reg, error) { return m.retBytes(out) })
		})
	}
	getInstance := func(m *Machine, a []reg) (reg, error) {
		name, err := m.algorithm(a[0].o)
		if err != nil {
			return reg{}, err
		}
		c, err := m.transformation(name)
		return then(err, func() (reg, error) { return m.retNew("javax/crypto/Cipher", c) })
	}
	return table{
		"getInstance(" + tS + ")Ljavax/crypto/Cipher;":      getInstance,
		"getInstance(" + tS + tS + ")Ljavax/crypto/Cipher;": getInstance,
		"init(I" + tKy + ")V":                               start(false),
		"init(I" + tKy + tAP + ")V":                         start(true),
		"doFinal([B)[B":                                     final(func(m *Machine, a []reg) ([]int8, error) { return state[[]int8](m, a[1].o) }),
		"doFinal([BII)[B":                                   final(func(m *Machine, a []reg) ([]int8, error) { return m.slice(a[1].o, a[2].n, a[3].n) }),
		"doFinal()[B":                                       final(func(m *Machine, a []reg) ([]int8, error) { return nil, nil }),
		"getBlockSize()I":                                   on(func(m *Machine, c *cipherState, a []reg) (reg, error) { return retInt(c.blockSize()) }),
		"getIV()[B": on(func(m *Machine, c *cipherState, a []reg) (reg, error) {
			if c.iv == nil {
				return reg{}, nil
			}
			return m.retBytes(c.iv)
		}),
	}
}
