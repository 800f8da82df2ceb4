package tar

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"

	"romscan/analyzer/image"
)

// archive is an opened archive and, of a .tar.md5, what stands behind it.
type archive struct {
	*image.Index
	r      io.ReaderAt
	digest []byte // nil where no md5 line follows
	at     int64  // where the line is: it covers everything before
}

const (
	// maxTail is how far from the end the md5 line may begin: "digest  name", written by md5sum.
	maxTail   = 512
	md5Digits = 2 * md5.Size
)

// md5Line finds the line that md5sum appended: 32 digits, two spaces and the name, at the very end.
func md5Line(r io.ReaderAt, size int64) (digest []byte, at int64) {
	n := min(size, maxTail)
	tail := make([]byte, n)
	if got, _ := r.ReadAt(tail, size-n); int64(got) < n {
		return nil, 0
	}
	line := bytes.TrimRight(tail, "\n\x00")
	if i := bytes.LastIndexAny(line, "\n\x00"); i >= 0 {
		line = line[i+1:]
	}
	if len(line) < md5Digits+3 || string(line[md5Digits:md5Digits+2]) != "  " && string(line[md5Digits:md5Digits+2]) != " *" {
		return nil, 0
	}
	digest, err := hex.DecodeString(string(line[:md5Digits]))
	if err != nil {
		return nil, 0
	}
	return digest, size - n + int64(bytes.LastIndex(tail, line))
}

// Verify implements [image.Verifier] for archives with an md5 line behind them, as Samsung ships: it covers all bytes
// of the archive. The checksums of headers are compared when the archive is opened.
func (a *archive) Verify(ctx context.Context, yield func(image.Check) bool) {
	if a.digest == nil {
		return
	}
	c := image.Check{What: "md5", Whole: true, Bytes: a.at, Offset: a.at, Outcome: image.Matched}
	h := md5.New()
	if err := image.Feed(ctx, h, a.r, 0, a.at); err != nil {
		c.Outcome, c.Detail = image.Unverified, err.Error()
	} else if got := h.Sum(nil); !bytes.Equal(got, a.digest) {
		c.Outcome, c.Detail = image.Mismatched, image.Differ(a.digest, got)
	}
	yield(c)
}
