package sfx

import (
	"io"
	"slices"

	"romscan/analyzer/image/bin"
)

// program is what is needed of a PE file.
type program struct {
	overlay int64   // first byte behind the last section
	end     int64   // of what is appended: the signature, which lies last, is not part of it
	places  []int64 // where an archive may begin: behind the sections, and at the section that WinZip makes for one
}

// Sizes of the PE format.
const (
	dosSize     = 64
	coffSize    = 24 // with the signature before it
	sectionSize = 40
	maxSections = 96    // what Windows loads
	maxOptional = 0x400 // of the optional header; 240 bytes in 64-bit programs
	maxNew      = 64 << 10
)

// readProgram reads the headers of a PE file; ok is false for anything else.
func readProgram(r io.ReaderAt, size int64) (p program, ok bool) {
	dos := bin.Head(r, size, dosSize)
	if len(dos) < dosSize || dos[0] != 'M' || dos[1] != 'Z' {
		return p, false
	}
	c := bin.Little(dos, 0)
	c.Seek(60)
	at := int64(c.U32())
	if at < 4 || at > maxNew {
		return p, false
	}
	head, err := bin.ReadAt(r, size, at, coffSize, coffSize)
	if err != nil || string(head[:4]) != "PE\x00\x00" {
		return p, false
	}
	c = bin.Little(head, at)
	c.Seek(6)
	sections := int64(c.U16())
	c.Seek(20)
	optional := int64(c.U16())
	if sections < 1 || sections > maxSections || optional > maxOptional {
		return p, false
	}
	rest, err := bin.ReadAt(r, size, at+coffSize, optional+sections*sectionSize, maxOptional+maxSections*sectionSize)
	if err != nil {
		return p, false
	}
	signed, behind := signature(rest[:optional], size)
	p.end = signed
	for table := rest[optional:]; len(table) > 0; table = table[sectionSize:] {
		c := bin.Little(table[:sectionSize], 0)
		name := string(c.Bytes(8))
		c.Skip(8)
		length, start := int64(c.U32()), int64(c.U32())
		if length == 0 {
			continue
		}
		p.overlay = max(p.overlay, start+length)
		if name == "_winzip_" && start < size {
			p.places = append(p.places, start)
		}
	}
	if p.overlay == 0 {
		return p, false
	}
	if behind < size || p.end <= p.overlay { // appended after it was signed, or nothing before the signature
		p.end = size
	}
	if p.overlay < size {
		p.places = slices.Insert(p.places, 0, p.overlay)
	}
	if behind < size && behind > p.overlay {
		p.places = append(p.places, behind)
	}
	return p, len(p.places) > 0
}

// signature returns where the signature of a program begins and ends, both the size of the file where there is none.
// What was appended before it was signed lies before (data directory 4, whose address is an offset in the file).
func signature(optional []byte, size int64) (from, to int64) {
	directories := 96
	if len(optional) >= 2 && optional[0] == 0x0b && optional[1] == 0x02 {
		directories = 112
	}
	if len(optional) < directories+5*8 {
		return size, size
	}
	c := bin.Little(optional, 0)
	c.Seek(directories + 4*8)
	at, length := int64(c.U32()), int64(c.U32())
	end := at + (length+7)&^7
	if at == 0 || length == 0 || at+length > size {
		return size, size
	}
	return at, min(end, size)
}
