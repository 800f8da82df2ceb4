package image

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Keys are the keys for encrypted containers that the user supplies. None are shipped.
//
// A key file is text: one key a line, first the scheme as `romscan list formats` names it, then the key's fields,
// separated by blanks; "#" begins a comment. What the fields are is the scheme's to say: mostly hex digits, as the
// public tools for the scheme list them.
//
//	ozip    0123456789abcdef0123456789abcdef
//	ofp-qc  <32 hex digits> <32 hex digits> <32 hex digits>
type Keys struct {
	list []Key
}

// Key is one line of a key file.
type Key struct {
	Scheme string
	Fields []string
	Line   int
}

// maxKeyFile bounds a key file and each of its lines, in bytes.
const maxKeyFile = 16 << 20

// ParseKeys reads a key file. Errors name the line.
func ParseKeys(r io.Reader) (*Keys, error) {
	k := &Keys{}
	in := bufio.NewScanner(io.LimitReader(r, maxKeyFile))
	in.Buffer(nil, maxKeyFile)
	for line := 1; in.Scan(); line++ {
		text, _, _ := strings.Cut(in.Text(), "#")
		f := strings.Fields(text)
		switch len(f) {
		case 0:
			continue
		case 1:
			return nil, fmt.Errorf("line %d: scheme %q without a key", line, f[0])
		}
		k.list = append(k.list, Key{Scheme: strings.ToLower(f[0]), Fields: f[1:], Line: line})
	}
	return k, in.Err()
}

// Of returns the keys of a scheme, in the order of the file. It may be called on nil.
func (k *Keys) Of(scheme string) []Key {
	if k == nil {
		return nil
	}
	var out []Key
	for _, x := range k.list {
		if x.Scheme == scheme {
			out = append(out, x)
		}
	}
	return out
}

// Hex returns field i as bytes, which must be size bytes; size 0 means any.
func (k Key) Hex(i, size int) ([]byte, error) {
	if i >= len(k.Fields) {
		return nil, fmt.Errorf("keys, line %d: %s needs field %d", k.Line, k.Scheme, i+1)
	}
	b, err := hex.DecodeString(k.Fields[i])
	if err != nil || size > 0 && len(b) != size {
		return nil, fmt.Errorf("keys, line %d: field %d of %s is not %d bytes in hex", k.Line, i+1, k.Scheme, size)
	}
	return b, nil
}
