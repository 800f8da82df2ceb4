package payload

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: it reads every partition and compares it with the sha256 that the manifest
// states for it. The payload's own signature is not compared: the keys it is made with lie on the device.
func (p *Payload) Verify(ctx context.Context, yield func(image.Check) bool) {
	entries, err := fs.ReadDir(p, ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		part := p.partitions[e.Name()]
		if part == nil {
			continue
		}
		if part.old.r != nil && part.before.hasHash && (ctx.Err() != nil || !yield(part.verifyBase(ctx, e.Name()))) {
			return
		}
		if ctx.Err() != nil || !yield(p.verify(ctx, e.Name(), part)) {
			return
		}
	}
}

func (p *Payload) verify(ctx context.Context, name string, part *partition) image.Check {
	c := image.Check{Name: name, What: "partition sha256", Outcome: image.Unverified, Whole: true, Bytes: part.size, Offset: headerSize + part.at}
	if !part.hasHash {
		c.Detail = "the manifest states none"
		return c
	}
	f, err := p.Open(name)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	defer f.Close()
	return compare(ctx, c, f, part.hash)
}

// verifyBase compares the whole partition that the update starts from, of which reading compares what it takes.
func (part *partition) verifyBase(ctx context.Context, name string) image.Check {
	c := image.Check{Name: name, What: "base partition sha256", Outcome: image.Unverified, Bytes: part.old.size, Offset: headerSize + part.at}
	return compare(ctx, c, io.NewSectionReader(part.old.r, 0, part.old.size), part.before.hash)
}

func compare(ctx context.Context, c image.Check, r io.Reader, stated [sha256.Size]byte) image.Check {
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, image.ReaderContext(ctx, r), make([]byte, 1<<20)); err != nil {
		c.Detail = err.Error()
		return c
	}
	c.Outcome = image.Matched
	if got := [sha256.Size]byte(h.Sum(nil)); got != stated {
		c.Outcome = image.Mismatched
		c.Detail = image.Differ(stated[:], got[:])
	}
	return c
}
