package dex

import (
	"slices"
)

// NoIndex is the index that stands for "none" (NO_INDEX).
const NoIndex = 0xffffffff

// Note names an oddity that does not keep the file from being read.
type Note string

// The notes.
const (
	NoteChecksum Note = "checksum"  // the adler32 of the header is not that of the bytes
	NoteFileSize Note = "file-size" // file_size is larger than the file
	NoteTrailing Note = "trailing"  // bytes after file_size
	NoteHeader   Note = "header"    // header_size is not that of the version
	NoteVersion  Note = "version"   // a version no Android is known to read
	NoteMap      Note = "map"       // the map list is missing or unreadable
)

func (f *File) note(n Note) {
	if !slices.Contains(f.Notes, n) {
		f.Notes = append(f.Notes, n)
	}
}
