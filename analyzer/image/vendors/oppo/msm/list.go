package msm

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"hash"
	"io"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// container is an opened file.
type container struct {
	*image.Parts
	r      io.ReaderAt
	size   int64
	page   int64
	scheme *scheme
}

// maxFiles bounds the files of one container; phones have some hundreds.
const maxFiles = 1 << 16

// headLength is how much of the start of a file OFP encrypts and hashes, in bytes.
const headLength = 0x40000

// list adds the XML, under the name it has in the tools, and the files it lists.
func (x *container) list(list []byte, at int64) {
	list = list[:bytes.LastIndexByte(list, '>')+1]
	name := "ProFile.xml"
	if x.scheme.ops {
		name = "settings.xml"
	}
	x.AddFile(name, image.Entry{Mode: 0o444, Size: int64(len(list)), Attr: image.Attr{Offset: at, Note: locked.Note(x.scheme.key)},
		Open: func() (io.ReaderAt, error) { return bytes.NewReader(list), nil }})
	d := xml.NewDecoder(bytes.NewReader(list))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var path []string
	files := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			x.Miss("", image.Errorf(image.Malformed, at+d.InputOffset(), "list of files: %v", err))
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path[:min(len(path), 64)], t.Name.Local)
			if len(path) < 3 {
				continue // the root and the groups
			}
			if files++; files > maxFiles {
				x.Miss("", image.Errorf(image.OverBudget, at, "more than %d files", maxFiles))
				return
			}
			x.add(path[1], t.Attr)
		case xml.EndElement:
			path = path[:max(len(path)-1, 0)]
		}
	}
}

// add lists a file of a group, if the element has one.
func (x *container) add(group string, attrs []xml.Attr) {
	get := func(name string) string {
		for _, a := range attrs {
			if strings.EqualFold(a.Name.Local, name) {
				return strings.TrimSpace(a.Value)
			}
		}
		return ""
	}
	name := get("Path")
	if name == "" {
		name = get("filename")
	}
	if name == "" || get("FileOffsetInSrc") == "" {
		return
	}
	start, err := strconv.ParseInt(get("FileOffsetInSrc"), 10, 64)
	bytes, err2 := strconv.ParseInt(get("SizeInByteInSrc"), 10, 64)
	if err != nil || err2 != nil || start < 0 || bytes < 0 || start > 1<<40/x.page {
		x.Miss(name, image.Errorf(image.Malformed, -1, "offset %.20q, size %.20q", get("FileOffsetInSrc"), get("SizeInByteInSrc")))
		return
	}
	off, there := start*x.page, min(bytes, max(x.size-start*x.page, 0))
	if there < bytes {
		x.Miss(name, image.Errorf(image.Truncated, x.size, "%d bytes stated, %d there", bytes, there))
		if there == 0 {
			return
		}
	}
	r, note := x.content(group, off, there)
	if there < bytes {
		s := image.NewSpace(0)
		if s.Place(0, there, r) == nil {
			r = s
		}
	}
	stored := x.AddFile(name, image.Entry{Mode: 0o444, Size: there, Attr: image.Attr{Offset: off, Note: note},
		Open: func() (io.ReaderAt, error) { return r, nil }})
	if stored == "" || there < bytes {
		return
	}
	sparse := get("sparse") == "true"
	x.sum(image.Check{Name: stored, What: "md5", Offset: off, Bytes: there}, r, get("md5"), md5.New, sparse)
	x.sum(image.Check{Name: stored, What: "sha256", Offset: off, Bytes: there}, r, get("sha256"), sha256.New, sparse)
}

// content is the n bytes at off of a group's file: encrypted whole, at the start, or not at all.
func (x *container) content(group string, off, n int64) (r io.ReaderAt, note string) {
	raw := image.NewSection(x.r, off, n)
	encrypted := min(n, headLength)
	switch group = strings.ToLower(group); {
	case group == "sahara":
		encrypted = n
	case x.scheme.ops, group == "digeststosign", group == "chainedtableofdigests", group == "firmware":
		return raw, ""
	}
	if x.scheme.ops && n < 16 {
		x.Miss("", image.Errorf(image.Unsupported, off, "an encrypted file of %d bytes", n))
		return raw, ""
	}
	head := x.scheme.open(image.NewSection(x.r, off, encrypted), encrypted)
	note = locked.Note(x.scheme.key)
	if encrypted == n {
		return head, note
	}
	s := image.NewSpace(n)
	if s.Place(0, encrypted, head) != nil || s.Place(encrypted, n-encrypted, image.NewSection(x.r, off+encrypted, n-encrypted)) != nil {
		return raw, "" // cannot be: the two follow each other
	}
	return s, note
}

// sum compares a file with a stated hash, which covers all of it, all and zeros up to 4 KiB, or its first 256 KiB: the
// tools differ.
func (x *container) sum(c image.Check, r io.ReaderAt, stated string, hash func() hash.Hash, sparse bool) {
	want, err := hex.DecodeString(stated)
	if err != nil || len(want) != hash().Size() {
		return
	}
	x.Later(func(ctx context.Context) image.Check {
		c.Outcome, c.Detail, c.Whole = image.Unverified, "", false
		if x.scheme.ops && sparse {
			c.Detail = "the hash is of the expanded image"
			return c
		}
		n := c.Bytes
		if n > headLength {
			h := hash()
			if err := image.Feed(ctx, h, r, 0, headLength); err != nil {
				c.Detail = err.Error()
				return c
			}
			if bytes.Equal(h.Sum(nil), want) {
				c.Outcome, c.Bytes = image.Matched, headLength
				return c
			}
		}
		h := hash()
		if err := image.Feed(ctx, h, r, 0, n); err != nil {
			c.Detail = err.Error()
			return c
		}
		found := h.Sum(nil)
		h.Write(make([]byte, -n&0xFFF))
		c.Outcome, c.Whole = image.Matched, true
		if !bytes.Equal(found, want) && !bytes.Equal(h.Sum(nil), want) {
			c.Outcome, c.Detail = image.Mismatched, image.Differ(want, found)
		}
		return c
	})
}
