package f2fs

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// span is a stretch of a file's blocks whose addresses lie in one node, from the block that was asked for on; with
// raw nil it is a hole.
type span struct {
	count int64  // blocks
	raw   []byte // their addresses
}

// at returns the address of the k-th block.
func (s span) at(k int64) uint32 {
	if s.raw == nil {
		return nullAddress
	}
	return binary.LittleEndian.Uint32(s.raw[4*k:])
}

// span finds the addresses of a file's blocks from the n-th on: first those in the inode, then those in two direct
// nodes, two indirect ones and one double indirect. With an error the span says how many blocks cannot be had.
func (c *content) span(n int64) (span, error) {
	i, v := c.inode, c.v
	if n < c.own {
		from := addressOffset + i.extra
		return span{c.own - n, i.raw[from+4*n : from+4*c.own]}, nil
	}
	n -= c.own
	ids := i.raw[v.blockSize-footerSize-4*nodeIDs:]
	// What one node identifier reaches, by its depth: blocks of a direct node, of an indirect, of a double indirect.
	perNode := (v.blockSize - footerSize) / 4
	reach := [...]int64{c.perNode, c.perNode * perNode, c.perNode * perNode * perNode}
	for k, depth := range [nodeIDs]int{0, 0, 1, 1, 2} {
		if n >= reach[depth] {
			n -= reach[depth]
			continue
		}
		nid := binary.LittleEndian.Uint32(ids[4*k:])
		for ; ; depth-- {
			if nid == 0 {
				return span{count: reach[depth] - n}, nil
			}
			raw, _, err := v.node(nid, i.nid)
			if err != nil {
				return span{count: reach[depth] - n}, err
			}
			if depth == 0 {
				return span{c.perNode - n, raw[4*n : 4*c.perNode]}, nil
			}
			nid = binary.LittleEndian.Uint32(raw[n/reach[depth-1]*4:])
			n %= reach[depth-1]
		}
	}
	return span{}, image.Errorf(image.Malformed, i.offset, "inode %d has no block that far", i.nid)
}
