package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// given is personal data that an app hands out to others, and the call that it gets it from.
type given struct {
	Channel    string // what the flows that begin with it in other apps are said to come from; of an intent, the key
	Data       string
	Transforms []string
	Exact      bool
	World      bool // of a file or a preference: every app may read it
	Judged     gated
	Activation []string // why it is handed out
	Call       string
	Method     string
	Listing    string        // lines that show the call
	site       dataflow.Site // the call, where the app was followed in this run
}

// gated is what stands before something that an app does.
type gated struct {
	Guard, Gate, Default string
	SetBy                []string
	Off                  bool // by the properties of this image it never happens
}

// sent is an intent that may reach another app.
type sent struct {
	To         dataflow.Address
	Activation []string
	Judged     gated
	Extras     []given
	Consts     []dataflow.Write // what it carries besides, by the key
	Why        dataflow.Why
	Listing    string     // lines that show the call
	Start      string     // of what starts another app: lines that show it
	Starts     []string   // why whom it reaches is started
	Doors      []entrance // by which others have it sent
	Asks       []string   // which activities ask with it for an answer
}

func gatedBy(guard string, gates []dataflow.Gate) gated {
	out := gated{Guard: guard}
	for _, g := range gates {
		out.Off = out.Off || g.Off
		if g.Guard == guard && out.Gate == "" {
			out.Gate, out.Default, out.SetBy = g.Reads, g.Default, g.SwitchedOnBy()
		}
	}
	return out
}

// in returns fields that say so.
func (g gated) in(f fact.Fields) fact.Fields {
	f = slices.DeleteFunc(slices.Clone(f), func(x fact.Field) bool { return strings.HasPrefix(x.Name, "gate") })
	if f = f.With("guard", g.Guard); g.Gate != "" {
		f = f.With("gate", g.Gate).With("gate_default", g.Default).With("gate_set_by", g.SetBy...)
	}
	return f
}

// stronger keeps what is worth more of two things that both stand before something.
func (g gated) stronger(o gated) gated {
	off := g.Off || o.Off
	if dataflow.Stronger(o.Guard, g.Guard) {
		g = o
	}
	g.Off = off
	return g
}

func giving(list []dataflow.Export) []given {
	var out []given
	for _, x := range list {
		ev := listing(step{"reads " + x.Data, x.Source})
		out = append(out, given{x.Channel, x.Data, x.Transforms, x.Exact, x.World, gatedBy(x.Guard, x.Gates), x.Activation, call(x.Source), ev.Name, ev.Text, x.Source})
	}
	return out
}

func sending(list []dataflow.Sent) []sent {
	var out []sent
	for _, s := range list {
		one := sent{To: s.To, Activation: s.Activation, Judged: gatedBy(s.Guard, s.Gates), Consts: s.Consts, Why: s.Why, Starts: s.Starts, Doors: entering(s.Doors), Asks: s.Asks}
		if len(s.Starts) > 0 {
			one.Start = listing(step{"starts another app", s.Site}).Text
		}
		if len(s.Extras) > 0 {
			one.Listing = listing(step{"hands it to another app", s.Site}).Text
		}
		for _, x := range s.Extras {
			g := giving([]dataflow.Export{x.Data})[0]
			g.Channel = x.Key
			one.Extras = append(one.Extras, g)
		}
		out = append(out, one)
	}
	return out
}
