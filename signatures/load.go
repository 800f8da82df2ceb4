package signatures

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Pack is a set of signatures that are shipped together.
type Pack struct {
	Name       string
	Version    string
	Signatures []*Signature // sorted by ID
	Digest     string       // sha256 over the files, hex: what a report names
}

//go:embed pack.yaml */*.yaml
var builtin embed.FS

//go:embed owners.csv
var owners []byte

// Owners returns the table of who owns which domain: CSV with the columns domain, owner, country, source and
// licence.
func Owners() io.Reader { return bytes.NewReader(owners) }

// Engine is the version of the signature language and of the facts it can name. A pack that requires a
// newer one is refused.
const Engine = "0.1.0"

// Builtin loads the signatures that romscan ships.
func Builtin() (*Pack, error) { return Load(builtin) }

// Load reads all YAML files below fsys, except the vocabulary under api/. pack.yaml at the root names the
// pack; a directory without one is a pack called "local". All faults are returned together.
func Load(fsys fs.FS) (*Pack, error) {
	p := &Pack{Name: "local"}
	var errs []error
	sum := sha256.New()
	ids := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") || strings.HasPrefix(name, "api/") {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(data))
		sum.Write(data)
		if path.Base(name) == "pack.yaml" {
			errs = append(errs, p.header(name, data)...)
			return nil
		}
		s, faults := Decode(name, data)
		errs = append(errs, faults...)
		if s == nil {
			return nil
		}
		if other, taken := ids[s.ID]; taken && s.ID != "" {
			errs = append(errs, &Error{Pos{name, 1, 1}, fmt.Sprintf("id %s is taken by %s", s.ID, other)})
		}
		ids[s.ID] = name
		p.Signatures = append(p.Signatures, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(p.Signatures, func(i, j int) bool { return p.Signatures[i].ID < p.Signatures[j].ID })
	errs = append(errs, p.resolve()...)
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func (p *Pack) header(file string, data []byte) []error {
	var errs []error
	root, ok := parse(file, data, &errs)
	if !ok {
		return errs
	}
	root.fields("pack", func(key string, v node) bool {
		switch key {
		case "name":
			p.Name = v.str()
		case "version":
			p.Version = v.str()
		case "required_engine":
			if newer(v.str(), Engine) {
				v.fail("needs engine %s, this is %s", v.str(), Engine)
			}
		default:
			return false
		}
		return true
	})
	return errs
}

// newer compares dotted numbers.
func newer(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		var x, y int
		if i < len(as) {
			x, _ = strconv.Atoi(as[i])
		}
		if i < len(bs) {
			y, _ = strconv.Atoi(bs[i])
		}
		if x != y {
			return x > y
		}
	}
	return false
}

// resolve checks use: the other signature exists, has the same scope and does not come back.
func (p *Pack) resolve() []error {
	var errs []error
	for _, s := range p.Signatures {
		for _, list := range [][]Clause{s.Match.All, s.Match.Any, s.Match.None} {
			for _, c := range list {
				if c.Use == "" {
					continue
				}
				other := p.Lookup(c.Use)
				switch {
				case other == nil:
					errs = append(errs, &Error{c.Pos, "use: no signature " + c.Use})
				case other.Scope != s.Scope:
					errs = append(errs, &Error{c.Pos, fmt.Sprintf("use: %s has scope %s, not %s", c.Use, other.Scope, s.Scope)})
				case p.reaches(other, s.ID, 0):
					errs = append(errs, &Error{c.Pos, "use: " + c.Use + " leads back to " + s.ID})
				}
			}
		}
	}
	return errs
}

func (p *Pack) reaches(s *Signature, id string, depth int) bool {
	if s == nil || depth > len(p.Signatures) {
		return depth > 0 && s != nil
	}
	if s.ID == id {
		return true
	}
	for _, list := range [][]Clause{s.Match.All, s.Match.Any, s.Match.None} {
		for _, c := range list {
			if c.Use != "" && p.reaches(p.Lookup(c.Use), id, depth+1) {
				return true
			}
		}
	}
	return false
}

// Lookup returns the signature with an ID, or nil.
func (p *Pack) Lookup(id string) *Signature {
	i := sort.Search(len(p.Signatures), func(i int) bool { return p.Signatures[i].ID >= id })
	if i < len(p.Signatures) && p.Signatures[i].ID == id {
		return p.Signatures[i]
	}
	return nil
}

// Merge joins packs; an ID in two packs is an error.
func Merge(packs ...*Pack) (*Pack, error) {
	out := &Pack{}
	var names, versions, digests []string
	for _, p := range packs {
		for _, s := range p.Signatures {
			for _, t := range out.Signatures {
				if t.ID == s.ID {
					return nil, fmt.Errorf("signature %s is in two packs: %s and %s", s.ID, t.File, s.File)
				}
			}
			out.Signatures = append(out.Signatures, s)
		}
		names, versions, digests = append(names, p.Name), append(versions, p.Version), append(digests, p.Digest)
	}
	sort.Slice(out.Signatures, func(i, j int) bool { return out.Signatures[i].ID < out.Signatures[j].ID })
	out.Name, out.Version, out.Digest = strings.Join(names, "+"), strings.Join(versions, "+"), strings.Join(digests, "+")
	return out, nil
}
