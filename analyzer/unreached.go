package analyzer

import (
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// unreached lists the texts in an app's code that only instructions load which no way through their methods leads to, each
// as a fact, and says of the endpoints in them that nothing uses them.
func unreached(rec *fact.Record, app *firmware.App, units []int, res *dataflow.Result) (out []placed, marks []mark) {
	dead := res.Unentered()
	if len(dead) == 0 {
		return nil, nil
	}
	gone, stays := map[string]bool{}, []string{}
	for _, i := range units {
		u := &rec.Units[i]
		for _, t := range u.Tables {
			if t.Kind != "string" || t.Common.Get("source") != "dex" {
				continue
			}
			for row, v := range t.Values {
				sites := t.SitesOf(row)
				never := len(sites) > 0
				for _, s := range sites {
					never = never && int(s.Member) < len(t.Members) && dead[t.Members[s.Member]][s.Unit]
				}
				if !never {
					stays = append(stays, v)
					continue
				}
				gone[v] = true
				f := t.Row(row)
				f.Kind, f.Fields = "unreached", fact.F("value", v)
				out = append(out, placed{Unit: i, Fact: f})
			}
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	rest := strings.Join(stays, "\n")
	for _, e := range endpointsOf(rec, app) {
		v := e.fact.Fields.Get("value")
		if e.fact.Fields.Get("source") != "dex" || e.fact.Fields.Get("used") == "dead" || strings.Contains(rest, v) {
			continue
		}
		for text := range gone {
			if strings.Contains(text, v) {
				marks = append(marks, e.mark("dead"))
				break
			}
		}
	}
	return out, marks
}
