// Package huawei reads UPDATE.APP, the firmware container of Huawei and Honor.
//
// In: an UPDATE.APP (or the UPDATA.APP of 2009). Out: an [image.Index] with one file per entry, "system.img",
// in place; Verify compares the CRC16 that each entry states for each of its blocks.
//
//	fsys, err := huawei.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.img")
//
// Limit: an image above 4 GiB lies in several entries of one name; they are listed as the numbered pieces
// "super.img.0", "super.img.1", which the sparse format puts together.
package huawei

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes UPDATE.APP.
func Format() image.Format {
	return image.Format{
		Name: "huawei",
		Doc:  "UPDATE.APP: Huawei's and Honor's firmware container, entries with a CRC16 of each block.",
		Refs: []string{
			"https://github.com/worstenbrood/HuaweiUpdateLibrary (Core/FileHeader.cs, Core/UpdateEntry.cs, Algorithms/UpdateCrc16.cs)",
			"https://github.com/superr/splituapp (splituapp: names, alignment, search for the next entry)",
			"https://github.com/AndroidDumps/Firmware_extractor/pull/40 (two entries SUPER)",
			"https://www.zenopedia.link/HarmonyOS-unpack (entries of one name continue each other)",
			"https://www.modaco.com/topic/335661-repacking-updataapp-part-2 (what the header's checksum covers)",
		},
		Limits: []string{
			"no image made by a device's vendor was met; the header and block checksums are those of a published header of a T-Mobile Pulse",
			"the entries CRC and SHA256RSA, checksums and signature of all others, are listed and not compared",
			"the update.bin of HarmonyOS 5 is another format and not read",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Figures of the format.
const (
	headerSize  = 98      // before the table of block checksums
	usualStart  = 92      // where the first entry is in all files described
	maxPreamble = 4096    // what else may stand before the first entry
	maxSkip     = 1 << 20 // bytes between two entries that are searched for the next one
	maxTable    = 8 << 20 // bytes of one entry's checksums: 4 GiB in blocks of 1 KiB
)

var magic = [4]byte{0x55, 0xAA, 0x5A, 0xA5}

var errNoEntry = image.Errorf(image.Malformed, usualStart, "no entry")

func sniff(r io.ReaderAt, size int64) bool {
	_, err := first(r, size)
	return err == nil
}

// first finds the first entry: behind 92 bytes, or, as it starts with a magic number alone, at another multiple of
// four where its checksum or its size says that it is one.
func first(r io.ReaderAt, size int64) (int64, error) {
	head := bin.Head(r, size, maxPreamble+headerSize)
	if !bytes.Contains(head, magic[:]) {
		return 0, errNoEntry
	}
	for _, at := range append([]int64{usualStart}, multiples()...) {
		if at+headerSize > int64(len(head)) || [4]byte(head[at:at+4]) != magic {
			continue
		}
		if e := parse(head[at:at+headerSize], at); e.plausible() {
			return at, nil
		}
	}
	return 0, errNoEntry
}

func multiples() []int64 {
	var out []int64
	for at := int64(0); at <= maxPreamble; at += 4 {
		out = append(out, at)
	}
	return out
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	at, err := first(r, size)
	if err != nil {
		return nil, err
	}
	w := &walker{r: r, size: size, parts: image.NewParts(r, size)}
	w.walk(at, b.Files)
	w.list()
	return w.parts, nil
}

// walker goes from entry to entry.
type walker struct {
	r       io.ReaderAt
	size    int64
	parts   *image.Parts
	entries []*entry
}

func (w *walker) walk(at, limit int64) {
	for at < w.size {
		next, ok := w.find(at)
		if !ok {
			return
		}
		if next > at && len(w.entries) > 0 {
			w.parts.Miss("", image.Errorf(image.Malformed, at, "%d bytes between two entries belong to none", next-at))
		}
		if int64(len(w.entries)) >= limit {
			w.parts.Miss("", image.Errorf(image.OverBudget, next, "more than %d files", limit))
			return
		}
		raw, err := bin.ReadAt(w.r, w.size, next, headerSize, headerSize)
		if err != nil {
			w.parts.Miss("", err)
			return
		}
		e := parse(raw, next)
		if e.header < headerSize {
			w.parts.Miss(e.name, image.Errorf(image.Malformed, next+4, "header of %d bytes", e.header))
			return
		}
		w.entries = append(w.entries, e)
		at = (e.data() + e.size + 3) &^ 3
	}
}

// find looks for the next entry from at on. Zeros up to the end are padding; anything else that is no entry is a gap.
func (w *walker) find(at int64) (int64, bool) {
	n := min(w.size-at, maxSkip)
	var buf [64 << 10]byte
	zeros := true
	for done := int64(0); done < n; {
		part := buf[:min(int64(len(buf)), n-done)]
		got, err := w.r.ReadAt(part, at+done)
		if got < len(part) {
			w.parts.Miss("", image.Errorf(image.Unreadable, at+done+int64(got), "%v", err))
			return 0, false
		}
		for i := 0; i+4 <= len(part); i += 4 {
			if [4]byte(part[i:i+4]) == magic {
				return at + done + int64(i), true
			}
		}
		for _, c := range part {
			zeros = zeros && c == 0
		}
		done += int64(got)
	}
	if !zeros {
		w.parts.Miss("", image.Errorf(image.Malformed, at, "no entry among the last %d bytes, which are not read", w.size-at))
	}
	return 0, false
}
