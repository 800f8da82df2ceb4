package zip

import (
	"slices"
	"strings"

	"romscan/analyzer/image"
)

// Trick names a way in which an archive is read differently by different readers.
type Trick string

// The closed list of tricks.
const (
	MethodMismatch Trick = "method-mismatch" // directory and local header name different compression methods
	UnknownMethod  Trick = "unknown-method"  // a method no archiver writes; Android takes it for deflate
	SizeMismatch   Trick = "size-mismatch"   // sizes contradict each other or the data
	EncryptionBit  Trick = "encryption-bit"  // flagged as encrypted, yet plain
	DuplicateName  Trick = "duplicate-name"  // several entries of one name
	NameMismatch   Trick = "name-mismatch"   // directory and local header name different files
	NameCollision  Trick = "name-collision"  // a file and a directory of one name
	BadName        Trick = "bad-name"        // a name that is no plain relative path: empty, absolute, with .. or NUL
	ForeignName    Trick = "foreign-name"    // a name that is not UTF-8 or separated by backslashes
	BadOffset      Trick = "bad-offset"      // the directory points where no local header is
	Overlapping    Trick = "overlapping"     // two entries share bytes
	HiddenEntry    Trick = "hidden-entry"    // a local header the directory does not know
	CutOff         Trick = "cut-off"         // the archive ends inside the entry
	EOCDLie        Trick = "eocd-lie"        // the end record contradicts the directory
	NoDirectory    Trick = "no-directory"    // no end record leads to a directory
	Prefix         Trick = "prefix"          // bytes before the archive
	Trailing       Trick = "trailing"        // bytes after the archive
)

// reasons are those that are not image.Tampered: what broken downloads and foreign archivers produce too.
var reasons = map[Trick]image.Reason{
	ForeignName: image.Malformed, NoDirectory: image.Truncated, Trailing: image.Malformed, CutOff: image.Truncated,
}

// Reason returns the class of Gap a trick is.
func (t Trick) Reason() image.Reason {
	if r, ok := reasons[t]; ok {
		return r
	}
	return image.Tampered
}

func (e *Entry) mark(t Trick) {
	if !slices.Contains(e.Tricks, t) {
		e.Tricks = append(e.Tricks, t)
	}
}

// note is the text of image.Attr.Note.
func (e *Entry) note() string {
	if len(e.Tricks) == 0 {
		return ""
	}
	s := make([]string, len(e.Tricks))
	for i, t := range e.Tricks {
		s[i] = string(t)
	}
	return strings.Join(s, ",")
}

// maxGaps bounds the gaps listed one by one for one archive.
const maxGaps = 256

// trick notes what is odd about the archive as a whole.
func (f *FS) trick(t Trick, off int64, format string, args ...any) {
	if !slices.Contains(f.tricks, t) {
		f.tricks = append(f.tricks, t)
	}
	f.gap(t.Reason(), off, "%s: "+format, append([]any{t}, args...)...)
}

func (f *FS) gap(reason image.Reason, off int64, format string, args ...any) {
	if len(f.gaps) < maxGaps {
		f.gaps = append(f.gaps, image.Errorf(reason, off, format, args...))
	}
}

// report turns the entries' tricks and errors into gaps.
func (f *FS) report() {
	more := 0
	for _, e := range f.entries {
		if len(f.gaps) >= maxGaps {
			more += len(e.Tricks)
			continue
		}
		for _, t := range e.Tricks {
			f.gap(t.Reason(), e.Header, "%s: %q", t, e.Raw)
		}
		if e.read.err != nil {
			f.gap(e.read.err.Reason, e.Header, "%q: %s", e.Raw, e.read.err.Detail)
		}
	}
	if more > 0 {
		f.gaps = append(f.gaps, image.Errorf(image.Tampered, -1, "%d more tricks", more))
	}
}
