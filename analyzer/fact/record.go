package fact

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Record is everything one scan saw. It is complete: signatures, diff and every report can be run from it
// without the image. Units stand in tree order.
type Record struct {
	Header
	Units []Unit
}

// RecordVersion is raised when older readers could no longer read a saved record.
const RecordVersion = 1

// Header is the first line of a saved record.
type Header struct {
	Version     int         `json:"romscanRecord"`
	Tool        string      `json:"tool"`
	Input       string      `json:"input"` // the input's name without directories
	Size        int64       `json:"size"`
	SHA256      string      `json:"sha256,omitempty"` // of the input; empty for a directory
	Filesystems []string    `json:"filesystems"`      // format names whose files are a device's
	Analyzers   []string    `json:"analyzers"`        // name@version
	Complete    bool        `json:"complete"`         // false after an interruption
	Flows       bool        `json:"flows,omitempty"`  // data was followed through the code of apps
	Gaps        []image.Gap `json:"gaps,omitempty"`   // of the run as a whole
}

// Unit is one file with what was seen in it. Files that only fill containers (the pictures in an APK) have
// no unit of their own.
type Unit struct {
	File   FileInfo    `json:"file"`
	Facts  []Fact      `json:"facts,omitempty"`
	Tables []*Table    `json:"tables,omitempty"`
	Gaps   []image.Gap `json:"gaps,omitempty"`
}

// FileInfo is a file's entry in the record.
type FileInfo struct {
	Path   image.Path  `json:"path"`
	Size   int64       `json:"size"`
	Mode   fs.FileMode `json:"mode"`
	Link   string      `json:"link,omitempty"`
	SHA256 Digest      `json:"sha256,omitempty"`
	Kind   string      `json:"kind,omitempty"`   // formats it opened as: "sparse,ext4"
	PartOf string      `json:"partOf,omitempty"` // the set of files it was read as a part of
	UID    uint32      `json:"uid,omitempty"`
	GID    uint32      `json:"gid,omitempty"`
	Label  string      `json:"label,omitempty"`
	Ran    []string    `json:"ran,omitempty"` // analyzers that read it
}

// Digest is a sha256, printed in hex; the zero value means none.
type Digest [32]byte

// IsZero reports whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String prints the digest, "" for none.
func (d Digest) String() string {
	if d.IsZero() {
		return ""
	}
	return hex.EncodeToString(d[:])
}

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Digest{}
		return nil
	}
	if hex.DecodedLen(len(b)) != len(d) {
		return errors.New("digest: not 64 hex digits")
	}
	_, err := hex.Decode(d[:], b)
	return err
}

// Encode writes the record as JSON lines: the header, then one line per unit.
func (r *Record) Encode(w io.Writer) error {
	bw := bufio.NewWriterSize(w, 1<<20)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.Header); err != nil {
		return err
	}
	for i := range r.Units {
		if err := enc.Encode(&r.Units[i]); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// DecodeRecord reads what Encode wrote. Records of a newer version are refused.
func DecodeRecord(rd io.Reader) (*Record, error) {
	dec := json.NewDecoder(rd)
	r := &Record{}
	if err := dec.Decode(&r.Header); err != nil {
		return nil, fmt.Errorf("record: header: %w", err)
	}
	if r.Version < 1 || r.Version > RecordVersion {
		return nil, fmt.Errorf("record: version %d; this romscan reads 1 to %d", r.Version, RecordVersion)
	}
	for line := 2; ; line++ {
		var u Unit
		if err := dec.Decode(&u); err == io.EOF {
			return r, nil
		} else if err != nil {
			return nil, fmt.Errorf("record: line %d: %w", line, err)
		}
		if err := u.place(); err != nil {
			return nil, fmt.Errorf("record: line %d: %w", line, err)
		}
		r.Units = append(r.Units, u)
	}
}

// place gives facts and tables the path they are saved without, and checks what a table promises.
func (u *Unit) place() error {
	for i := range u.Facts {
		at := &u.Facts[i].At
		if at.Path = at.In; at.In == nil {
			at.Path = u.File.Path
		}
	}
	for _, t := range u.Tables {
		t.Path = u.File.Path
		if t.Starts == nil {
			continue
		}
		if len(t.Starts) != len(t.Values)+1 || int(t.Starts[len(t.Values)]) > len(t.Sites) {
			return fmt.Errorf("table %s: sites do not match values", t.Kind)
		}
		for i := range t.Values {
			if t.Starts[i] > t.Starts[i+1] {
				return fmt.Errorf("table %s: starts are not in order", t.Kind)
			}
		}
		for _, s := range t.Sites {
			if len(t.Members) > 0 && int(s.Member) >= len(t.Members) {
				return fmt.Errorf("table %s: member %d of %d", t.Kind, s.Member, len(t.Members))
			}
		}
	}
	return nil
}
