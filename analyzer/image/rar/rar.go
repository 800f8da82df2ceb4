// Package rar reads RAR archives of versions 1.5 to 7 (the formats RAR 4 and RAR 5).
//
// In: a .rar file, or the volumes of one; encrypted ones with a password from the run's key file. Out: a *FS, an
// [image.Index] of its files. Stored files are read in place, others are decoded once when they are read; a solid
// archive is decoded once for all its files.
//
//	fsys, err := rar.Format().Open(r, size, budget)
//
// Limit: the decoder is a library's: a file of RAR 3 packed with PPMd may take 256 MB of memory, whatever its size.
package rar

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nwaples/rardecode/v2"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes RAR archives.
func Format() image.Format {
	return image.Format{
		Name: "rar",
		Doc:  "RAR archive, whole or in volumes: how collections and forums pack firmware; with --keys, `rar PASSWORD`.",
		Refs: []string{
			"https://www.rarlab.com/technote.htm (RAR 5)",
			"https://github.com/nwaples/rardecode",
		},
		Limits: []string{
			"passwords have no blanks, as fields of a key file have none, and are one for the whole archive",
			"files whose size the archive does not state, and links within it, are not read",
			"PPMd of RAR 3 takes as much memory as the archive says, up to 256 MB",
			"self-extracting archives are read where the program is one for Windows (sfx)",
		},
		Sniff:   sniff,
		Open:    open,
		Group:   group,
		OpenSet: openSet,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	h := string(bin.Head(r, size, 8))
	return strings.HasPrefix(h, "Rar!\x1A\x07\x00") || strings.HasPrefix(h, "Rar!\x1A\x07\x01\x00")
}

// single is what an archive of one file is called for the library, which knows volumes by their names.
const single = "archive.rar"

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	return openVolumes([]image.Part{{Name: single, ReaderAt: r, Size: size}}, b)
}

func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	named := slices.Clone(parts)
	for i := range named {
		named[i].Name = path.Base(named[i].Name)
		if !sniff(named[i], named[i].Size) {
			return nil, image.Errorf(image.Malformed, -1, "%s is no volume of RAR", named[i].Name)
		}
	}
	return openVolumes(named, b)
}

var (
	newVolume = regexp.MustCompile(`(?i)^(.+)\.part([0-9]{1,5})\.rar$`)
	oldVolume = regexp.MustCompile(`(?i)^(.+)\.(rar|[r-z][0-9]{2})$`)
)

// group takes volumes as WinRAR names them: name.part1.rar and on, or name.rar, name.r00 and on.
func group(names []string) []image.Set {
	found := map[string][]string{}
	var order []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		stem := ""
		if m := newVolume.FindStringSubmatch(name); m != nil {
			stem = m[1] + ".rar"
		} else if m := oldVolume.FindStringSubmatch(name); m != nil {
			stem = m[1]
		}
		if stem == "" {
			continue
		}
		if found[stem] == nil {
			order = append(order, stem)
		}
		found[stem] = append(found[stem], name)
	}
	var sets []image.Set
	for _, stem := range order {
		volumes := found[stem]
		slices.SortStableFunc(volumes, func(a, b string) int { return ordinal(a) - ordinal(b) })
		if len(volumes) > 1 && ordinal(volumes[0]) == 0 {
			sets = append(sets, image.Set{Name: stem, Names: volumes})
		}
	}
	return sets
}

// ordinal is the number of a volume, from 0.
func ordinal(name string) int {
	if m := newVolume.FindStringSubmatch(name); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return 1 << 20
		}
		return n - 1
	}
	ext := strings.ToLower(path.Ext(name))
	if ext == ".rar" {
		return 0
	}
	return 1 + 100*int(ext[1]-'r') + 10*int(ext[2]-'0') + int(ext[3]-'0')
}

// reason gives the library's errors their reasons.
func reason(err error) error {
	var known *image.Error
	switch {
	case err == nil, err == io.EOF, errors.As(err, &known), errors.Is(err, image.ErrBudget):
		return err
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted), errors.Is(err, rardecode.ErrBadPassword):
		return image.Errorf(image.Encrypted, -1, "%v", err)
	case errors.Is(err, rardecode.ErrDictionaryTooLarge), errors.Is(err, rardecode.ErrPlatformIntSize):
		return image.Errorf(image.OverBudget, -1, "%v", err)
	case errors.Is(err, rardecode.ErrMultiVolume), errors.Is(err, rardecode.ErrFileNameRequired), errors.Is(err, fs.ErrNotExist):
		return image.Errorf(image.Truncated, -1, "a volume is missing: %v", err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, rardecode.ErrUnexpectedArcEnd), errors.Is(err, rardecode.ErrDecoderOutOfData), errors.Is(err, rardecode.ErrShortFile):
		return image.Errorf(image.Truncated, -1, "%v", err)
	case errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrUnknownFilter),
		errors.Is(err, rardecode.ErrUnknownEncryptMethod), errors.Is(err, rardecode.ErrMultipleDecoders), errors.Is(err, rardecode.ErrUnknownVersion):
		return image.Errorf(image.Unsupported, -1, "%v", err)
	}
	return image.Errorf(image.Malformed, -1, "%v", err)
}
