package odex

import (
	"bytes"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	headerSize = 40
	maxDeps    = 1 << 20 // bytes of the dependency table; a phone's take about 3 KiB
	maxName    = 4096    // PATH_MAX
	sumSize    = 20
)

// Range is a stretch of the file, in bytes.
type Range struct{ Offset, Size int64 }

// Dep is a file of the boot class path that the code was optimised against.
type Dep struct {
	Name string        // "/system/framework/core.odex", or a name of dalvik-cache with @ for /
	SHA1 [sumSize]byte // of its DEX, as the DEX's header states it
}

// File is what an .odex says of itself.
type File struct {
	Version  string // "035" or "036"
	Dex      Range
	DepsAt   Range
	Opt      Range
	Flags    uint32
	Checksum uint32 // adler32 from the dependencies to the end of the optimised tables; 036 only
	ModTime  uint32 // of classes.dex in the app's zip, as a DOS date and time
	CRC      uint32 // crc32 of classes.dex in the app's zip
	Build    uint32 // DALVIK_VM_BUILD
	Deps     []Dep

	dexSum uint32
}

// version of the header at the start of head, "" where it is none. What it says must fit itself, as a magic of three
// letters and a line end is little.
func version(head []byte) string {
	if len(head) < headerSize || string(head[:4]) != "dey\n" || head[7] != 0 {
		return ""
	}
	if v := string(head[4:7]); v == "035" || v == "036" {
		return v
	}
	return ""
}

// Parse reads the header and the dependencies of the .odex in r. Where the dependencies cannot be read, what comes before
// them is returned beside the error; where the header cannot, nil.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	head, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	f := &File{Version: version(head)}
	if f.Version == "" {
		return nil, image.Errorf(image.Unsupported, 4, "no odex of version 035 or 036")
	}
	c := bin.Little(head[8:], 8)
	for _, to := range []*Range{&f.Dex, &f.DepsAt, &f.Opt} {
		to.Offset = int64(c.U32())
		to.Size = int64(c.U32())
	}
	f.Flags, f.Checksum = c.U32(), c.U32()
	if f.Dex.Offset < headerSize || f.Dex.Offset > size {
		return nil, image.Errorf(image.Malformed, 8, "the DEX begins at %d in a file of %d bytes", f.Dex.Offset, size)
	}
	if sum, err := bin.ReadAt(r, size, f.Dex.Offset+8, 4, 4); err == nil {
		f.dexSum = bin.Little(sum, 0).U32()
	}
	return f, f.readDeps(r, size)
}

func (f *File) readDeps(r io.ReaderAt, size int64) error {
	data, err := bin.ReadAt(r, size, f.DepsAt.Offset, f.DepsAt.Size, maxDeps)
	if err != nil {
		return image.Errorf(image.Truncated, f.DepsAt.Offset, "dependencies: %v", err)
	}
	c := bin.Little(data, f.DepsAt.Offset)
	f.ModTime, f.CRC, f.Build = c.U32(), c.U32(), c.U32()
	for range c.U32() {
		n := c.U32()
		if n > maxName {
			return image.Errorf(image.Malformed, f.DepsAt.Offset+int64(c.Pos()), "a dependency's name of %d bytes", n)
		}
		name, sum := c.Bytes(int(n)), c.Bytes(sumSize)
		if c.Err() != nil {
			return c.Err()
		}
		name, _, _ = bytes.Cut(name, []byte{0})
		f.Deps = append(f.Deps, Dep{Name: string(name), SHA1: [sumSize]byte(sum)})
	}
	return c.Err()
}
