package firmware

import (
	"io/fs"
	"path"
	"strconv"

	"romscan/analyzer/fact"
)

// fileFact describes a device file to signatures.
func fileFact(f *fact.FileInfo, s Spot) fact.Fact {
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	fields := fact.F(
		"name", path.Base(s.Device),
		"size", strconv.FormatInt(f.Size, 10),
		"sha256", f.SHA256.String(),
		"setuid", yes(f.Mode&(fs.ModeSetuid|fs.ModeSetgid) != 0),
		"executable", yes(f.Mode.IsRegular() && f.Mode&0o111 != 0),
		"label", f.Label,
		"path", s.Device,
		"partition", s.Partition,
	)
	at := fact.Nowhere()
	at.Path = f.Path
	return fact.Fact{Kind: "file", Fields: fields, At: at}
}
