package avb

import (
	"crypto/sha1"
	"fmt"
	"strings"
)

// Text says everything of the struct, one line each, in the order of the image: what `avbtool info_image` tells, for
// reading and for comparing two builds.
func (v *VBMeta) Text() string {
	var b strings.Builder
	line := func(key string, value any) { fmt.Fprintf(&b, "%s: %v\n", key, value) }
	line("libavb", fmt.Sprintf("%d.%d", v.Major, v.Minor))
	line("algorithm", v.Algorithm)
	if len(v.PublicKey) > 0 {
		line("public key sha1", fmt.Sprintf("%x", sha1.Sum(v.PublicKey)))
		line("public key sha256", v.KeyDigest())
		if name := v.TestKey(); name != "" {
			line("test key", name)
		}
	}
	if len(v.PublicKeyMetadata) > 0 {
		line("public key metadata", fmt.Sprintf("%x", v.PublicKeyMetadata))
	}
	line("rollback index", v.RollbackIndex)
	line("rollback index location", v.RollbackIndexLocation)
	line("flags", v.Flags)
	hashtree, all := v.Disabled()
	if hashtree {
		line("hash trees", "disabled")
	}
	if all {
		line("verification", "disabled")
	}
	line("release", fmt.Sprintf("%q", v.Release))
	for _, d := range v.Descriptors {
		describe(&b, d)
	}
	return b.String()
}

// describe writes a descriptor: its kind, then its fields, indented.
func describe(b *strings.Builder, d Descriptor) {
	line := func(key string, value any) { fmt.Fprintf(b, "  %s: %v\n", key, value) }
	hex := func(key string, value []byte) { line(key, fmt.Sprintf("%x", value)) }
	switch d := d.(type) {
	case *Property:
		fmt.Fprintf(b, "property %q: %q\n", d.Key, d.Value)
	case *Cmdline:
		fmt.Fprintf(b, "kernel cmdline: %q\n", d.Text)
		line("flags", d.Flags)
	case *Chain:
		fmt.Fprintf(b, "chain: %q\n", d.Partition)
		line("rollback index location", d.RollbackIndexLocation)
		hex("public key sha1", sum1(d.PublicKey))
		line("public key sha256", keyDigest(d.PublicKey))
		line("flags", d.Flags)
	case *Hash:
		fmt.Fprintf(b, "hash: %q\n", d.Partition)
		line("image size", d.ImageSize)
		line("algorithm", d.Algorithm)
		hex("salt", d.Salt)
		hex("digest", d.Digest)
		line("flags", d.Flags)
	case *Hashtree:
		fmt.Fprintf(b, "hashtree: %q\n", d.Partition)
		line("dm-verity", d.Version)
		line("image size", d.ImageSize)
		line("tree", fmt.Sprintf("%d bytes at %d", d.TreeSize, d.TreeOffset))
		line("blocks", fmt.Sprintf("%d of data, %d of hashes", d.DataBlockSize, d.HashBlockSize))
		line("fec", fmt.Sprintf("%d bytes at %d, %d roots", d.FECSize, d.FECOffset, d.FECRoots))
		line("algorithm", d.Algorithm)
		hex("salt", d.Salt)
		hex("root digest", d.RootDigest)
		line("flags", d.Flags)
	case *Unknown:
		fmt.Fprintf(b, "descriptor of tag %d: %d bytes\n", d.Tag, d.Size)
	}
}

func sum1(b []byte) []byte {
	s := sha1.Sum(b)
	return s[:]
}
