package avb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/bits"
	"runtime"
	"sync"

	"romscan/analyzer/image"
)

// zeroed starts a tree that the build left out to save space (avbtool zero_hashtree).
const zeroed = "ZeRoHaSH"

// batch is how many leaf blocks of the tree are computed at once, by all workers together.
const batch = 64

// VerifyHashtree reads the partition r that d is about, computes its dm-verity tree and compares the root with the
// root digest, and each block of the tree with the one stored in r; that tells the first block of data that
// differs. Where the image brings no tree, or it was zeroed, the root alone counts. An image that is shorter than d
// says, or cannot be read, is unverified. Memory does not grow with the image.
//
// Linux Documentation/admin-guide/device-mapper/verity.rst; the order of the levels is that of avbtool.
func VerifyHashtree(ctx context.Context, r io.ReaderAt, d *Hashtree) image.Check {
	c := image.Check{What: "hashtree", Outcome: image.Unverified, Whole: true, Bytes: d.ImageSize, Offset: -1}
	t, err := newTree(r, d)
	if err == nil {
		err = t.run(ctx)
	}
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	switch {
	case !bytes.Equal(t.root, d.RootDigest):
		c.Outcome, c.Offset = image.Mismatched, t.differs
		c.Detail = "root " + image.Differ(d.RootDigest, t.root)
		if t.differs >= 0 {
			c.Detail += fmt.Sprintf("; the first block that differs is at 0x%x", t.differs)
		}
	case t.differs >= 0:
		c.Outcome, c.Offset = image.Mismatched, t.treeDiffers
		c.Detail = "the content matches the root digest, the stored tree does not"
	default:
		c.Outcome = image.Matched
		if !t.stored {
			c.Detail = "the image has no tree; its content matches the root digest"
		}
	}
	return c
}

// tree is a Merkle tree being computed from the bottom up.
type tree struct {
	r       io.ReaderAt
	d       *Hashtree
	width   int     // of a digest in the tree: the next power of two
	perHash int64   // digests in a block of the tree
	blocks  int64   // of data
	offsets []int64 // of each level in r, from the leaves up; the top level is stored first
	stored  bool    // r has a tree to compare with

	levels      []level
	root        []byte
	differs     int64 // offset of the first data or tree block that differs, -1 for none
	treeDiffers int64 // offset of the block of the tree that told
}

// level is the block being filled on one level.
type level struct {
	block []byte
	used  int
	index int64 // of the block in its level
}

func newTree(r io.ReaderAt, d *Hashtree) (*tree, error) {
	h := newHash(d.Algorithm)
	switch {
	case h == nil:
		return nil, image.Errorf(image.Unsupported, -1, "hash algorithm %q", d.Algorithm)
	case d.Version != 1:
		return nil, image.Errorf(image.Unsupported, -1, "dm-verity of version %d", d.Version)
	case !blockSize(d.DataBlockSize) || !blockSize(d.HashBlockSize):
		return nil, image.Errorf(image.Unsupported, -1, "blocks of %d and %d bytes", d.DataBlockSize, d.HashBlockSize)
	case len(d.RootDigest) == 0:
		return nil, image.Errorf(image.Unsupported, -1, "the descriptor states no root digest")
	case d.ImageSize <= 0 || d.TreeOffset < 0:
		return nil, image.Errorf(image.Malformed, -1, "an image of %d bytes", d.ImageSize)
	}
	// The last byte first: an image that is cut takes no hour to tell.
	if n, err := r.ReadAt(make([]byte, 1), d.ImageSize-1); n < 1 {
		return nil, fmt.Errorf("an image of %d bytes does not end where it should: %w", d.ImageSize, err)
	}
	t := &tree{r: r, d: d, width: 1 << bits.Len(uint(h.Size()-1)), differs: -1, treeDiffers: -1}
	t.perHash = int64(int(d.HashBlockSize) / t.width)
	t.blocks = (d.ImageSize-1)/int64(d.DataBlockSize) + 1
	t.place()
	return t, nil
}

func blockSize(n uint32) bool { return n >= 512 && n <= 1<<18 && n&(n-1) == 0 }

// place finds the offset of every level and whether a tree of that size is stored.
func (t *tree) place() {
	var sizes []int64
	total := int64(0)
	for n := t.blocks; n > 1; {
		n = (n-1)/t.perHash + 1
		sizes = append(sizes, n*int64(t.d.HashBlockSize))
		total += sizes[len(sizes)-1]
	}
	at := t.d.TreeOffset
	t.offsets = make([]int64, len(sizes))
	for i := len(sizes) - 1; i >= 0; i-- {
		t.offsets[i] = at
		at += sizes[i]
	}
	t.levels = make([]level, len(sizes))
	for i := range t.levels {
		t.levels[i].block = make([]byte, t.d.HashBlockSize)
	}
	if total == 0 || t.d.TreeSize != total {
		return
	}
	head := make([]byte, t.d.HashBlockSize)
	n, _ := t.r.ReadAt(head, t.d.TreeOffset)
	t.stored = n == len(head) && !bytes.HasPrefix(head, []byte(zeroed)) && len(bytes.TrimLeft(head, "\x00")) > 0
}

// run computes the tree. Data is hashed by all processors, a batch of leaf blocks at a time; the digests are then
// taken in order.
func (t *tree) run(ctx context.Context) error {
	leaves := (t.blocks-1)/t.perHash + 1
	out := make([][]byte, min(batch, leaves))
	for i := range out {
		out[i] = make([]byte, t.d.HashBlockSize)
	}
	for first := int64(0); first < leaves; first += batch {
		n := int(min(batch, leaves-first))
		if err := t.hashLeaves(ctx, first, out[:n]); err != nil {
			return err
		}
		for i := range n {
			t.addLeaf(first+int64(i), out[i])
		}
	}
	t.finish()
	return nil
}

// hashLeaves fills out with the leaf blocks from first on. Of several errors the one nearest to the start counts.
func (t *tree) hashLeaves(ctx context.Context, first int64, out [][]byte) error {
	errs := make([]error, len(out))
	next := make(chan int, len(out))
	for i := range out {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(out)) {
		wg.Go(func() {
			h := newHash(t.d.Algorithm)
			buf := make([]byte, max(t.d.DataBlockSize, 512<<10))
			for i := range next {
				errs[i] = t.hashLeaf(ctx, leafHasher{h: h, buf: buf}, first+int64(i), out[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
