package image

import "strings"

// Separator stands between the segments of a printed Path: what is left of it is a container, what is right
// of it lies inside. It cannot occur in a segment's name, which is a valid io/fs path.
const Separator = "//"

// Segment is one step from a container to a file inside it.
type Segment struct {
	Container string `json:"container,omitempty"` // formats opened to get here, outermost first: "zip", "sparse,ext4"; empty for the input itself
	Name      string `json:"name"`                // slash-separated name inside the container
	Offset    int64  `json:"offset"`              // of the file's first byte in its container, -1 where it has none of its own (compressed, scattered, sparse)
}

// Path says where something is, from the input inward. It is a value: Join copies.
type Path []Segment

// Join returns p with one more segment.
func (p Path) Join(s Segment) Path {
	q := make(Path, len(p)+1)
	copy(q, p)
	q[len(p)] = s
	return q
}

// String prints the names, joined by Separator: "ota.zip//system.img//app/X/X.apk//classes.dex".
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		if i > 0 {
			b.WriteString(Separator)
		}
		b.WriteString(s.Name)
	}
	return b.String()
}

// Inner prints p without the input's own name: what a user types after the image.
func (p Path) Inner() string {
	if len(p) < 2 {
		return ""
	}
	return p[1:].String()
}

// Name returns the last segment's name.
func (p Path) Name() string {
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1].Name
}

// Depth is the number of containers around the file.
func (p Path) Depth() int { return len(p) - 1 }
