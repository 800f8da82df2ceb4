package blockota

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/patch"
)

// madeKey finds what a command made in the shared cache.
type madeKey struct {
	view    *view
	command origin
}

// compare compares what a command reads with the sha1 the list states for it, once.
func (v *view) compare(c *command) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done || c.err != nil || c.sourceHash == "" {
		return c.err
	}
	h := sha1.New()
	size := int64(c.source.blocks) * blockSize
	r := io.NewSectionReader(sourceOf{v, c}, 0, size)
	_, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, min(max(size, 1), 1<<20)))
	if err == nil {
		err = c.differs(hex.EncodeToString(h.Sum(nil)))
	}
	if err != nil {
		c.err = c.wrap(err)
	}
	c.done = true
	return c.err
}

// limit refuses commands that read, all together, many times what there is: a few lines can name terabytes of zeros.
func (v *view) limit() {
	left := 16*(v.old.size+v.data.size) + v.budget.Memory/4
	for _, c := range v.commands {
		if n := int64(c.source.blocks) * blockSize; n <= left {
			left -= n
		} else {
			c.err = c.wrap(image.Errorf(image.OverBudget, -1, "reads %d blocks more than the update and its base give reason for", c.source.blocks))
		}
	}
}

// sourceOf reads what a command reads.
type sourceOf struct {
	v *view
	c *command
}

// ReadAt implements [io.ReaderAt].
func (s sourceOf) ReadAt(p []byte, off int64) (int, error) {
	return s.v.read(s.c.source.pieces, lost, p, off)
}

// differs says that a command's source is another than the list states.
func (c *command) differs(found string) error {
	if c.sourceHash == "" || found == c.sourceHash {
		return nil
	}
	what, at := "what commands before it made", uint32(0)
	for _, p := range c.source.pieces {
		if p.origin == base {
			what, at = "the base is not the build the update starts from: ", p.from
			break
		}
	}
	return image.Errorf(image.Unreadable, -1, "%s%d blocks from block %d on: sha1 stated %.40s, found %s", what, c.source.blocks, at, c.sourceHash, found)
}

// made gives what a bsdiff or imgdiff makes, from the shared cache.
func (v *view) made(k origin) ([]byte, error) {
	c := v.commands[k]
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return v.budget.Cached(madeKey{v, k}, func() ([]byte, error) {
		data, err := v.apply(c)
		if err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.err = c.wrap(err)
			return nil, c.err
		}
		return data, nil
	})
}

// apply makes the blocks of a bsdiff or imgdiff.
func (v *view) apply(c *command) ([]byte, error) {
	if v.patches.r == nil {
		return nil, image.Errorf(image.Truncated, -1, "patch.dat is not there")
	}
	if most := v.budget.Memory / 4; c.cost > most {
		return nil, image.Errorf(image.OverBudget, -1, "%d bytes of memory for it and what it reads, limit %d", c.cost, most)
	}
	diff, err := bin.ReadAt(v.patches.r, v.patches.size, c.patch, c.length, v.budget.Memory/16)
	if err != nil {
		return nil, err
	}
	before := make([]byte, int64(c.source.blocks)*blockSize)
	if _, err := (sourceOf{v, c}).ReadAt(before, 0); err != nil {
		return nil, err
	}
	sum := sha1.Sum(before)
	if err := c.differs(hex.EncodeToString(sum[:])); err != nil {
		return nil, err
	}
	limits := patch.Limits{Output: int64(c.target) * blockSize, Work: v.budget.Memory / 4}
	apply := patch.BSDiff
	if c.name == "imgdiff" {
		apply = patch.ImgDiff
	}
	data, err := apply(before, diff, limits)
	if err != nil {
		return nil, shift(err, c.patch)
	}
	if int64(len(data)) != limits.Output {
		return nil, image.Errorf(image.Malformed, c.patch, "the patch makes %d bytes for %d blocks", len(data), c.target)
	}
	sum = sha1.Sum(data)
	if got := hex.EncodeToString(sum[:]); c.targetHash != "" && got != c.targetHash {
		return nil, image.Errorf(image.Malformed, c.patch, "its result: sha1 stated %.40s, found %s", c.targetHash, got)
	}
	return data, nil
}

// shift makes the offsets of a patch, which starts at at, ones of patch.dat.
func shift(err error, at int64) error {
	var e *image.Error
	if !errors.As(err, &e) || e.Offset < 0 {
		return err
	}
	return image.Errorf(e.Reason, e.Offset+at, "%s", e.Detail)
}

// wrap names the command. Offsets are those of patch.dat, which is not the file the error is told of.
func (c *command) wrap(err error) error {
	g := image.GapOf(nil, "", err)
	if g.Offset >= 0 {
		g.Detail = fmt.Sprintf("%s (patch.dat, offset 0x%x)", g.Detail, g.Offset)
	}
	return image.Errorf(g.Reason, -1, "line %d of the transfer list (%s): %s", c.line, c.name, g.Detail)
}

// probe compares the sources of the commands that make the first and the last block, and of the first command that
// takes anything from the base: a wrong base is to be said before a partition that cannot be read is taken for one
// of nothing.
func (v *view) probe() error {
	var tries []*command
	for _, p := range []int{0, len(v.pieces) - 1} {
		if p >= 0 && p < len(v.pieces) && v.pieces[p].origin >= 0 {
			tries = append(tries, v.commands[v.pieces[p].origin])
		}
	}
	for _, c := range v.commands {
		if c.needsBase {
			tries = append(tries, c)
			break
		}
	}
	for _, c := range tries {
		if err := v.compare(c); err != nil {
			return err
		}
	}
	return nil
}

// update is an opened incremental update.
type update struct {
	*image.Index
	view *view
}

// Verify implements [image.Verifier]: it compares what every command reads and makes with the sha1 that the list states
// for it. Blocks that come from new.dat, or stay as they were, have none.
func (u *update) Verify(ctx context.Context, yield func(image.Check) bool) {
	c := image.Check{Name: Name, What: "sha1 of commands", Outcome: image.Matched, Offset: -1}
	bad := 0
	for k, cmd := range u.view.commands {
		if ctx.Err() != nil {
			return
		}
		if cmd.sourceHash == "" {
			continue
		}
		c.Bytes += int64(cmd.target) * blockSize
		err := u.view.compare(cmd)
		if err == nil && cmd.name != "move" {
			_, err = u.view.made(origin(k))
		}
		if err == nil {
			continue
		}
		if bad++; bad == 1 {
			c.Outcome, c.Detail = image.Mismatched, err.Error()
			if u.view.old.r == nil || u.view.patches.r == nil || image.GapOf(nil, "", err).Reason == image.OverBudget {
				c.Outcome = image.Unverified
			}
		}
	}
	if bad > 1 {
		c.Detail = fmt.Sprintf("%d commands, the first: %s", bad, c.Detail)
	}
	if c.Bytes > 0 {
		yield(c)
	}
}
