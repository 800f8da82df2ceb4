// Package msm reads what Oppo's and OnePlus' MsmDownloadTool flashes phones with Qualcomm processors from: OFP and OPS,
// with a key from the run's key file.
//
// In: an .ofp or .ops file. Out: an [image.Parts] of its files, and the XML that lists them; what is encrypted is
// decrypted as it is read. Verify compares the MD5 and SHA256 that the XML states.
//
//	fsys, err := msm.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.0.img")
//
// Limit: without a key nothing is listed, because the list is encrypted too; and nothing tells OFP from OPS.
package msm

import (
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes OFP for Qualcomm, and OPS.
func Format() image.Format {
	return image.Format{
		Name: "ofp-qc",
		Doc:  "OFP and OPS: encrypted factory firmware of Oppo, Realme and OnePlus phones with Qualcomm processors; with --keys, `ofp-qc MASK KEY IV` (or `ofp-qc KEY IV`, unmasked) and `ops IV BOX`.",
		Refs: []string{
			"https://github.com/bkerler/oppo_decrypt (ofp_qc_decrypt.py: OFP; opscrypto.py: OPS)",
			"FIPS 197 (the rounds of OPS' cipher are those of AES)",
		},
		Limits: []string{
			"no keys are shipped",
			"no file made by the vendors was met",
			"encrypted files of OPS shorter than 16 bytes are not decrypted",
			"checksums of sparse images in OPS are of the expanded image and not compared",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// minSize and a whole number of sectors spare others that their end is read, which of a compressed file means all of
// it; a phone's firmware has a hundred times as much.
const minSize = 512 << 10

func sniff(r io.ReaderAt, size int64) bool {
	if size < minSize || size%0x200 != 0 {
		return false
	}
	_, err := readFooter(r, size)
	return err == nil
}

// footer is the last page of the file.
type footer struct {
	at, page    int64 // bytes
	list, bytes int64 // where the XML is, and how many bytes of it
	about       string
}

const footerMagic = 0x7CEF

// maxList bounds the XML: that of a phone has some 100 KB.
const maxList = 16 << 20

// readFooter finds the footer in either of the two page sizes.
func readFooter(r io.ReaderAt, size int64) (footer, error) {
	for _, page := range []int64{0x200, 0x1000} {
		raw, err := bin.ReadAt(r, size, size-page, 0x80, 0x80)
		if err != nil {
			continue
		}
		c := bin.Little(raw[0x10:], 0)
		if c.U32() != footerMagic {
			continue
		}
		f := footer{at: size - page, page: page}
		f.list, f.bytes = int64(c.U32())*page, int64(c.U32())
		if f.bytes < 200 { // some state none: the XML then ends 0x57 bytes before the footer
			f.bytes = f.at - f.list - 0x57
		}
		if f.list <= 0 || f.bytes < 16 || f.bytes > maxList || f.list+f.bytes > f.at || f.at-f.list-f.bytes > 2*page {
			continue
		}
		for _, text := range []string{printable(raw[0x1C:0x2C]), printable(raw[0x2C:0x80])} {
			if text != "" {
				f.about += ", " + text
			}
		}
		return f, nil
	}
	return footer{}, image.Errorf(image.Malformed, -1, "no footer of OFP or OPS")
}

// printable returns the text up to the first NUL, "" where that is none.
func printable(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return text
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	f, err := readFooter(r, size)
	if err != nil {
		return nil, err
	}
	raw, err := bin.ReadAt(r, size, f.list, f.bytes, maxList)
	if err != nil {
		return nil, err
	}
	s, list, err := unlock(raw, f, b.Keys)
	if err != nil {
		return nil, err
	}
	x := &container{Parts: image.NewParts(r, size), r: r, size: size, page: f.page, scheme: s}
	x.list(list, f.list)
	return x, nil
}
