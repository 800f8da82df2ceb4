package lzma

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"hash/crc64"

	"romscan/analyzer/image"
)

// crc64Table is read only.
var crc64Table = crc64.MakeTable(crc64.ECMA)

// check is the integrity check of a stream's blocks (3.4).
type check struct {
	name string
	size int // bytes
	sum  hash.Hash
	// little says that the sum is stored with its lowest byte first.
	little bool
}

// newCheck returns the check that stream flags (2.1.1.2) name.
func newCheck(flags []byte, at int64) (check, error) {
	if flags[0] != 0 || flags[1] > 0x0F {
		return check{}, image.Errorf(image.Unsupported, at, "stream flags 0x%02x%02x of xz", flags[0], flags[1])
	}
	switch flags[1] {
	case 0:
		return check{}, nil
	case 1:
		return check{"CRC32", 4, crc32.NewIEEE(), true}, nil
	case 4:
		return check{"CRC64", 8, crc64.New(crc64Table), true}, nil
	case 10:
		return check{"SHA-256", sha256.Size, sha256.New(), false}, nil
	}
	return check{}, image.Errorf(image.Unsupported, at, "check %d of xz", flags[1])
}

func (c *check) Write(b []byte) {
	if c.sum != nil {
		c.sum.Write(b)
	}
}

// equal compares what was written with the sum stated, and starts anew.
func (c *check) equal(stated []byte) bool {
	if c.sum == nil {
		return true
	}
	got := c.sum.Sum(nil)
	c.sum.Reset()
	if c.little {
		for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
			got[i], got[j] = got[j], got[i]
		}
	}
	return bytes.Equal(got, stated)
}
