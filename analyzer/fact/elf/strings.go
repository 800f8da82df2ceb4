package elf

import (
	"bytes"
	"cmp"
	"debug/elf"
	"slices"
	"strings"
	"unicode/utf8"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// minRun is the number of characters from which a run counts as a string.
const minRun = 6

// maxSmall is the size up to which writable data that is initialised by relocation is looked at.
const maxSmall = 4 << 20

// region is a part of the file that may hold strings.
type region struct {
	name      string
	off, size uint64
}

// regions returns the read-only data, by sections or, where there are none, by segments.
func (b *native) regions() []region {
	var out []region
	for _, s := range b.file.Sections {
		if s.Type != elf.SHT_PROGBITS || s.Flags&elf.SHF_COMPRESSED != 0 {
			continue
		}
		small := s.Name == ".data.rel.ro" || s.Name == ".data" || s.Name == ".data.rel.ro.local" || s.Name == ".modinfo"
		if strings.HasPrefix(s.Name, ".rodata") || small && s.FileSize <= maxSmall {
			out = append(out, region{clean([]byte(s.Name)), s.Offset, s.FileSize})
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, p := range b.file.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		if p.Flags == elf.PF_R {
			out = append(out, region{"PT_LOAD r--", p.Off, p.Filesz})
		}
	}
	if len(out) > 0 || len(b.file.Sections) > 0 {
		return out
	}
	// older linkers put read-only data and code in one segment
	for _, p := range b.file.Progs {
		if p.Type == elf.PT_LOAD && p.Flags == elf.PF_R|elf.PF_X {
			out = append(out, region{"PT_LOAD r-x", p.Off, p.Filesz})
		}
	}
	if len(out) == 0 { // packed programs have one segment for everything
		out = append(out, region{"file", 0, uint64(b.size)})
	}
	return out
}

// run is a string found: its bytes in the region's data and where it stands.
type found struct {
	text   []byte
	member uint32
	offset uint32
}

// strings returns the tables of ASCII and of UTF-16 strings.
func (b *native) strings() []*fact.Table {
	var ascii, wide []found
	var members []string
	var done int64
	for _, r := range b.regions() {
		if overlaps := done + int64(min(r.size, 1<<40)); overlaps > 2*b.size+maxSmall {
			b.pass.Gap(image.Errorf(image.OverBudget, int64(min(r.off, 1<<62)), "sections overlap: %s is not read", r.name))
			break
		}
		data, err := b.read(r.off, r.size, min(b.pass.Budget.MaxFile, 1<<32-1))
		if err != nil {
			b.pass.Gap(err)
			continue
		}
		if r.off > 1<<32-1-r.size {
			b.pass.Gap(image.Errorf(image.Unsupported, int64(r.off), "%s lies above 4 GiB", r.name))
			continue
		}
		done += int64(len(data))
		if bytes.HasPrefix(data, []byte("oat\n")) {
			continue
		}
		members = append(members, r.name)
		m := uint32(len(members) - 1)
		scan(data, func(at int, text []byte, utf16 bool) {
			f := found{text, m, uint32(r.off) + uint32(at)}
			if utf16 {
				wide = append(wide, f)
			} else {
				ascii = append(ascii, f)
			}
		})
	}
	var out []*fact.Table
	for _, t := range []*fact.Table{table(ascii, members, "plain"), table(wide, members, "utf-16")} {
		if t != nil {
			out = append(out, t)
		}
	}
	return out
}

// printable marks the ASCII characters that strings are made of.
var printable = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x20 && c < 0x7f || c == '\t'
	}
	return t
}()

// scan reports the runs of at least minRun printable characters, in one byte or in two (little-endian). The
// text of a wide run is narrowed.
func scan(data []byte, report func(at int, text []byte, wide bool)) {
	for i := 0; i < len(data); {
		if !printable[data[i]] {
			i++
			continue
		}
		start := i
		for i < len(data) && printable[data[i]] {
			i++
		}
		if i-start >= minRun {
			report(start, data[start:i], false)
			continue
		}
		if i-start > 1 {
			continue
		}
		// a character on its own may begin a wide run
		first := start
		j := first
		for j+1 < len(data) && printable[data[j]] && data[j+1] == 0 {
			j += 2
		}
		if (j-first)/2 >= minRun {
			text := make([]byte, 0, (j-first)/2)
			for k := first; k < j; k += 2 {
				text = append(text, data[k])
			}
			report(first, text, true)
			i = j
		}
	}
}

// table sorts the runs by text and joins equal ones. The values share one block of memory.
func table(list []found, members []string, recovered string) *fact.Table {
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(x, y found) int {
		return cmp.Or(bytes.Compare(x.text, y.text), cmp.Compare(x.offset, y.offset))
	})
	var block strings.Builder
	size, distinct := 0, 0
	for i, f := range list {
		if i == 0 || !bytes.Equal(f.text, list[i-1].text) {
			size += len(f.text)
			distinct++
		}
	}
	block.Grow(size)
	t := &fact.Table{
		Kind: "string", Column: "value", Common: fact.F("source", "native", "recovered", recovered), Members: members,
		Values: make([]string, 0, distinct), Starts: make([]uint32, 0, distinct+1), Sites: make([]fact.Site, 0, len(list)),
	}
	for i, f := range list {
		if i == 0 || !bytes.Equal(f.text, list[i-1].text) {
			start := block.Len()
			block.Write(f.text)
			t.Values = append(t.Values, block.String()[start:])
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		}
		t.Sites = append(t.Sites, fact.Site{Member: f.member, Offset: f.offset})
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	return t
}

// clean returns a name as valid UTF-8.
func clean(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}
