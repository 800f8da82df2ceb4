package dataflow

import "testing"

func TestNativeBits(t *testing.T) {
	for name, want := range map[string]uint32{
		"encrypt": asEncrypted, "nativeEncryptBytes": asEncrypted, "doCipher": asEncrypted, "AesCrypt": asEncrypted,
		"decrypt": 0, "getMD5": asHashed, "hmac": asHashed, "encode": asEncoded, "decodeFrame": 0, "smsNeedBlock": 0, "": 0,
	} {
		if got := nativeBits(name); got != want {
			t.Errorf("%s: %v, want %v", name, transforms(got), transforms(want))
		}
	}
}
