package bundle

import (
	"bytes"
	"strconv"

	"romscan/analyzer/image"
)

func isLuaJIT(head []byte) bool {
	return len(head) >= 5 && bytes.HasPrefix(head, []byte("\x1bLJ")) && (head[3] == 1 || head[3] == 2)
}

// Flags of a dump (lj_bcdump.h).
const (
	jitBigEndian = 1
	jitStripped  = 2
)

// Types of constants; from kgcString on, a string of so many bytes more.
const (
	kgcTable   = 1
	kgcInt64   = 2
	kgcUint64  = 3
	kgcComplex = 4
	kgcString  = 5

	ktabInt    = 3
	ktabNumber = 4
	ktabString = 5
)

// luaJIT reads the string constants of a dump: prototypes with their length in front, the last one of length zero.
func luaJIT(data []byte) (about, []entry, error) {
	what := about{kind: "luajit", version: strconv.Itoa(int(data[3]))}
	c := &chunk{data: data, at: 4, out: newList(len(data))}
	flags := c.uleb()
	if flags&jitBigEndian != 0 {
		return what, nil, image.Errorf(image.Unsupported, 4, "LuaJIT dump of a big-endian machine")
	}
	if flags&jitStripped == 0 {
		c.skip(c.uleb())
	}
	for !c.bad && !c.out.shut {
		n := c.uleb()
		if n == 0 || c.bad {
			break
		}
		start := c.at
		c.skip(n)
		if c.bad {
			break
		}
		p := &chunk{data: data[:c.at], at: start, out: c.out}
		p.prototype(flags&jitStripped != 0)
		if p.bad {
			return what, c.out.entries, malformed(p.at, "LuaJIT prototype breaks off")
		}
	}
	if c.bad {
		return what, c.out.entries, malformed(c.at, "LuaJIT dump breaks off")
	}
	return what, c.out.entries, c.out.err()
}

// prototype reads the constants of one function.
func (c *chunk) prototype(stripped bool) {
	c.skip(3) // flags, parameters, frame size
	upvalues := c.byte()
	constants, _, code := c.uleb(), c.uleb(), c.uleb()
	if !stripped && c.uleb() > 0 {
		c.uleb() // first line
		c.uleb() // lines
	}
	c.skipMany(code, 4)
	c.skip(2 * upvalues)
	for ; constants > 0 && !c.bad && !c.out.shut; constants-- {
		switch t := c.uleb(); {
		case t >= kgcString:
			c.text(t - kgcString)
		case t == kgcTable:
			c.table()
		case t == kgcInt64, t == kgcUint64:
			c.ulebs(2)
		case t == kgcComplex:
			c.ulebs(4)
		}
	}
}

// table reads the items of a constant table: its array, then its pairs.
func (c *chunk) table() {
	array, pairs := c.uleb(), c.uleb()
	for n := array + 2*pairs; n > 0 && !c.bad && !c.out.shut; n-- {
		switch t := c.uleb(); {
		case t >= ktabString:
			c.text(t - ktabString)
		case t == ktabInt:
			c.ulebs(1)
		case t == ktabNumber:
			c.ulebs(2)
		}
	}
}

func (c *chunk) text(n int) {
	start := c.at
	if c.skip(n); !c.bad {
		c.out.add(start, n, func() string { return clean(c.data[start : start+n]) })
	}
}

func (c *chunk) ulebs(n int) {
	for range n {
		c.uleb()
	}
}

// uleb reads a number of at most five groups of seven bits, the least significant first.
func (c *chunk) uleb() int {
	v := 0
	for shift := 0; shift < 35; shift += 7 {
		b := c.byte()
		v |= b & 0x7f << shift
		if b&0x80 == 0 {
			return v
		}
	}
	c.bad = true
	return 0
}
