package qfil

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

// program is one element of rawprogram*.xml: what is written where.
type program struct {
	file, label, disk string
	sparse            bool
	sector            int64 // bytes
	start             int64 // in sectors, -1 where it counts from the end of the disk
	from, sectors     int64 // in the file; sectors 0: up to its end
}

// Bounds of what is believed.
const (
	maxXML      = 16 << 20
	maxPrograms = 1 << 16
	maxSector   = 1 << 16
	maxSectors  = 1 << 40

	maxPartition = 1 << 40 // bytes
)

// readPrograms reads the program elements of one file; with an error, those before the trouble.
func readPrograms(name string, part *image.Part) ([]program, error) {
	if part.Size > maxXML {
		return nil, image.Errorf(image.OverBudget, -1, "XML of %d bytes, limit %d", part.Size, maxXML)
	}
	d := xml.NewDecoder(io.NewSectionReader(part, 0, part.Size))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var out []program
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, image.Errorf(image.Malformed, d.InputOffset(), "%v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok || !strings.EqualFold(e.Name.Local, "program") {
			continue
		}
		if len(out) == maxPrograms {
			return out, image.Errorf(image.OverBudget, d.InputOffset(), "more than %d elements", maxPrograms)
		}
		if p, ok := readProgram(e.Attr); ok {
			out = append(out, p)
		} else {
			return out, image.Errorf(image.Malformed, d.InputOffset(), "numbers of a program element")
		}
	}
}

// readProgram reads one element; ok is false for numbers that no package has.
func readProgram(attrs []xml.Attr) (p program, ok bool) {
	p.sector, p.start = 512, -1
	for _, a := range attrs {
		v := strings.TrimSpace(a.Value)
		n := func(most int64) int64 {
			n, err := strconv.ParseInt(strings.TrimSuffix(v, "."), 0, 64)
			if err != nil || n < 0 || n > most {
				return -1
			}
			return n
		}
		switch strings.ToLower(a.Name.Local) {
		case "filename":
			p.file = v
		case "label":
			p.label = v
		case "physical_partition_number":
			p.disk = v
		case "sparse":
			p.sparse = strings.EqualFold(v, "true")
		case "sector_size_in_bytes":
			p.sector = n(maxSector)
		case "start_sector":
			p.start = n(maxSectors)
		case "file_sector_offset":
			p.from = n(maxSectors)
		case "num_partition_sectors":
			p.sectors = n(maxSectors)
		}
	}
	return p, p.sector > 0 && p.from >= 0 && p.sectors >= 0
}
