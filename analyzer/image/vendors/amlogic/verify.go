package amlogic

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// open32 is CRC32 without its last step, the inversion.
type open32 struct{ hash.Hash32 }

func (o open32) Sum(b []byte) []byte { return binary.BigEndian.AppendUint32(b, ^o.Sum32()) }

func laterImage(p *image.Parts, r io.ReaderAt, h header) {
	p.LaterSum(image.Check{What: "image crc32", Whole: true, Offset: 0}, r, 4, max(h.size-4, 0),
		func() image.Summer { return open32{crc32.NewIEEE()} }, binary.BigEndian.AppendUint32(nil, h.crc))
}

const maxVerify = 256 // bytes of a VERIFY item: "sha1sum " and forty letters

// laterItems adds what the VERIFY items state, each of the item of the same name before it.
func laterItems(p *image.Parts, r io.ReaderAt, size int64, items []item, names map[item]string) {
	last := map[string]item{}
	for _, e := range items {
		if e.kind != verify {
			last[e.name] = e
			continue
		}
		of, ok := last[e.name]
		c := image.Check{Name: names[of], What: "sha1", Whole: true, Offset: e.off, Outcome: image.Unverified}
		b, err := bin.ReadAt(r, size, e.off, e.size, maxVerify)
		if err == nil && ok && names[of] != "" {
			algorithm, letters, _ := strings.Cut(strings.TrimRight(string(b), "\x00\r\n "), " ")
			want, herr := hex.DecodeString(strings.TrimSpace(letters))
			if algorithm == "sha1sum" && herr == nil && len(want) == sha1.Size {
				p.LaterSum(c, r, of.off, of.size, func() image.Summer { return sha1.New() }, want)
				continue
			}
			c.Detail = "not a SHA1: " + strings.ToValidUTF8(string(b), "?")
		} else if err != nil {
			c.Detail = err.Error()
		} else {
			c.Name, c.Detail = "", "VERIFY of "+e.name+", which is no item before it"
		}
		p.Later(func(context.Context) image.Check { return c })
	}
}
