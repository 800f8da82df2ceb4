package f2fs

import (
	"context"
	"errors"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: both superblocks, both checkpoints, every inode and, where the inode says that
// they have checksums, every compressed cluster.
func (f *FS) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, c := range readSupers(f.v.r, f.v.size) {
		if (c.crc || !c.found) && !yield(check("", "superblock crc32", superCRC, c.at, c.err)) {
			return
		}
	}
	for _, p := range f.v.packs() {
		if !yield(check("", "checkpoint crc32", 2*f.v.blockSize, p.start<<f.v.blockBits, p.err)) {
			return
		}
	}
	for _, n := range f.files {
		if ctx.Err() != nil {
			return
		}
		i, err := f.v.inode(n.nid)
		if err != nil {
			if !yield(check(n.name, "inode crc32", 0, -1, err)) {
				return
			}
			continue
		}
		if stated, err := f.v.checkCRC(i); stated && !yield(check(n.name, "inode crc32", f.v.blockSize, i.offset, err)) {
			return
		}
		if i.compressed && i.clusterCRC && i.inline&inlineData == 0 && !f.verifyClusters(ctx, n.name, i, yield) {
			return
		}
	}
}

// verifyClusters compares all clusters of a file and reports them as one; the first that differs is told.
func (f *FS) verifyClusters(ctx context.Context, name string, i *inode, yield func(image.Check) bool) bool {
	c := f.v.content(i)
	var bytes, seen int64
	var bad error
	length := int64(1) << i.clusterBits
	for n, end := int64(0), (i.size-1)>>f.v.blockBits; n <= end && bad == nil; {
		if ctx.Err() != nil {
			return false
		}
		s, err := c.span(n)
		if err != nil {
			bad = err
			break
		}
		step := length
		if s.raw == nil {
			step = s.count
		} else if seen += length; seen > f.v.blocks<<i.clusterBits {
			bad = image.Errorf(image.Malformed, i.offset, "inode %d has more clusters than there are blocks", i.nid)
		} else if s.at(0) == compressAddress {
			var k int64
			k, bad = c.checkCluster(s)
			bytes += k
		}
		n += step
	}
	if bytes == 0 && bad == nil {
		return true
	}
	return yield(check(name, "cluster crc32", bytes, i.offset, bad))
}

// check makes a Check of what comparing gave.
func check(name, what string, bytes, at int64, err error) image.Check {
	c := image.Check{Name: name, What: what, Outcome: image.Matched, Bytes: bytes, Offset: at}
	if err == nil {
		return c
	}
	c.Outcome, c.Detail = image.Unverified, err.Error()
	var e *image.Error
	if errors.As(err, &e) {
		c.Detail = e.Detail
		if e.Offset >= 0 {
			c.Offset = e.Offset
		}
		if e.Reason == image.Malformed {
			c.Outcome = image.Mismatched
		}
	}
	return c
}
