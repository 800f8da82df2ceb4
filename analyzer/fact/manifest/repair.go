package manifest

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin/reschunk"
)

// The tricks of binary XML: what Android's reader (ResXMLTree in AOSP libs/androidfw/ResourceTypes.cpp) passes over
// and others stumble on.
const (
	trickType      = "axml-type"      // the file does not say that it is binary XML
	trickSize      = "axml-size"      // a size that does not fit the bytes
	trickChunk     = "axml-chunk"     // chunks of unknown type among the nodes
	trickStrings   = "axml-strings"   // more strings claimed than there can be, or strings that share bytes
	trickAttribute = "axml-attribute" // attributes of an unusual size or start, or fewer than claimed
	trickNode      = "axml-node"      // a node too short for what it is
)

// Sizes of ResourceTypes.h: ResXMLTree_node, ResXMLTree_attrExt, ResXMLTree_attribute.
const (
	nodeHeader = 16
	attrExt    = 20
	attrSize   = 20
	noString   = 0xffffffff
)

// Limits on what a repaired file may hold; the largest honest manifests have some ten thousand strings.
const (
	maxStrings     = 1 << 18
	maxStringBytes = 64 << 20
)

// repaired is a binary XML file written anew from what Android would read of a hostile one.
type repaired struct {
	tricks []string
	pool   *reschunk.Pool
	ids    []byte
	nodes  []byte
	count  uint32 // strings in pool
}

var le = binary.LittleEndian

// inspect reads data chunk by chunk as Android does. The tricks found say whether a strict reader can be trusted
// with data as it is.
func inspect(data []byte) (*repaired, error) {
	if len(data) < reschunk.HeaderSize {
		return nil, image.Errorf(image.Truncated, 0, "binary XML of %d bytes", len(data))
	}
	r, whole := &repaired{}, data
	typ, header, size := le.Uint16(data), int(le.Uint16(data[2:])), int64(le.Uint32(data[4:]))
	if typ != reschunk.XML {
		r.trick(trickType)
	}
	if size > int64(len(data)) || size < int64(header) {
		r.trick(trickSize)
	} else {
		data = data[:size]
	}
	if header != reschunk.HeaderSize {
		r.trick(trickSize)
		if header < reschunk.HeaderSize || header > len(data) {
			header = reschunk.HeaderSize
		}
	}
	r.walk(data, header)
	if r.pool == nil && len(whole) > len(data) {
		// A total that leaves no room for anything: what lies behind it is the only reading there is.
		r.trick(trickSize)
		r.walk(whole, header)
	}
	if r.pool == nil {
		return r, image.Errorf(image.Malformed, int64(header), "binary XML without a string pool")
	}
	return r, nil
}

// walk takes the chunks from at on.
func (r *repaired) walk(data []byte, at int) {
	for at+reschunk.HeaderSize <= len(data) {
		c, ok := reschunk.Read(data, at)
		if !ok {
			r.trick(trickSize)
			break
		}
		if c.Lies() {
			r.trick(trickSize)
		}
		r.chunk(c)
		at += len(c.Data)
	}
}

func (r *repaired) trick(t string) {
	for _, have := range r.tricks {
		if have == t {
			return
		}
	}
	r.tricks = append(r.tricks, t)
}

func (r *repaired) chunk(c reschunk.Chunk) {
	switch {
	case c.Type == reschunk.StringPool && r.pool == nil:
		pool, err := reschunk.ReadPool(c)
		if err != nil {
			r.trick(trickStrings)
			return
		}
		r.pool, r.count = pool, uint32(min(pool.Len(), maxStrings))
		if pool.Claimed != int64(pool.Len()) || pool.Shared() {
			r.trick(trickStrings)
		}
		if c.Header != 28 {
			r.trick(trickSize)
		}
	case c.Type == reschunk.ResourceMap && r.ids == nil:
		r.ids = c.Data[c.Header : c.Header+(len(c.Data)-c.Header)&^3]
		if (len(c.Data)-c.Header)%4 != 0 || c.Header != reschunk.HeaderSize {
			r.trick(trickSize)
		}
	case c.Type >= reschunk.StartNS && c.Type <= reschunk.CData:
		r.node(c)
	default:
		r.trick(trickChunk)
	}
}

// node writes a node anew, with a header of the usual size and indexes that exist.
func (r *repaired) node(c reschunk.Chunk) {
	if len(c.Data) < nodeHeader {
		r.trick(trickNode)
		return
	}
	if c.Header != nodeHeader {
		r.trick(trickSize)
	}
	body := c.Data[max(c.Header, nodeHeader):]
	var out []byte
	switch c.Type {
	case reschunk.StartNS, reschunk.EndNS, reschunk.EndTag:
		if len(body) < 8 {
			// Android pops the element whatever the node says; names are not needed for it.
			r.trick(trickNode)
			body = le.AppendUint64(nil, 1<<64-1)
		}
		out = le.AppendUint32(r.index(out, body), r.known(le.Uint32(body[4:])))
	case reschunk.CData:
		if len(body) < 4 {
			r.trick(trickNode)
			return
		}
		out = append(r.index(out, body), 8, 0, 0, 0, 0, 0, 0, 0)
	case reschunk.StartTag:
		out = r.startTag(body)
		if out == nil {
			r.trick(trickNode)
			return
		}
	}
	r.nodes = le.AppendUint16(r.nodes, c.Type)
	r.nodes = le.AppendUint16(r.nodes, nodeHeader)
	r.nodes = le.AppendUint32(r.nodes, uint32(nodeHeader+len(out)))
	r.nodes = append(r.nodes, c.Data[8:nodeHeader]...)
	r.nodes = append(r.nodes, out...)
}

func (r *repaired) index(out, body []byte) []byte {
	return le.AppendUint32(out, r.known(le.Uint32(body)))
}

// known maps an index outside the string pool to none.
func (r *repaired) known(i uint32) uint32 {
	if i >= r.count {
		return noString
	}
	return i
}
