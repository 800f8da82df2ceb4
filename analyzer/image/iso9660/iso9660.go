// Package iso9660 reads CD images.
//
// In: an ISO 9660 image. Out: an [image.Index] of its files, in place: with the names, modes and links of Rock Ridge
// where it is there, else with Joliet's names, else with its own.
//
//	fsys, err := iso9660.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "system.sfs")
//
// Limit: files that zisofs compressed are listed and refused.
package iso9660

import (
	"encoding/binary"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes CD images.
func Format() image.Format {
	return image.Format{
		Name: "iso9660",
		Doc:  "CD image: Android-x86 and its kin, the drivers' CD that a phone shows to a PC.",
		Refs: []string{
			"ECMA-119",
			"IEEE P1281 (SUSP) and P1282 (Rock Ridge)",
			"Joliet specification, Microsoft 1995",
		},
		Limits: []string{
			"interleaved files and files compressed by zisofs are refused",
			"UDF, boot images and other sessions than the first are not read",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	sector   = 2048
	firstVD  = 16 // sector of the first volume descriptor
	maxVD    = 64
	maxDirs  = 1 << 16
	maxFiles = 1 << 20
	maxDir   = 64 << 20 // bytes of a directory
	maxDepth = 128
)

func sniff(r io.ReaderAt, size int64) bool {
	b := make([]byte, 6)
	n, _ := r.ReadAt(b, firstVD*sector)
	return n == 6 && string(b[1:]) == "CD001" && (b[0] <= 3 || b[0] == 255)
}

// volume is an opened image on its way into the index.
type volume struct {
	*image.Index
	r          io.ReaderAt
	size       int64
	block      int64
	joliet, rr bool
	skip       int // bytes before SUSP in each system use area
	seen       map[int64]bool
	files      int
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	v := &volume{Index: image.NewIndex(), r: r, size: size, seen: map[int64]bool{}}
	root, err := v.descriptors()
	if err != nil {
		return nil, err
	}
	v.dir("", root, 0)
	return v.Index, nil
}

// descriptors finds the root directory: the primary volume's if it has Rock Ridge, else Joliet's, else the primary.
func (v *volume) descriptors() (record, error) {
	var primary, joliet record
	var jolietBlock int64
	for i := range int64(maxVD) {
		at := (firstVD + i) * sector
		b, err := bin.ReadAt(v.r, v.size, at, sector, sector)
		if err != nil {
			if primary.extent == 0 {
				return record{}, err
			}
			break
		}
		if string(b[1:6]) != "CD001" || b[0] == 255 {
			break
		}
		block := int64(binary.LittleEndian.Uint16(b[128:]))
		if block < 512 || block > sector || block&(block-1) != 0 {
			continue
		}
		root, ok := parseRecord(b[156:190])
		switch {
		case !ok:
		case b[0] == 1 && primary.extent == 0:
			primary, v.block = root, block
		case b[0] == 2 && b[88] == '%' && b[89] == '/' && (b[90] == '@' || b[90] == 'C' || b[90] == 'E'):
			joliet, jolietBlock = root, block
		}
	}
	if primary.extent == 0 && joliet.extent == 0 {
		return record{}, image.Errorf(image.Malformed, firstVD*sector, "no volume descriptor with a root directory")
	}
	v.rr = primary.extent != 0 && v.rockRidge(primary)
	if joliet.extent != 0 && !v.rr {
		v.joliet, v.block = true, jolietBlock
		return joliet, nil
	}
	return primary, nil
}

// rockRidge looks for SUSP in the root's own entry.
func (v *volume) rockRidge(root record) bool {
	b := make([]byte, 255)
	n, _ := v.r.ReadAt(b, root.extent*v.block)
	self, ok := parseRecord(b[:n])
	if !ok || len(self.system) < 7 || string(self.system[:2]) != "SP" || self.system[4] != 0xBE || self.system[5] != 0xEF {
		return false
	}
	v.skip = int(self.system[6])
	return true
}
