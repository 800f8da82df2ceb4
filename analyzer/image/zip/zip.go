// Package zip opens ZIP archives the way Android does, and says where other readers would see something else.
//
// In: an [io.ReaderAt]: a ROM package, an APK, a JAR. Out: an [FS] of the entries, read in place where they are
// stored and decoded on demand where they are compressed. The central directory decides; local headers are
// compared with it, and stand in for it where it is gone. Wherever two readings of the same bytes disagree, both
// are kept if they can be read, and the disagreement is named by a [Trick].
//
//	f, err := zip.Open(r, size, budget)
//	for e := range f.Entries() { fmt.Println(e.Name, e.Method, e.Tricks) }
//
// Limit: LZMA, XZ and encrypted entries are listed, not read; multi-volume archives are read as one.
package zip

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxEntries bounds the entries of one archive. The largest ROM packages hold some ten thousand.
const maxEntries = 1 << 20

// most is the number of entries that are read.
func (f *FS) most() uint64 { return uint64(min(maxEntries, f.budget.Files)) }

// Format returns the zip format.
func Format() image.Format {
	return image.Format{
		Name: "zip",
		Doc:  "ZIP archive: ROM packages, APKs, JARs, APEX; read as leniently as Android's own reader",
		Refs: []string{
			"PKWARE APPNOTE.TXT 6.3.10",
			"AOSP system/libziparchive/zip_archive.cc",
			"AOSP frameworks/base/libs/androidfw/ZipFileRO.cpp",
		},
		Limits: []string{
			"LZMA, XZ, PPMd and encrypted entries are listed and not read",
			"at most 1,048,576 entries",
		},
		Sniff: Sniff,
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			f, err := Open(r, size, b)
			if err != nil {
				return nil, err
			}
			return f, nil
		},
	}
}

// FS is an opened archive. It is safe for concurrent use.
type FS struct {
	r       io.ReaderAt
	size    int64
	budget  *image.Budget
	dir     int64 // offset of the central directory, -1 where there is none
	entries []*Entry
	nodes   map[string]*node
	gaps    []*image.Error
	tricks  []Trick
	left    int64 // bytes that may still be decoded to tell readings apart
	crowded bool  // directories were left out
	flaters sync.Pool
}

// Entry is one file or directory of an archive, as its headers state it. Sizes and offsets are in bytes.
type Entry struct {
	Name string // in the FS: a valid io/fs path, unique in the archive
	Raw  string // as the archive writes it

	Method, Flags uint16 // of the central directory, or of the local header where that is all there is
	CRC           uint32
	Compressed    int64
	Uncompressed  int64

	LocalMethod, LocalFlags uint16
	LocalCRC                uint32
	LocalCompressed         int64
	LocalUncompressed       int64

	Header int64 // offset of the local header
	Data   int64 // offset of the first data byte
	Mode   fs.FileMode
	Link   string // target of a symbolic link
	Tricks []Trick

	localName string
	local     bool // a local header is there
	read      reading
}

// Size returns the number of bytes a reader of the entry gets.
func (e *Entry) Size() int64 { return e.read.size }

// Err returns why the entry cannot be read, or nil.
func (e *Entry) Err() error {
	if e.read.err == nil {
		return nil
	}
	return e.read.err
}

// Entries yields the entries in the order of the central directory; those only local headers know come last.
func (f *FS) Entries() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for _, e := range f.entries {
			if !yield(e) {
				return
			}
		}
	}
}

// Directory returns the offset of the central directory, or -1 where the archive has none that is usable.
func (f *FS) Directory() int64 { return f.dir }

// Tricks returns what is odd about the archive as a whole; Entry.Tricks says it of single entries.
func (f *FS) Tricks() []Trick { return f.tricks }

// Gaps implements [image.Gapper].
func (f *FS) Gaps() []*image.Error { return f.gaps }

// knownHeads begin files that are no archive even if one is appended to them; looking for one at their ends would
// read a second place of every such file of an image. DEX is not among them: a DEX before an APK is an attack on
// signature scheme v1 (CVE-2017-13156), and Android installs the APK.
var knownHeads = []string{
	"\x7fELF", "\x89PNG", "\xff\xd8\xff", "GIF8", "OggS", "RIFF", "ID3", "\x1f\x8b", "dey\n", "vdex", "art\n", "oat\n",
	"\x00\x01\x00\x00", "OTTO", "ttcf", "\x03\x00\x08\x00", "\x02\x00\x0c\x00", "<?xml",
}

// sniffTail is how far from the end the end record of an archive with something before it is looked for, and
// sniffMax the largest file in which it is: the tail of a compressed file costs decoding all of it.
const (
	sniffTail = 1 << 10
	sniffMax  = 64 << 20
)

// Sniff reports whether r is an archive: by its first bytes, or, behind bytes that are nothing known, by an end
// record that leads to a directory.
func Sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, 8)
	if len(head) < 8 {
		return false
	}
	switch string(head[:4]) {
	case sigLocal:
		return true
	case sigEnd:
		return size >= endSize
	case sigDescriptor, "PK00": // the marks of a split archive that fits one volume
		return string(head[4:]) == sigLocal
	}
	if size > sniffMax || size < endSize {
		return false
	}
	for _, known := range knownHeads {
		if strings.HasPrefix(string(head), known) {
			return false
		}
	}
	d, ok := findDirectory(r, size, sniffTail)
	return ok && d.end > d.start
}

// Open reads the index of an archive of size bytes.
func Open(r io.ReaderAt, size int64, b *image.Budget) (*FS, error) {
	f := &FS{r: r, size: size, budget: b, dir: -1, left: trialBytes}
	d, ok := findDirectory(r, size, maxComment+endSize)
	if ok {
		f.readDirectory(d)
	} else if _, err := r.ReadAt(make([]byte, 1), size-1); errors.Is(err, image.ErrBudget) {
		return nil, err // there may be a directory
	} else {
		f.readLocal()
	}
	if len(f.entries) == 0 && !(ok && d.empty()) {
		return nil, image.Errorf(image.Malformed, 0, "no directory and no local header")
	}
	f.compare()
	f.findHidden()
	for _, e := range f.entries {
		f.decide(e)
	}
	f.link()
	f.place()
	f.report()
	return f, nil
}
