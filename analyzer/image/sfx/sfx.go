// Package sfx reads self-extracting archives: Windows programs with a ZIP, 7z or RAR archive, or the files of an
// InstallShield setup, behind their last section, as flashing tools and update utilities come.
//
// In: an .exe. Out: an [image.Index] with one file, the archive, read in place.
//
//	fsys, err := sfx.Format().Open(r, size, budget)
//
// Limit: NSIS's installers are named and refused.
package sfx

import (
	"bytes"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/sfx/installshield"
)

// Name is what the one file inside is called.
const Name = "archive"

// Format describes self-extracting archives.
func Format() image.Format {
	return image.Format{
		Name: "sfx",
		Doc:  "Self-extracting archive: a Windows program with a ZIP, 7z or RAR archive or an InstallShield setup behind its last section; how flashing tools and some vendors' update utilities come.",
		Refs: []string{
			"https://learn.microsoft.com/windows/win32/debug/pe-format",
			"LZMA SDK: DOC/installer.txt (what stands between program and archive)",
		},
		Limits: []string{
			"no update utility of a vendor was met",
			"NSIS's installers, and InstallShield's of unknown types, are named and not opened",
			"archives among the resources of a program, and those behind programs for other systems than Windows, are not found",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			_, _, err := find(r, size)
			return err != errNone
		},
		Open: func(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
			from, to, err := find(r, size)
			if err != nil {
				return nil, err
			}
			x := image.NewIndex()
			e := image.Entry{Mode: 0o444, Size: to - from, Attr: image.Attr{Offset: from}, Open: func() (io.ReaderAt, error) { return image.NewSection(r, from, to-from), nil }}
			return x, x.Add(Name, e)
		},
	}
}

var errNone = image.Errorf(image.Malformed, 0, "no Windows program with an archive")

// archives are what archives begin with.
var archives = []string{"PK\x03\x04", "7z\xBC\xAF\x27\x1C", "Rar!\x1A\x07"}

func isArchive(b []byte) bool {
	for _, magic := range archives {
		if strings.HasPrefix(string(b), magic) {
			return true
		}
	}
	return false
}

// installers are what else lies behind a program: a mark, where it stands, and its name.
var installers = []struct {
	mark string
	at   int
	name string
}{
	{"ISSetupStream\x00", 0, "InstallShield"},
	{"InstallShield\x00", 0, "InstallShield"},
	{"\xEF\xBE\xAD\xDENullsoftInst", 4, "NSIS"},
}

// Between the program and a 7z archive may stand the text that tells the program what to do.
const (
	configBegin = ";!@Install@!UTF-8"
	configEnd   = ";!@InstallEnd@!"
	maxConfig   = 64 << 10
)

// find returns where the archive lies. It is errNone for what is no such file, and another error for an installer.
func find(r io.ReaderAt, size int64) (from, to int64, err error) {
	p, ok := readProgram(r, size)
	if !ok {
		return 0, 0, errNone
	}
	for _, at := range p.places {
		head := bin.Head(bounded{r, at}, size-at, 32)
		if isArchive(head) {
			end := p.end
			if at < p.overlay { // in a section of its own, as WinZip does: it ends with it
				end = p.overlay
			}
			return at, end, nil
		}
		if installshield.Sniff(bounded{r, at}, p.end-at) {
			return at, p.end, nil
		}
		for _, k := range installers {
			if len(head) > k.at && strings.HasPrefix(string(head[k.at:]), k.mark) {
				return 0, 0, image.Errorf(image.Unsupported, at, "%s installer: what is in it is not read", k.name)
			}
		}
		if strings.HasPrefix(string(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))), configBegin) {
			text := bin.Head(bounded{r, at}, p.end-at, maxConfig)
			if k := bytes.Index(text, []byte(configEnd)); k >= 0 {
				rest := bytes.TrimLeft(text[k+len(configEnd):], "\r\n")
				if isArchive(rest) {
					return at + int64(len(text)-len(rest)), p.end, nil
				}
			}
		}
	}
	return 0, 0, errNone
}

// bounded reads from an offset on.
type bounded struct {
	r  io.ReaderAt
	at int64
}

func (b bounded) ReadAt(p []byte, off int64) (int, error) { return b.r.ReadAt(p, b.at+off) }
