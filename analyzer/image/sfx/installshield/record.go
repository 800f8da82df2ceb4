package installshield

import (
	"bytes"
	"encoding/binary"
	"io"

	"romscan/analyzer/image/bin"
)

// kind is one of the ways in which the files are listed.
type kind int

const (
	unknown kind = iota
	// plain records are four strings that end with a zero byte: name, path, version, size as decimal number; up to
	// InstallShield 2009.
	plain
	// wide records are the same in UTF-16, mostly with a u32 before the first, their number; of Unicode setups.
	wide
	// headed lists have a header and records of fixed size, the names in 8-bit text; InstallShield 10.5 to 2014.
	headed
	// streams have the header and records with the size of the name, in UTF-16; since InstallShield 2015.
	streams
	// streams4 have another 24 bytes in each record.
	streams4
)

// The header, little endian: magic of 14 bytes, u16 number of files, u32 type, 26 more bytes.
const (
	headedMagic = "InstallShield\x00"
	streamMagic = "ISSetupStream\x00"
	headerSize  = 46
	maxType     = 4
)

// Sizes of records. Strings are bounded as the programs themselves bound them (MAX_PATH).
const (
	headedSize = 312
	streamSize = 24
	maxPath    = 260
	maxVersion = 32
	maxNumber  = 12
	maxText    = 2*maxPath + maxVersion + maxNumber // characters of a plain record
)

// record is one file in the list.
type record struct {
	name         string
	path         string // of plain records; where there is one, the file is listed by it
	version      string // of plain records
	data, length int64
	key          []byte // nil for a file that is not coded
	unit         int64  // the key starts again after so many bytes; 0 means never
	deflated     bool
}

// list says how the files are listed, where the first record is and how many are stated, -1 where nothing states it.
type list struct {
	kind
	first int64
	count int
}

func listOf(r io.ReaderAt, size int64) list {
	head := bin.Head(r, size, 4*maxPath)
	if len(head) >= headerSize {
		magic, t := string(head[:14]), binary.LittleEndian.Uint32(head[16:])
		l := list{first: headerSize, count: int(binary.LittleEndian.Uint16(head[14:]))}
		switch {
		case t > maxType: // no known list
		case magic == headedMagic:
			l.kind = headed
			return l
		case magic == streamMagic && t == 4:
			l.kind = streams4
			return l
		case magic == streamMagic:
			l.kind = streams
			return l
		}
	}
	start := debug(head)
	switch head = head[start:]; {
	case len(head) < 16:
	case head[2] == 0 && head[3] == 0 && head[4] > ' ' && head[5] == 0:
		return list{wide, int64(start) + 4, int(binary.LittleEndian.Uint32(head))}
	case head[0] > ' ' && head[1] == 0 && head[2] > ' ' && head[3] == 0:
		return list{wide, int64(start), -1}
	case head[0] > ' ' && head[1] >= ' ':
		return list{plain, int64(start), -1}
	}
	return list{}
}

// debug returns the size of the debugging record that some programs have behind their sections: "NB10", u32, u32, u32,
// the name of a file, and zeros.
func debug(head []byte) int {
	if !bytes.HasPrefix(head, []byte("NB10")) || len(head) < 17 {
		return 0
	}
	n := bytes.IndexByte(head[16:], 0)
	if n < 0 {
		return 0
	}
	n += 16
	for n < len(head) && head[n] == 0 {
		n++
	}
	return n
}
