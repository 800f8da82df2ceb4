package bundle

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"romscan/analyzer/image"
)

const luaMagic = "\x1bLua"

func isLua(head []byte) bool {
	return len(head) >= 12 && bytes.HasPrefix(head, []byte(luaMagic)) && head[4] >= 0x51 && head[4] <= 0x54
}

// maxDepth bounds functions in functions; Lua's own parser allows 200.
const maxDepth = 250

// chunk is compiled Lua while it is read. The layout of a function differs between versions 5.1 to 5.4 (lundump.c of
// each), sizes of numbers are in the header.
type chunk struct {
	data    []byte
	at      int
	bad     bool
	version byte
	order   binary.ByteOrder
	// sizes in bytes
	integer, size, instruction, luaInteger, luaNumber int
	out                                               *list
}

// lua reads the string constants of all functions.
func lua(data []byte) (about, []entry, error) {
	c := &chunk{data: data, at: 5, version: data[4], order: binary.LittleEndian, out: newList(len(data))}
	what := about{kind: "lua", version: fmt.Sprintf("5.%d", c.version&15)}
	if !c.header() {
		return what, nil, image.Errorf(image.Unsupported, 5, "Lua %s with a header of its own", what.version)
	}
	c.function(0)
	if c.bad {
		return what, c.out.entries, malformed(c.at, "compiled Lua %s breaks off", what.version)
	}
	return what, c.out.entries, c.out.err()
}

// header reads the sizes; format 0 is the official one.
func (c *chunk) header() bool {
	format := c.byte()
	switch c.version {
	case 0x51, 0x52:
		if c.byte() == 0 {
			c.order = binary.BigEndian
		}
		c.integer, c.size, c.instruction, c.luaNumber = c.byte(), c.byte(), c.byte(), c.byte()
		c.byte() // numbers are integers
		if c.version == 0x52 {
			c.skip(6) // what text mode would spoil
		}
	case 0x53:
		c.skip(6)
		c.integer, c.size, c.instruction, c.luaInteger, c.luaNumber = c.byte(), c.byte(), c.byte(), c.byte(), c.byte()
		c.skip(c.luaInteger + c.luaNumber)
		c.skip(1) // upvalues of the main function
	case 0x54:
		c.skip(6)
		c.instruction, c.luaInteger, c.luaNumber = c.byte(), c.byte(), c.byte()
		c.skip(c.luaInteger + c.luaNumber)
		c.skip(1)
	}
	fits := func(n int) bool { return n == 4 || n == 8 }
	old := c.version < 0x54
	return format == 0 && !c.bad && c.instruction == 4 && fits(c.luaNumber) && (!old || fits(c.integer) && fits(c.size)) && (c.version < 0x53 || fits(c.luaInteger))
}

// function reads one function and those inside it.
func (c *chunk) function(depth int) {
	if depth > maxDepth {
		c.bad = true
	}
	if c.bad || c.out.shut {
		return
	}
	if c.version != 0x52 {
		c.string(nil) // name of the source
	}
	c.number() // first line
	c.number() // last line
	c.skip(3)  // parameters, variable ones, registers
	if c.version == 0x51 {
		c.skip(1) // upvalues
	}
	c.skipMany(c.number(), c.instruction)
	c.constants()
	if c.version > 0x52 {
		c.upvalues()
	}
	for n := c.count(1); n > 0 && !c.bad && !c.out.shut; n-- {
		c.function(depth + 1)
	}
	if c.version == 0x52 {
		c.upvalues()
		c.string(nil)
	}
	c.debug()
}

// constants reads the constants; the types differ a little.
func (c *chunk) constants() {
	for n := c.count(1); n > 0 && !c.bad; n-- {
		switch t := c.byte(); {
		case t == 0x04 || t == 0x14 && c.version >= 0x53:
			c.string(c.out)
		case t == 0x00, t == 0x01 && c.version == 0x54, t == 0x11 && c.version == 0x54:
		case t == 0x01:
			c.skip(1)
		case t == 0x03 && c.version < 0x54, t == 0x13 && c.version == 0x54:
			c.skip(c.luaNumber)
		case t == 0x13 && c.version == 0x53, t == 0x03:
			c.skip(c.luaInteger)
		default:
			c.bad = true
		}
	}
}

func (c *chunk) upvalues() {
	each := 2
	if c.version == 0x54 {
		each = 3
	}
	c.skipMany(c.number(), each)
}

// debug skips lines and the names of variables.
func (c *chunk) debug() {
	if c.version == 0x54 {
		c.skipMany(c.number(), 1)
		for n := c.count(2); n > 0 && !c.bad; n-- {
			c.number()
			c.number()
		}
	} else {
		c.skipMany(c.number(), c.integer)
	}
	for n := c.count(3); n > 0 && !c.bad; n-- {
		c.string(nil)
		c.number()
		c.number()
	}
	for n := c.count(1); n > 0 && !c.bad; n-- {
		c.string(nil)
	}
}
