package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"github.com/avast/apkparser"

	"romscan/analyzer/image"
)

// Decode returns binary XML as text. arsc is the resources.arsc that references are resolved with; nil leaves them
// as numbers. XML that is plain text already is taken as it is. On error xml holds what was read before it.
func Decode(manifest, arsc []byte) (xml string, err error) {
	d := decode(manifest, &resolver{load: func() ([]byte, error) { return arsc, nil }})
	return render(d.root).String(), d.err
}

// decoded is what came of one file of binary XML.
type decoded struct {
	root   *element
	tricks []string
	err    error // what stopped the reading; root may still hold what came before
}

// decode reads binary XML through apkparser. Where the bytes are built to be misread, apkparser gets them written
// anew from what Android reads of them.
func decode(data []byte, res *resolver) decoded {
	if plain(data) {
		return decodeText(data)
	}
	r, err := inspect(data)
	if err != nil {
		d := parse(data, res)
		if d.root == nil {
			d.err = err
		}
		if r != nil {
			d.tricks = r.tricks
		}
		return d
	}
	var d decoded
	if len(r.tricks) == 0 {
		d = parse(data, res)
	}
	if d.root == nil || d.err != nil {
		if again := parse(r.bytes(), res); d.root == nil || again.err == nil {
			d = again
		}
	}
	d.tricks = r.tricks
	return d
}

func parse(data []byte, res *resolver) decoded {
	b := &builder{resolve: res.value}
	err := image.Contain(func() error { return apkparser.ParseXml(bytes.NewReader(data), b, nil) })
	return b.result(err)
}

func (b *builder) result(err error) decoded {
	if b.root != nil {
		b.root.finish()
	}
	switch {
	case err != nil && image.GapOf(nil, "", err).Reason != image.Panicked:
		err = image.Errorf(image.Malformed, -1, "binary XML: %v", err)
	case err == nil && b.root == nil:
		err = image.Errorf(image.Malformed, -1, "no element")
	case err == nil && b.cut:
		err = image.Errorf(image.OverBudget, -1, "more than %d elements or %d bytes, or deeper than %d", maxElements, maxText, maxDepth)
	}
	return decoded{root: b.root, err: err}
}

// plain reports whether data is text: old tools and some malware leave the manifest as it was written.
func plain(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.TrimLeft(data[:min(len(data), 512)], " \t\r\n")
	return len(data) > 1 && data[0] == '<' && data[1] != 0
}

func decodeText(data []byte) decoded {
	b := &builder{}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		t, err := d.Token()
		if err == io.EOF {
			return b.result(nil)
		}
		if err != nil {
			return b.result(image.Errorf(image.Malformed, d.InputOffset(), "%v", err))
		}
		if err := b.EncodeToken(t); err != nil {
			if errors.Is(err, apkparser.ErrEndParsing) {
				err = nil
			}
			return b.result(err)
		}
	}
}
