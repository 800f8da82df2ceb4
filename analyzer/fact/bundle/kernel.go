package bundle

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

const kernelMagic = "\x90\xab\xcd\xef"

// isKernel recognises Dart's intermediate form, which debug builds of Flutter run (pkg/kernel/binary.md).
func isKernel(head []byte) bool {
	return len(head) >= 18 && bytes.HasPrefix(head, []byte(kernelMagic)) && binary.BigEndian.Uint32(head[4:]) < 1000
}

// maxComponents bounds the components of one file: the platform's, the app's and few more.
const maxComponents = 64

// kernel reads the string tables of all components. They lie one behind the other, and the last bytes of each are its
// index and its size: the file is read from its end.
func kernel(data []byte) (about, []entry, error) {
	what := about{kind: "flutter-kernel", version: strconv.Itoa(int(binary.BigEndian.Uint32(data[4:])))}
	if sdk := data[8:18]; isWord(sdk) {
		what.detail = "sdk " + string(sdk)
	}
	out := newList(len(data))
	end := len(data)
	for range maxComponents {
		if end == 0 {
			return what, out.entries, out.err()
		}
		if end < 4 {
			break
		}
		size := int(binary.BigEndian.Uint32(data[end-4:]))
		if size < 26 || size > end || !isKernel(data[end-size:end]) {
			break
		}
		c := component{data: data[end-size : end], at: end - size}
		if !c.strings(out) {
			break
		}
		end -= size
	}
	return what, out.entries, malformed(end, "no component of Dart kernel ends here")
}

// component is one part of a file of Dart kernel.
type component struct {
	data []byte
	at   int // in the file
}

// word returns the 32-bit number at off.
func (c *component) word(off int) int {
	if off < 0 || off > len(c.data)-4 {
		return -1
	}
	return int(binary.BigEndian.Uint32(c.data[off:]))
}

// strings reads the string table. What stands in the index between its offset and the list of libraries depends on the
// version; the table of constants, whose offset is next, begins where the strings end.
func (c *component) strings(out *list) bool {
	n := len(c.data)
	libraries := c.word(n - 8)
	if libraries < 0 || libraries > n/4 {
		return false
	}
	index := n - 8 - 4*(libraries+1)
	const nearest, farthest = 3, 8
	for k := nearest; k <= farthest; k++ {
		from, to := c.word(index-4*k), c.word(index-4*(k-1))
		if from <= 0 || to <= from || to > n {
			continue
		}
		if ends, text := c.table(from, to); ends != nil {
			last := 0
			for _, e := range ends {
				if !out.add(c.at+text+last, e-last, func() string { return clean(c.data[text+last : text+e]) }) {
					break
				}
				last = e
			}
			return true
		}
	}
	return false
}

// table reads the ends of the strings; the last one has to be where the table ends.
func (c *component) table(from, to int) (ends []int, text int) {
	r := &chunk{data: c.data[:to], at: from}
	count := r.kernelUint()
	if r.bad || count == 0 || count > to-r.at {
		return nil, 0
	}
	last := 0
	for range count {
		e := r.kernelUint()
		if r.bad || e < last {
			return nil, 0
		}
		ends = append(ends, e)
		last = e
	}
	if r.at+last != to {
		return nil, 0
	}
	return ends, r.at
}

// kernelUint reads a number of one, two or four bytes, the most significant first; its two top bits tell which.
func (c *chunk) kernelUint() int {
	b := c.byte()
	switch {
	case b&0x80 == 0:
		return b
	case b&0x40 == 0:
		return b&0x3f<<8 | c.byte()
	}
	v := b & 0x3f
	for range 3 {
		v = v<<8 | c.byte()
	}
	return v
}
