// Package endpoint finds the servers that strings name: URLs, hosts and IP addresses.
//
// In: the tables of strings that other analyzers left for the same file. Out: facts "endpoint", one for each
// distinct text of a source and a way of recovery, placed at its first use, with its parts, its registered
// domain, the domain's owner where known, and, where a rule says that it is no server of interest, the name of
// that rule. Nothing is dropped for being noise.
//
//	"Visit http://ota.example.cn:8080/check?v=%s."  ->  url, host ota.example.cn, port 8080, path /check
//
// Limit: an address that a program puts together from several strings is seen in parts. A host without a
// scheme is taken for one only if nothing speaks against it: class names, files and property names look alike.
package endpoint

import (
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// Analyzer returns the analyzer of endpoints. It reads the results of needs ([]*fact.Table); owners may be nil.
func Analyzer(owners *Owners, needs ...*fact.Analyzer) *fact.Analyzer {
	return &fact.Analyzer{
		Name:    "endpoint",
		Doc:     "URLs, hosts and addresses in the strings of a file, with their owners and what is noise among them",
		Refs:    []string{"https://www.rfc-editor.org/rfc/rfc3986", "https://publicsuffix.org/"},
		Version: 2,
		Emits:   []fact.Kind{"endpoint"},
		Needs:   needs,
		Wants:   func(*fact.Subject) bool { return true },
		Run: func(p *fact.Pass) error {
			for _, n := range needs {
				tables, _ := p.ResultOf(n).([]*fact.Table)
				found := map[string]bool{}
				for _, t := range tables {
					fromTable(p, t, owners, found)
				}
			}
			return nil
		},
	}
}

// maxPerRow bounds the endpoints of one string.
const maxPerRow = 256

// use is an endpoint and the rows it was seen in.
type use struct {
	Endpoint
	row  int // the first
	uses int
	idle bool // nothing in the file calls what uses it
	// where is the member of all uses, if it is one that says the text is no server
	where string
}

// members are the members by which package text marks what is no server, and the names of the noise.
var members = map[string]string{"hosts: blocked": "blocked", "apn": "access-point"}

// where returns the noise that the members of all uses of a row stand for.
func where(t *fact.Table, row int) string {
	noise := ""
	for i, s := range t.SitesOf(row) {
		n := members[t.Place(s).Member]
		if n == "" || i > 0 && n != noise {
			return ""
		}
		noise = n
	}
	return noise
}

// fromTable emits the endpoints of one table in the order of its rows. What earlier tables of the file have is not said again
// where nothing uses the string.
func fromTable(p *fact.Pass, t *fact.Table, owners *Owners, found map[string]bool) {
	index := map[string]int{}
	var list []use
	source := t.Common.Get("source")
	for i, v := range t.Values {
		n := max(len(t.SitesOf(i)), 1)
		for j, e := range Find(v) {
			if j == maxPerRow {
				break
			}
			if at, ok := index[e.Value]; ok {
				list[at].uses += n
				list[at].idle = list[at].idle && t.Unused(i)
				if list[at].where != where(t, i) {
					list[at].where = ""
				}
				if earlier(t, i, list[at].row) {
					list[at].row = i
				}
				continue
			}
			index[e.Value] = len(list)
			list = append(list, use{Endpoint: e, row: i, uses: n, idle: t.Unused(i), where: where(t, i)})
		}
	}
	for i := range list {
		u := &list[i]
		if u.idle && found[u.Value] {
			continue
		}
		found[u.Value] = true
		f := t.Row(u.row)
		fields := u.fields(source, t.Common.Get("recovered"), owners)
		if source == "dex" {
			fields = fields.With("used", map[bool]string{true: "dead", false: "referenced"}[u.idle])
		}
		p.Emit("endpoint", fields, f.At, f.Evidence)
	}
}

// earlier tells whether row a is first used before row b.
func earlier(t *fact.Table, a, b int) bool {
	x, y := t.SitesOf(a), t.SitesOf(b)
	return len(x) > 0 && len(y) > 0 && x[0].Offset < y[0].Offset
}

func (u *use) fields(source, recovered string, owners *Owners) fact.Fields {
	e := &u.Endpoint
	owner, country := owners.Of(e.Host)
	noise := noiseOf(e)
	if noise == "" {
		noise = u.where
	}
	noisy := "no"
	if noise != "" {
		noisy = "yes"
	}
	return fact.F(
		"value", e.Value, "type", e.Type, "scheme", e.Scheme, "host", e.Host, "port", e.Port, "url_path", e.Path,
		"domain", registered(e.Host), "owner", owner, "country", country, "source", source, "recovered", recovered,
		"noise", noise, "noisy", noisy, "uses", strconv.Itoa(u.uses),
	)
}

// Of returns the fields of the facts that one text makes, as the analyzer emits them.
func Of(text, source, recovered string, owners *Owners) []fact.Fields {
	var out []fact.Fields
	for _, e := range Find(text) {
		u := use{Endpoint: e, uses: 1}
		out = append(out, u.fields(source, recovered, owners))
	}
	return out
}

// Find returns the endpoints in one string: the URLs in it, or, where it has none, the hosts and addresses it
// is a list of.
func Find(s string) []Endpoint {
	if out := urls(s); len(out) > 0 || strings.Contains(s, "://") {
		return out
	}
	if len(s) < 4 || len(s) > maxList || !strings.ContainsAny(s, ".:") {
		return nil
	}
	if e, ok := bare(s); ok {
		return []Endpoint{e}
	}
	return hostList(s)
}

// maxList bounds a string that is looked at as a list of hosts.
const maxList = 4096

// hostList reads "a.example.com,b.example.com:80": all parts must be endpoints.
func hostList(s string) []Endpoint {
	if !strings.ContainsAny(s, ",;| \n") {
		return nil
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;| \t\r\n", r) })
	var out []Endpoint
	for _, part := range parts {
		e, ok := bare(part)
		if !ok {
			return nil
		}
		out = append(out, e)
	}
	return slices.Clip(out)
}
