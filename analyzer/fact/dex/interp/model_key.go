package interp

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"slices"
	"strings"
)

// key is the state of a SecretKey and of the specifications it is made from.
type key struct {
	algorithm string
	data      []byte
	salt      []byte // of a PBEKeySpec, whose data is the password
	rounds    int
	bits      int
}

// parameters is the state of an IvParameterSpec or a GCMParameterSpec.
type parameters struct {
	iv  []byte
	tag int
}

// keyFactory is the state of a SecretKeyFactory.
type keyFactory string

// keyModels are the key and parameter specifications and SecretKeyFactory.
func keyModels() map[string]table {
	encoded := on(func(m *Machine, k *key, a []reg) (reg, error) { return m.retBytes(k.data) })
	algorithm := on(func(m *Machine, k *key, a []reg) (reg, error) { return m.retStr(k.algorithm) })
	raw := on(func(m *Machine, k *key, a []reg) (reg, error) { return m.retStr("RAW") })
	made := func(f func(m *Machine, a []reg) (any, error)) model { return initial(f) }
	secret := table{"getEncoded()[B": encoded, "getAlgorithm()" + tS: algorithm, "getFormat()" + tS: raw}
	secretSpec := table{
		"getEncoded()[B": encoded, "getAlgorithm()" + tS: algorithm, "getFormat()" + tS: raw,
		"<init>([B" + tS + ")V": made(func(m *Machine, a []reg) (any, error) {
			b, err := m.bytes(a[1].o)
			return m.keySpec(b, a[2].o, err)
		}),
		"<init>([BII" + tS + ")V": made(func(m *Machine, a []reg) (any, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			return m.keySpec(toBytes(b), a[4].o, err)
		}),
	}
	return map[string]table{
		"Ljavax/crypto/SecretKey;": secret, "Ljava/security/Key;": secret, "Ljavax/crypto/spec/SecretKeySpec;": secretSpec,
		"Ljavax/crypto/spec/IvParameterSpec;": {
			"<init>([B)V": made(func(m *Machine, a []reg) (any, error) {
				b, err := m.bytes(a[1].o)
				return &parameters{iv: b, tag: 16}, err
			}),
			"<init>([BII)V": made(func(m *Machine, a []reg) (any, error) {
				b, err := m.slice(a[1].o, a[2].n, a[3].n)
				return &parameters{iv: toBytes(b), tag: 16}, err
			}),
			"getIV()[B": on(func(m *Machine, p *parameters, a []reg) (reg, error) { return m.retBytes(p.iv) }),
		},
		"Ljavax/crypto/spec/GCMParameterSpec;": {"<init>(I[B)V": made(func(m *Machine, a []reg) (any, error) {
			b, err := m.bytes(a[2].o)
			return &parameters{iv: b, tag: int(a[1].i32() / 8)}, err
		})},
		"Ljavax/crypto/spec/DESKeySpec;":    fixedKey("DES", 8),
		"Ljavax/crypto/spec/DESedeKeySpec;": fixedKey("DESede", 24),
		"Ljavax/crypto/spec/PBEKeySpec;": {
			"<init>([C[BII)V": made(func(m *Machine, a []reg) (any, error) { return m.passwordSpec(a, a[4].i32()) }),
			"<init>([C[BI)V":  made(func(m *Machine, a []reg) (any, error) { return m.passwordSpec(a, 0) }),
			"<init>([C)V": made(func(m *Machine, a []reg) (any, error) {
				c, err := state[[]uint16](m, a[1].o)
				return &key{data: utf8Set.encode(slices.Clone(text(c)))}, err
			}),
			"clearPassword()V": nothing,
		},
		"Ljavax/crypto/SecretKeyFactory;": {
			"getInstance(" + tS + ")Ljavax/crypto/SecretKeyFactory;": func(m *Machine, a []reg) (reg, error) {
				name, err := m.algorithm(a[0].o)
				return then(err, func() (reg, error) { return m.retNew("javax/crypto/SecretKeyFactory", keyFactory(name)) })
			},
			"generateSecret(" + tKS + ")" + tSK: on(generateSecret),
		},
	}
}

func (m *Machine) keySpec(b []byte, name *object, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	t, err := m.text(name)
	if err == nil && len(b) == 0 {
		err = m.illegal("Empty key")
	}
	return &key{algorithm: t.String(), data: b}, err
}

// fixedKey is a specification that takes the first n bytes of a key.
func fixedKey(name string, n int) table {
	take := func(m *Machine, a []reg, off int64) (any, error) {
		b, err := m.bytes(a[1].o)
		if err != nil {
			return nil, err
		}
		if off < 0 || int64(len(b))-off < int64(n) {
			return nil, m.throw("java/security/InvalidKeyException", "Wrong key size")
		}
		return &key{algorithm: name, data: b[off : int(off)+n]}, nil
	}
	return table{
		"<init>([B)V":  initial(func(m *Machine, a []reg) (any, error) { return take(m, a, 0) }),
		"<init>([BI)V": initial(func(m *Machine, a []reg) (any, error) { return take(m, a, a[2].n) }),
		"getKey()[B":   on(func(m *Machine, k *key, a []reg) (reg, error) { return m.retBytes(k.data) }),
	}
}

func (m *Machine) passwordSpec(a []reg, bits int32) (any, error) {
	c, err := state[[]uint16](m, a[1].o)
	if err != nil {
		return nil, err
	}
	salt, err := m.bytes(a[2].o)
	if err != nil {
		return nil, err
	}
	if len(salt) == 0 || a[3].i32() <= 0 || bits < 0 {
		return nil, m.illegal("password-based key")
	}
	return &key{data: utf8Set.encode(slices.Clone(text(c))), salt: salt, rounds: int(a[3].i32()), bits: int(bits)}, nil
}

// generateSecret makes keys of DES and triple DES specifications, and PBKDF2 ones. A round of PBKDF2 is charged 16
// steps, which bounds the rounds.
func generateSecret(m *Machine, f keyFactory, a []reg) (reg, error) {
	k, err := state[*key](m, a[1].o)
	if err != nil {
		return reg{}, err
	}
	switch name := string(f); {
	case name == "DES" && k.algorithm == "DES", (name == "DESEDE" || name == "TRIPLEDES") && k.algorithm == "DESede":
		data := slices.Clone(k.data)
		for i, b := range data { // the lowest bit of a DES key's byte makes its parity odd
			ones := b >> 1
			ones ^= ones >> 4
			ones ^= ones >> 2
			ones ^= ones >> 1
			data[i] = b&^1 | ^ones&1
		}
		return m.retNew("javax/crypto/spec/SecretKeySpec", &key{algorithm: k.algorithm, data: data})
	case strings.HasPrefix(name, "PBKDF2WITHHMACSHA") && k.salt != nil && k.bits >= 8 && k.bits <= 4096:
		make, size := map[string]func() hash.Hash{"1": sha1.New, "256": sha256.New}[strings.TrimPrefix(name, "PBKDF2WITHHMACSHA")], 20
		if make == nil {
			return reg{}, m.noAlgorithm(name)
		}
		if err := m.work(16 * int64(k.rounds) * int64((k.bits/8+size-1)/size)); err != nil {
			return reg{}, err
		}
		data, kerr := pbkdf2.Key(make, string(k.data), k.salt, k.rounds, k.bits/8)
		if kerr != nil {
			return reg{}, stop(Unmodelled, "PBKDF2: %v", kerr)
		}
		return m.retNew("javax/crypto/spec/SecretKeySpec", &key{algorithm: name, data: data})
	}
	return reg{}, stop(Unmodelled, "SecretKeyFactory %s", string(f))
}
