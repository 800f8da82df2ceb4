package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// given is personal data that an app hands out to others, and the call that it gets it from.
type given struct {
	Channel    string // what the flows that begin with it in other apps are said to come from
	Data       string
	Transforms []string
	Exact      bool
	Call       string
	Method     string
	Listing    string // lines that show the call
}

func giving(list []dataflow.Export) []given {
	var out []given
	for _, x := range list {
		ev := listing(step{"reads " + x.Data, x.Source})
		out = append(out, given{x.Channel, x.Data, x.Transforms, x.Exact, call(x.Source), ev.Name, ev.Text})
	}
	return out
}

// between makes flows from app to app: what one takes, for each thing that any hands out there.
func between(taken []placed, all []followed) []placed {
	var out []placed
	for _, t := range taken {
		for i := range all {
			for _, g := range all[i].Given {
				if t.Fact.Fields.Get("from") == g.Channel {
					out = append(out, placed{t.Unit, g.through(t.Fact)})
				}
			}
		}
	}
	return out
}

// through returns the flow that a taken one becomes when this is what is handed out.
func (g given) through(t fact.Fact) fact.Fact {
	transforms := slices.Clone(t.Fields.All("transform"))
	for _, x := range g.Transforms {
		if x != "plain" && !slices.Contains(transforms, x) {
			transforms = append(slices.DeleteFunc(transforms, func(s string) bool { return s == "plain" }), x)
		}
	}
	t.Fields = t.Fields.With("from", g.Data).With("transform", transforms...).With("exact", yesNo(g.Exact && t.Fields.Get("exact") == "yes"))
	if g.Call == "" {
		return t
	}
	t.Fields = t.Fields.With("source_call", g.Call)
	ev := *t.Evidence
	ev.Name, ev.Text = g.Method, g.Listing+"\n"+ev.Text
	ev.Mark += strings.Count(g.Listing, "\n") + 1
	t.Evidence = &ev
	return t
}
