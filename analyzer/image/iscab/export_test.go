package iscab

import "testing"

// Pack writes a cabinet of version 12 with one deflated file, in two volumes.
func Pack(t testing.TB, name string, data []byte) (hdr []byte, volumes [][]byte) {
	return pack(t, version12, 128, 512+len(data)/2, entry{name: name, data: data, flags: 4})
}

// Program is a Windows program of one section that does nothing.
func Program() []byte {
	b := make([]byte, 1024)
	copy(b, "MZ")
	le.PutUint32(b[60:], 64)
	copy(b[64:], "PE\x00\x00\x4c\x01\x01\x00")
	le.PutUint16(b[64+20:], 224)
	le.PutUint32(b[312+16:], 512)
	le.PutUint32(b[312+20:], 512)
	return b
}
