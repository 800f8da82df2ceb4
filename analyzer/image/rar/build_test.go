package rar

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"unicode/utf16"
)

// member is a file of an archive made here: stored, because RAR's packers are not free.
type member struct {
	name, data string
	password   string // of RAR 4
	size       int    // stated, where not 0
	from, to   bool   // goes on from the volume before, or in the next
}

func vint(v uint64) []byte { return binary.AppendUvarint(nil, v) }

// block5 is a block of RAR 5: its CRC32, its size and its fields.
func block5(fields ...[]byte) []byte {
	body := slices.Concat(fields...)
	body = append(vint(uint64(len(body))), body...)
	return append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)), body...)
}

// rar5 makes a volume of RAR 5: -1 for an archive that is one file.
func rar5(volume int, last bool, members ...member) []byte {
	out := []byte("Rar!\x1A\x07\x01\x00")
	switch {
	case volume > 0:
		out = append(out, block5(vint(1), vint(0), vint(3), vint(uint64(volume)))...)
	case volume == 0:
		out = append(out, block5(vint(1), vint(0), vint(1))...)
	default:
		out = append(out, block5(vint(1), vint(0), vint(0))...)
	}
	for _, m := range members {
		flags, size := uint64(2), m.size
		if m.from {
			flags |= 8
		}
		if m.to {
			flags |= 0x10
		}
		if size == 0 {
			size = len(m.data)
		}
		sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(m.data)))
		out = append(out, block5(vint(2), vint(flags), vint(uint64(len(m.data))), vint(4), vint(uint64(size)), vint(0o100644), sum, vint(0), vint(1),
			vint(uint64(len(m.name))), []byte(m.name))...)
		out = append(out, m.data...)
	}
	end := uint64(0)
	if !last {
		end = 1
	}
	return append(out, block5(vint(5), vint(0), vint(end))...)
}

// block4 is a header of RAR 4: sixteen bits of its CRC32, and its fields.
func block4(kind byte, flags uint16, more ...[]byte) []byte {
	body := slices.Concat(more...)
	h := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16([]byte{kind}, flags), uint16(7+len(body)))
	h = append(h, body...)
	return append(binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(h))), h...)
}

// key4 makes key and first value of RAR 4's AES-128.
func key4(password string, salt []byte) (key, iv []byte) {
	var text []byte
	for _, u := range utf16.Encode([]rune(password)) {
		text = binary.LittleEndian.AppendUint16(text, u)
	}
	text = append(text, salt...)
	h := sha1.New()
	for i := range 1 << 18 {
		h.Write(append(text[:len(text):len(text)], byte(i), byte(i>>8), byte(i>>16)))
		if i&(1<<14-1) == 0 {
			iv = append(iv, h.Sum(nil)[19])
		}
	}
	sum := h.Sum(nil)
	for i := 0; i < 16; i += 4 {
		key = append(key, sum[i+3], sum[i+2], sum[i+1], sum[i])
	}
	return key, iv
}

// rar4 makes an archive of RAR 4.
func rar4(members ...member) []byte {
	out := append([]byte("Rar!\x1A\x07\x00"), block4(0x73, 0, make([]byte, 6))...)
	for _, m := range members {
		data, flags, salt := []byte(m.data), uint16(0x8000), []byte(nil)
		if m.password != "" {
			flags, salt = flags|0x404, []byte("saltsalt")
			key, iv := key4(m.password, salt)
			data = append(data, make([]byte, -len(data)&15)...)
			block, _ := aes.NewCipher(key)
			cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
		}
		le := binary.LittleEndian
		head := le.AppendUint32(le.AppendUint32(nil, uint32(len(data))), uint32(len(m.data)))
		head = append(head, 3)
		head = le.AppendUint32(le.AppendUint32(head, crc32.ChecksumIEEE([]byte(m.data))), 0)
		head = le.AppendUint16(append(head, 29, 0x30), uint16(len(m.name)))
		head = append(le.AppendUint32(head, 0o100644), m.name...)
		out = append(append(out, block4(0x74, flags, head, salt)...), data...)
	}
	return append(out, block4(0x7B, 0x4000)...)
}
