package nothing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

// maxFiles bounds the files of one container; phones have some dozens.
const maxFiles = 1 << 16

// list adds the files of the index.
func (x *container) list(index []byte) error {
	d := xml.NewDecoder(bytes.NewReader(index))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for n := 0; ; {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return image.Errorf(image.Malformed, -1, "FileIndex.xml, byte %d: %v", d.InputOffset(), err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || !strings.EqualFold(e.Name.Local, "file") {
			continue
		}
		if n++; n > maxFiles {
			return image.Errorf(image.OverBudget, -1, "more than %d files", maxFiles)
		}
		x.add(e.Attr)
	}
}

// add lists one file.
func (x *container) add(attrs []xml.Attr) {
	value := map[string]string{}
	for _, a := range attrs {
		value[strings.ToLower(a.Name.Local)] = strings.TrimSpace(a.Value)
	}
	name := value["name"]
	number := func(key string) int64 {
		n, err := strconv.ParseInt(value[key], 10, 64)
		if err != nil || n > 1<<40 {
			return -1
		}
		return n
	}
	size, length, key, off := number("originallength"), number("length"), max(number("keyindex"), 0), number("offset")
	if name == "" || size < 0 || length < 0 || off < 0 || off > x.files.size || length > x.files.size-off {
		x.Miss(name, image.Errorf(image.Malformed, -1, "%.20q bytes of %.20q at %.20q", value["length"], value["originallength"], value["offset"]))
		return
	}
	at := x.files.at + off
	if room := max(x.size-at, 0); length > room {
		x.Miss(name, image.Errorf(image.Truncated, x.size, "%d bytes stated, %d there", length, room))
		if length = room; room == 0 {
			return
		}
	}
	c := &content{x: x, at: at, length: length, size: size, key: key}
	stored := x.AddFile(name, image.Entry{Mode: 0o444, Size: size, Attr: image.Attr{Offset: at, Note: locked.Note(x.key)}, Open: c.open})
	if sum, err := hex.DecodeString(value["filesha256hash"]); err == nil && len(sum) == sha256.Size && stored != "" {
		what := image.Check{Name: stored, What: "sha256", Whole: true, Offset: at}
		x.LaterSum(what, c, 0, size, func() image.Summer { return sha256.New() }, sum)
	}
}
