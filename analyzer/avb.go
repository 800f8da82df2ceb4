package analyzer

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/avb"
)

// verifiedBoot holds partitions against Android Verified Boot: what the footer behind each says, and what the vbmeta
// images say of partitions that lie in other files. Its visit may run concurrently.
type verifiedBoot struct {
	mu     sync.Mutex
	roots  []rootOfTrust
	footer map[string][]rootOfTrust // by partition
	done   map[string][][]byte      // digests already compared, by partition
}

// rootOfTrust is a vbmeta struct and where it was found.
type rootOfTrust struct {
	at image.Path
	*avb.VBMeta
}

func newVerifiedBoot() *verifiedBoot {
	return &verifiedBoot{footer: map[string][]rootOfTrust{}, done: map[string][][]byte{}}
}

const byAVB = "avb"

// check compares one file of the packaging, opened or not, or the payload of a package.
func (b *verifiedBoot) check(ctx context.Context, f *image.File, c *image.Container) []Checked {
	if !packagingOrPackage(f) {
		return nil
	}
	var out []Checked
	if err := image.Contain(func() error { out = b.visit(ctx, f, c); return nil }); err != nil {
		return []Checked{{f.Path, byAVB, image.Check{What: "vbmeta", Outcome: image.Unverified, Offset: -1, Detail: err.Error()}}}
	}
	return out
}

func (b *verifiedBoot) visit(ctx context.Context, f *image.File, c *image.Container) []Checked {
	stream := f
	if c != nil && c.Stream != nil {
		stream = c.Stream
	}
	if !stream.IsRegular() || f.PartOf != "" {
		return nil
	}
	if c != nil && slices.Contains(c.Formats, avb.Format().Name) {
		if v, _ := avb.Parse(stream, 0, stream.Size); v != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.roots = append(b.roots, rootOfTrust{f.Path, v})
		}
		return nil
	}
	foot, err := avb.ReadFooter(stream, stream.Size)
	if err != nil {
		return nil // nearly every file has none; a broken one is no footer
	}
	v, err := avb.Parse(stream, foot.VBMetaOffset, foot.VBMetaSize)
	if v == nil {
		return []Checked{{f.Path, byAVB, image.Check{What: "vbmeta", Outcome: image.Unverified, Offset: foot.VBMetaOffset, Detail: err.Error()}}}
	}
	out := []Checked{{f.Path, byAVB, v.VerifySignature()}}
	partition := basePartition(f.Path.Name())
	own := ownDescriptors(v, partition)
	for _, d := range own {
		out = append(out, Checked{f.Path, byAVB, compare(ctx, stream, d)})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.footer[partition] = append(b.footer[partition], rootOfTrust{f.Path, v})
	for _, d := range own {
		_, digest := about(d)
		b.done[partition] = append(b.done[partition], digest)
	}
	return out
}

// ownDescriptors are those of the partition a footer lies behind: they name it, or nothing, or there is only one.
func ownDescriptors(v *avb.VBMeta, partition string) []avb.Descriptor {
	var all, own []avb.Descriptor
	for _, d := range v.Descriptors {
		name, digest := about(d)
		if digest == nil {
			continue
		}
		all = append(all, d)
		if name == "" || name == partition {
			own = append(own, d)
		}
	}
	if len(own) == 0 && len(all) == 1 {
		return all
	}
	return own
}

// about returns the partition that a descriptor states a digest of, and the digest; nil for other descriptors.
func about(d avb.Descriptor) (partition string, digest []byte) {
	switch d := d.(type) {
	case *avb.Hash:
		return strings.ToLower(d.Partition), d.Digest
	case *avb.Hashtree:
		return strings.ToLower(d.Partition), d.RootDigest
	}
	return "", nil
}

func compare(ctx context.Context, f *image.File, d avb.Descriptor) image.Check {
	if t, ok := d.(*avb.Hashtree); ok {
		return avb.VerifyHashtree(ctx, f, t)
	}
	return avb.VerifyHash(ctx, f, d.(*avb.Hash))
}

// finish compares, in a second walk over the packaging, the partitions that only vbmeta images tell of, and the keys
// that these demand of partitions with a footer.
func (b *verifiedBoot) finish(ctx context.Context, o *image.Opener, root *image.File, jobs int) ([]Checked, error) {
	slices.SortFunc(b.roots, func(x, y rootOfTrust) int { return strings.Compare(x.at.String(), y.at.String()) })
	var out []Checked
	todo := map[string][]avb.Descriptor{}
	for _, r := range b.roots {
		for _, d := range r.Descriptors {
			if chain, ok := d.(*avb.Chain); ok {
				out = append(out, b.chain(chain)...)
				continue
			}
			partition, digest := about(d)
			known := func(x []byte) bool { return bytes.Equal(x, digest) }
			if partition != "" && len(digest) > 0 && !slices.ContainsFunc(b.done[partition], known) {
				todo[partition] = append(todo[partition], d)
				b.done[partition] = append(b.done[partition], digest)
			}
		}
	}
	if len(todo) == 0 {
		return out, nil
	}
	again := *o
	again.Enter = func(f *image.File) bool { return f.Realm == image.Packaging }
	more, err := image.Walk(ctx, &again, root, jobs, func(f *image.File, c *image.Container) []Checked {
		if f.Realm != image.Packaging || !f.IsRegular() || f.PartOf != "" || len(f.Path) == 1 {
			return nil
		}
		stream := f
		if c != nil && c.Stream != nil {
			stream = c.Stream
		}
		var checks []Checked
		for _, d := range todo[partitionFile(f, stream, c)] {
			checks = append(checks, Checked{f.Path, byAVB, compare(ctx, stream, d)})
		}
		return checks
	})
	return append(out, slices.Concat(more...)...), err
}

// partitionFile is the partition that a file of the packaging is, "" where it is not one: files inside of boot images
// are called kernel and dtb, and partitions are too.
func partitionFile(f, stream *image.File, c *image.Container) string {
	last := f.Path[len(f.Path)-1].Container
	if last == "boot" || stream.Size == 0 || c != nil && len(c.Formats) > 0 && c.Formats[0] == "zip" {
		return ""
	}
	switch path.Ext(strings.ToLower(f.Path.Name())) {
	case "", ".img", ".bin", ".raw", ".mbn", ".elf", ".lz4", ".ext4", ".erofs", ".simg", ".sin", ".gz", ".xz":
		return basePartition(f.Path.Name())
	}
	return ""
}

// chain compares the key that a vbmeta image demands of a partition with the one its footer is signed by.
func (b *verifiedBoot) chain(d *avb.Chain) []Checked {
	var out []Checked
	signed := slices.Clone(b.footer[strings.ToLower(d.Partition)])
	for _, r := range b.roots { // a partition may be a vbmeta image itself: vbmeta_system
		if basePartition(r.at.Name()) == strings.ToLower(d.Partition) {
			signed = append(signed, r)
		}
	}
	slices.SortFunc(signed, func(x, y rootOfTrust) int { return strings.Compare(x.at.String(), y.at.String()) })
	for _, r := range signed {
		c := image.Check{What: "vbmeta chain key", Outcome: image.Matched, Offset: r.Offset, Bytes: int64(len(d.PublicKey))}
		if !bytes.Equal(r.PublicKey, d.PublicKey) {
			c.Outcome, c.Detail = image.Mismatched, "signed by another key than the vbmeta image demands"
			if len(r.PublicKey) == 0 {
				c.Detail = "not signed, and the vbmeta image demands a key"
			}
		}
		out = append(out, Checked{r.at, byAVB, c})
	}
	return out
}
