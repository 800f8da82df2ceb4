package bundle

// byte, skip, number, count and string read the parts that all versions of compiled Lua are made of; after the end of the
// data they return zero and set bad.

func (c *chunk) byte() int {
	if c.at >= len(c.data) {
		c.bad = true
		return 0
	}
	c.at++
	return int(c.data[c.at-1])
}

func (c *chunk) skip(n int) {
	if n < 0 || n > len(c.data)-c.at {
		c.bad = true
		c.at = len(c.data)
		return
	}
	c.at += n
}

func (c *chunk) skipMany(n, each int) {
	if each <= 0 || n > (len(c.data)-c.at)/each {
		c.bad = true
		return
	}
	c.skip(n * each)
}

// fixed reads an unsigned number of n bytes.
func (c *chunk) fixed(n int) int {
	if n > len(c.data)-c.at {
		c.bad = true
		return 0
	}
	b := c.data[c.at:]
	c.at += n
	v := uint64(0)
	switch n {
	case 4:
		v = uint64(c.order.Uint32(b))
	case 8:
		v = c.order.Uint64(b)
	}
	if v > 1<<40 {
		c.bad = true
		return 0
	}
	return int(v)
}

// varint reads a number in groups of seven bits, the most significant first; the last has its top bit set (5.4).
func (c *chunk) varint() int {
	v := 0
	for range 8 {
		b := c.byte()
		v = v<<7 | b&0x7f
		if b&0x80 != 0 || c.bad {
			return v
		}
	}
	c.bad = true
	return 0
}

// number reads an int.
func (c *chunk) number() int {
	if c.version == 0x54 {
		return c.varint()
	}
	return c.fixed(c.integer)
}

// count reads how many items of at least so many bytes follow.
func (c *chunk) count(each int) int {
	n := c.number()
	if n > (len(c.data)-c.at)/each {
		c.bad = true
		return 0
	}
	return n
}

// string reads a string into out, or passes over it. Its length counts a final zero, which is there up to 5.2.
func (c *chunk) string(out *list) {
	n := 0
	switch {
	case c.version < 0x53:
		n = c.fixed(c.size)
	case c.version == 0x53:
		if n = c.byte(); n == 0xff {
			n = c.fixed(c.size)
		}
	default:
		n = c.varint()
	}
	if n == 0 || c.bad {
		return
	}
	start, length := c.at, n-1
	if c.version < 0x53 {
		c.skip(n)
	} else {
		c.skip(length)
	}
	if c.bad || out == nil {
		return
	}
	out.add(start, length, func() string { return clean(c.data[start : start+length]) })
}
