package dataflow

import (
	"slices"
	"strings"
)

// Recovered is a text that code computes.
type Recovered struct {
	Value string
	How   string
	Site  Site
}

// Flow is personal data on its way from the call that returns it to the call that sends it.
type Flow struct {
	Data       string
	Transforms []string
	Source     Site
	Sink       Site
	SinkKind   string
	SinkCall   string
	Transport  string
	Unchecked  bool // certificates are not checked
	Endpoints  []string
	Calls      []Site // from the method in which the event is decided down to the sink
	In         *Method
	Exact      bool // of a row, the column is known
	Activation []string
	Guard      string
	Gates      []Gate
	Off        bool   // by the properties of this image it never runs
	Way        []Site // from an entry of the platform to In
	Direct     bool   // of data that came with an intent: it runs because the intent came
	Doors      []Door // by which others start it
	conds      condset
	doubt      bool // nothing that was seen leads to it
	common     bool // not exact only because data and address met in an object that callers of a library share
}

// Use is an address that reaches a call that opens connections.
type Use struct {
	Endpoints []string
	Sink      Site
	SinkCall  string
	Transport string
	In        *Method
}

// Mention is something outside the app that its code names in a call.
type Mention struct {
	Type, Value string
	Site        Site
}

// merged joins flows that differ in the calls between only: one for each source, sink, type and set of endpoints; the
// weaker guard and all activations stay.
func merged(list []Flow) []Flow {
	type key struct {
		data, to       string
		source, sink   Site
		transform, how string
	}
	at := map[key]int{}
	var out []Flow
	for _, f := range list {
		k := key{f.Data, strings.Join(f.Endpoints, "\n"), f.Source, f.Sink, strings.Join(f.Transforms, ","), f.SinkCall}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, f)
			continue
		}
		old := &out[i]
		was := old.automatic()
		for _, a := range f.Activation {
			if !slices.Contains(old.Activation, a) {
				old.Activation = append(old.Activation, a)
			}
		}
		old.Doors = addDoors(slices.Clone(old.Doors), f.Doors)
		old.Exact, old.common = old.Exact || f.Exact, old.common || f.common
		old.Off = old.Off && f.Off
		old.Unchecked = old.Unchecked || f.Unchecked
		// Guards are compared among those that need no user, where there are any: one that the user starts without a
		// gate does not open the gate of another.
		weaker := slices.Index(guardNames[:], f.Guard) < slices.Index(guardNames[:], old.Guard)
		if auto := f.automatic(); auto != was {
			weaker = auto
		}
		if weaker {
			old.Guard, old.Gates, old.In, old.Calls, old.Way = f.Guard, f.Gates, f.In, f.Calls, f.Way
		}
	}
	for i := range out {
		SortReasons(out[i].Activation)
	}
	return out
}
