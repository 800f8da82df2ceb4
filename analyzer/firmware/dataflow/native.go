package dataflow

import (
	"slices"
	"strings"
)

// native is a call into a native library: what it is given may come back and may leave.
func (f *frame) native(m *Method, args []value, site uint32) value {
	a := f.a
	given := nothing
	for i, v := range args {
		if i > 0 || m.Static() {
			given = a.t.join(given, a.reach(f.s, v))
		}
	}
	if a.carries(given) {
		r := &methodRef{class: m.Class.Name, name: m.Name, proto: m.Proto, params: m.params, ret: m.ret}
		f.record(event{kind: evSink, call: nativeCall, ref: r, payload: given, conds: f.gates[f.block], site: site})
	}
	if m.ret == "V" {
		return nothing
	}
	return a.t.join(a.derive(given, nativeBits(m.Name)), a.t.of(node{kind: kApi, a: site, s: m.Ref()}))
}

// nativeBits is what a native method does to the data it is given, as far as its name says so: its code is not read, and
// to call plain what an "encrypt" returns would be wrong.
func nativeBits(name string) uint32 {
	name = strings.ToLower(name)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	switch {
	case has("decrypt", "decipher", "decode", "decompress"):
		return 0
	case has("encrypt", "encipher", "crypt", "cipher"):
		return asEncrypted
	case has("digest", "md5", "sha1", "sha256", "hmac"):
		return asHashed
	case has("encode", "base64"):
		return asEncoded
	}
	return 0
}

var nativeCall = &Call{Sink: "native"}
