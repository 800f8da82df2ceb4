package report

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
)

// EvidencePath names the listing of a step: "evidence/<device path>/<listing>-<digest>.xml", relative, in
// characters that need no escaping in a URI. Equal listings of one file have equal names.
func EvidencePath(s *Step) string {
	where := s.Device
	if where == "" {
		where = s.Path
	}
	ext := map[string]string{"xml": ".xml", "smali": ".smali"}[s.Listing.Language]
	if ext == "" {
		ext = ".txt"
	}
	sum := sha256.Sum256([]byte(s.Listing.Name + "\x00" + s.Listing.Text))
	name := strings.TrimSuffix(path.Base(s.Listing.Name), ext)
	return path.Join("evidence", plain(where), plain(name)+"-"+hex.EncodeToString(sum[:4])+ext)
}

// plain keeps letters, digits and a few marks; hostile names must not leave the directory.
func plain(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-/", r):
			return r
		}
		return '_'
	}, s)
	parts := strings.Split(out, "/")
	for i, p := range parts {
		if strings.Trim(p, ".") == "" {
			parts[i] = strings.Repeat("_", len(p))
		}
		if len(p) > 100 {
			parts[i] = p[:100]
		}
	}
	return strings.Join(parts, "/")
}
