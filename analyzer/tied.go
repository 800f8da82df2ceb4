package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex/stated"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/firmware/dataflow"
)

// tied joins the paths that interfaces of clients state with the bases that were followed to where a client is made of each. An
// interface with several bases has an address with each, one whose base is computed none; both stand in a fact without a value where
// nothing is left, so that what was told of the interface before is taken back.
func tied(code *appCode, res *dataflow.Result, owners *endpoint.Owners) (out []placed) {
	if len(res.Clients) == 0 {
		return nil
	}
	for _, c := range stated.Find(code.dex).Calls {
		i := slices.IndexFunc(res.Clients, func(k dataflow.Client) bool { return k.Interface == c.Interface })
		if i < 0 {
			continue
		}
		at, ev := statedAt(&c)
		out = append(out, placed{Unit: code.unit[c.File], Fact: fact.Fact{Kind: "endpoint", At: at}})
		seen := map[string]bool{}
		for _, base := range res.Clients[i].Bases {
			url := c.Join(base)
			if url == "" || seen[url] || strings.Contains(base, "{}") && url != c.Path {
				continue
			}
			seen[url] = true
			for _, f := range endpoint.Of(url, "dex", "annotation", owners) {
				out = append(out, placed{Unit: code.unit[c.File], Fact: fact.Fact{Kind: "endpoint", Fields: f.With("used", "referenced"), At: at, Evidence: ev}})
			}
		}
	}
	return out
}

// tie puts what flows tell of the interfaces of clients in the place of what was told before.
func tie(rec *fact.Record, list []placed) {
	for _, p := range list {
		u := &rec.Units[p.Unit]
		if p.Fact.Fields.Get("value") != "" {
			p.Fact.At.Path = u.File.Path
			u.Facts = append(u.Facts, p.Fact)
			continue
		}
		u.Facts = slices.DeleteFunc(u.Facts, func(f fact.Fact) bool {
			return f.Kind == "endpoint" && f.At.Member == p.Fact.At.Member && f.Fields.Get("recovered") == "annotation"
		})
	}
}
