package endpoint

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Owners knows whom domains belong to. It is read-only once loaded and safe for concurrent use; a nil Owners
// knows nobody.
type Owners struct{ byDomain map[string]owner }

type owner struct{ name, country string }

// maxOwners bounds the rows of a list.
const maxOwners = 1 << 20

// LoadOwners reads a list of owners: CSV with a header of domain, owner, country, source, licence. A domain
// stands for itself and all names below it.
func LoadOwners(r io.Reader) (*Owners, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("owners: %w", err)
	}
	if strings.Join(head, ",") != "domain,owner,country,source,licence" {
		return nil, fmt.Errorf("owners: header is %q", head)
	}
	o := &Owners{byDomain: map[string]owner{}}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return o, nil
		}
		if err != nil {
			return nil, fmt.Errorf("owners: %w", err)
		}
		line, _ := c.FieldPos(0)
		domain := row[0]
		if _, taken := o.byDomain[domain]; taken || domain == "" || strings.ToLower(domain) != domain {
			return nil, fmt.Errorf("owners: line %d: domain %q is empty, not lower case or listed twice", line, domain)
		}
		if len(o.byDomain) == maxOwners {
			return nil, fmt.Errorf("owners: more than %d rows", maxOwners)
		}
		o.byDomain[strings.Clone(domain)] = owner{strings.Clone(row[1]), strings.Clone(row[2])}
	}
}

// Of returns the owner of a host and the owner's country (ISO 3166), by the longest domain listed that the host
// is or lies below.
func (o *Owners) Of(host string) (name, country string) {
	if o == nil {
		return "", ""
	}
	for d := host; d != ""; {
		if w, ok := o.byDomain[d]; ok {
			return w.name, w.country
		}
		_, rest, ok := strings.Cut(d, ".")
		if !ok {
			return "", ""
		}
		d = rest
	}
	return "", ""
}

// Len returns the number of domains listed.
func (o *Owners) Len() int {
	if o == nil {
		return 0
	}
	return len(o.byDomain)
}
