package dex

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Kinds of arrays that strings are recovered from.
const (
	charArray = iota
	byteArray
	shortArray
	intArray
	numArrayKinds
)

// arrayKinds are the values of the field recovered.
var arrayKinds = [numArrayKinds]string{"char-array", "byte-array", "short-array", "int-array"}

// arrayUses collects recovered strings: ids of uses count in values.
type arrayUses struct {
	uses
	values []string
}

// kindOfArray returns the kind by type descriptor, -1 for other types.
func kindOfArray(descriptor string) int {
	return slices.Index([]string{"[C", "[B", "[S", "[I"}, descriptor)
}

// minText is the number of elements from which an array of printable text counts without a call that makes a
// string of it. Numbers in short and int arrays are often small, so those need more, and letters.
var minText = [numArrayKinds]int{charArray: 4, byteArray: 4, shortArray: 6, intArray: 6}

// text returns the string that elements of an array of a kind are, if all of it can be printed.
func text(kind int, elems []int32) (string, bool) {
	if len(elems) == 0 {
		return "", false
	}
	var b []byte
	switch kind {
	case byteArray:
		b = make([]byte, len(elems))
		for i, e := range elems {
			b[i] = byte(e)
		}
	case charArray, shortArray:
		units := make([]uint16, len(elems))
		for i, e := range elems {
			units[i] = uint16(e)
		}
		b = appendUTF16(make([]byte, 0, len(elems)), units)
	default:
		for _, e := range elems {
			if e < 0 || e > unicode.MaxRune {
				return "", false
			}
			b = utf8.AppendRune(b, e)
		}
	}
	return string(b), printable(b)
}

// printable tells whether b is UTF-8 of graphic characters and white space. Private and unassigned code
// points, which tables of numbers are full of, are neither.
func printable(b []byte) bool {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return false
		}
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
		i += n
	}
	return true
}

// wordy tells whether most of the elements are letters, digits and the signs of addresses.
func wordy(elems []int32) bool {
	n := 0
	for _, e := range elems {
		if e >= 0x80 || e < 0x20 {
			return false
		}
		if unicode.IsLetter(e) || unicode.IsDigit(e) || e == '.' || e == '/' || e == ':' || e == '-' || e == '_' {
			n++
		}
	}
	return n*4 >= len(elems)*3
}

// maxElems bounds the elements of one array; no address or key is longer.
const maxElems = 1 << 16

// elements reads a payload as numbers.
func elements(width int, data []byte) []int32 {
	if width != 1 && width != 2 && width != 4 || len(data)/width > maxElems {
		return nil
	}
	out := make([]int32, 0, len(data)/width)
	for ; len(data) >= width; data = data[width:] {
		switch width {
		case 1:
			out = append(out, int32(int8(data[0])))
		case 2:
			out = append(out, int32(int16(binary.LittleEndian.Uint16(data))))
		default:
			out = append(out, int32(binary.LittleEndian.Uint32(data)))
		}
	}
	return out
}

// textOf returns the text of a payload whose type is not known.
func textOf(width int, data []byte) (string, bool) {
	kind := map[int]int{1: byteArray, 2: charArray, 4: intArray}[width]
	elems := elements(width, data)
	if len(elems) < minText[kind] || kind == intArray && !wordy(elems) {
		return "", false
	}
	return text(kind, elems)
}
