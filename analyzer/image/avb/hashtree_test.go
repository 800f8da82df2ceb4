package avb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// planted is an image with its tree behind it.
func planted(algorithm string, block uint32, size int) ([]byte, *Hashtree) {
	data := random(size, uint64(size))
	d := &Hashtree{Version: 1, ImageSize: int64(size), DataBlockSize: block, HashBlockSize: block, Algorithm: algorithm, Salt: []byte("some salt of any length")}
	stored, root := grow(d, data)
	img := padded(data, int(block))
	d.TreeOffset, d.TreeSize, d.RootDigest = int64(len(img)), int64(len(stored)), root
	return append(img, stored...), d
}

func verify(img []byte, d *Hashtree) image.Check {
	return VerifyHashtree(context.Background(), bytes.NewReader(img), d)
}

// TestHashtree: trees of no level to four, of every hash, against the plain definition.
func TestHashtree(t *testing.T) {
	for _, algorithm := range []string{"sha1", "sha256", "sha512", "blake2b-256"} {
		for _, c := range []struct {
			block uint32
			size  int
		}{{4096, 1000}, {4096, 4096}, {4096, 4097}, {4096, 128 * 4096}, {4096, 129 * 4096}, {1024, 1<<20 + 5}, {512, 1 << 20}} {
			t.Run(fmt.Sprintf("%s %d %d", algorithm, c.block, c.size), func(t *testing.T) {
				img, d := planted(algorithm, c.block, c.size)
				check := verify(img, d)
				if check.Outcome != image.Matched || check.Detail != "" && d.TreeSize > 0 {
					t.Fatalf("%+v", check)
				}
				// Without its tree the content counts.
				clear(img[d.TreeOffset:])
				if check := verify(img, d); check.Outcome != image.Matched || !strings.Contains(check.Detail, "no tree") {
					t.Fatalf("no tree: %+v", check)
				}
				img[c.size-1] ^= 1
				if check := verify(img, d); check.Outcome != image.Mismatched || check.Offset != -1 {
					t.Fatalf("no tree, changed: %+v", check)
				}
			})
		}
	}
}

// TestHashtreeDiffers: the first block that differs is named, also where several do.
func TestHashtreeDiffers(t *testing.T) {
	good, d := planted("sha256", 1024, 1<<20)
	for _, c := range []struct {
		name   string
		at     []int
		offset int64
		detail string
	}{
		{"first block", []int{0}, 0, "first block that differs is at 0x0"},
		{"one block", []int{700_001}, 700_001 &^ 1023, "root"},
		{"several blocks", []int{1<<20 - 1, 500_000, 123_456}, 123_456 &^ 1023, "root"},
		{"the tree's top", []int{1 << 20}, 1 << 20, "the stored tree does not"},
		{"a leaf of the tree", []int{len(good) - 1}, int64(len(good)) - 1024, "the stored tree does not"},
	} {
		img := bytes.Clone(good)
		for _, at := range c.at {
			img[at] ^= 1
		}
		check := verify(img, d)
		if check.Outcome != image.Mismatched || check.Offset != c.offset || !strings.Contains(check.Detail, c.detail) {
			t.Errorf("%s: %+v, want 0x%x", c.name, check, c.offset)
		}
	}
}

func TestHashtreeUnverified(t *testing.T) {
	good, d := planted("sha256", 4096, 1<<20)
	change := func(f func(d *Hashtree)) *Hashtree {
		c := *d
		f(&c)
		return &c
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		img  []byte
		d    *Hashtree
		says string
	}{
		{"cut", context.Background(), good[:500_000], d, "does not end where it should"},
		{"hash", context.Background(), good, change(func(d *Hashtree) { d.Algorithm = "crc32" }), "hash algorithm"},
		{"version", context.Background(), good, change(func(d *Hashtree) { d.Version = 0 }), "version 0"},
		{"blocks", context.Background(), good, change(func(d *Hashtree) { d.DataBlockSize = 1 << 31 }), "blocks of"},
		{"no blocks", context.Background(), good, change(func(d *Hashtree) { d.HashBlockSize = 0 }), "blocks of"},
		{"no root", context.Background(), good, change(func(d *Hashtree) { d.RootDigest = nil }), "no root"},
		{"empty", context.Background(), good, change(func(d *Hashtree) { d.ImageSize = 0 }), "0 bytes"},
		{"stopped", ended, good, d, "canceled"},
	} {
		if check := VerifyHashtree(c.ctx, bytes.NewReader(c.img), c.d); check.Outcome != image.Unverified || !strings.Contains(check.Detail, c.says) {
			t.Errorf("%s: %+v", c.name, check)
		}
	}
}

func TestHash(t *testing.T) {
	data := random(3<<20+17, 5)
	sum := sha256.Sum256(append([]byte("salt"), data...))
	d := &Hash{ImageSize: int64(len(data)), Algorithm: "sha256", Salt: []byte("salt"), Digest: sum[:]}
	run := func(img []byte, d *Hash) image.Check {
		return VerifyHash(context.Background(), bytes.NewReader(img), d)
	}
	if c := run(append(data, "padding"...), d); c.Outcome != image.Matched || c.Bytes != d.ImageSize {
		t.Errorf("%+v", c)
	}
	broken := bytes.Clone(data)
	broken[len(broken)-1] ^= 1
	if c := run(broken, d); c.Outcome != image.Mismatched {
		t.Errorf("changed: %+v", c)
	}
	if c := run(data[:100], d); c.Outcome != image.Unverified || !strings.Contains(c.Detail, "100 there") {
		t.Errorf("cut: %+v", c)
	}
	if c := run(data, &Hash{ImageSize: 1 << 62, Algorithm: "sha256"}); c.Outcome != image.Unverified {
		t.Errorf("no digest: %+v", c)
	}
}

func BenchmarkHashtree(b *testing.B) {
	for _, algorithm := range []string{"sha1", "sha256"} {
		b.Run(algorithm, func(b *testing.B) {
			img, d := planted(algorithm, 4096, 64<<20)
			b.SetBytes(d.ImageSize)
			b.ReportAllocs()
			for b.Loop() {
				if c := VerifyHashtree(context.Background(), bytes.NewReader(img), d); c.Outcome != image.Matched {
					b.Fatal(c)
				}
			}
		})
	}
}
