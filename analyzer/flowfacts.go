package analyzer

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/firmware/dataflow"
)

// flowFacts turns what the analysis of one app found into facts, each with the DEX file it is placed in.
type flowFacts struct {
	owners *endpoint.Owners
	plain  map[string]bool                            // endpoints that stand in string tables
	add    func(*dex.File, *dataflow.Flow, fact.Fact) // the flow where it is one
}

// emit writes all facts of one result.
func (e *flowFacts) emit(res *dataflow.Result) {
	for i := range res.Flows {
		e.flow(&res.Flows[i])
	}
	for i := range res.Switches {
		e.setting(&res.Switches[i])
	}
	e.connections(res)
	for _, s := range res.Strings {
		if e.plain[s.Value] {
			continue
		}
		for _, f := range endpoint.Of(s.Value, "dex", s.How, e.owners) {
			if !e.plain[f.Get("value")] {
				e.plain[f.Get("value")] = true
				e.add(s.Site.File(), nil, fact.Fact{Kind: "endpoint", Fields: f.With("used", "referenced"), At: place(s.Site), Evidence: listing(step{"recovered: " + s.Value, s.Site})})
			}
		}
	}
	seen := map[string]bool{}
	for _, m := range res.Mentions {
		if k := m.Type + "\x00" + m.Value; !seen[k] {
			seen[k] = true
			e.add(m.Site.File(), nil, fact.Fact{Kind: "mention", Fields: fact.F("type", m.Type, "value", m.Value), At: place(m.Site), Evidence: listing(step{"names " + m.Value, m.Site})})
		}
	}
}

func (e *flowFacts) flow(f *dataflow.Flow) {
	to, host := f.Endpoints, ""
	if len(to) == 0 {
		to = []string{"{}"}
	}
	fields := fact.F("from", f.Data, "sink", f.SinkKind, "guard", f.Guard, "automatic", yesNo(automatic(f.Activation)),
		"disabled", yesNo(f.Off), "exact", yesNo(f.Exact), "source_call", call(f.Source), "sink_call", f.SinkCall)
	fields = fields.With("transform", f.Transforms...).With("activation", f.Activation...)
	for _, g := range f.Gates {
		if g.Guard == f.Guard {
			fields = fields.With("gate", g.Reads).With("gate_default", g.Default).With("gate_set_by", g.SwitchedOnBy()...)
			break
		}
	}
	ev := listing(e.steps(f)...)
	for _, t := range to {
		one := fields.With("to", t).With("transport", transport(t, f.Transport, f.SinkKind, f.Unchecked))
		if f.SinkKind == "network" {
			host = hostOf(t)
			if fs := endpoint.Of(t, "dex", "plain", e.owners); len(fs) > 0 && host != "" {
				for _, name := range []string{"domain", "owner", "country"} {
					one = one.With(name, fs[0].All(name)...)
				}
			}
			if host != "" {
				one = one.With("host", host)
			}
		}
		e.add(f.Sink.File(), f, fact.Fact{Kind: "flow", Fields: one, At: place(f.Sink), Evidence: ev})
	}
}

// setting tells of code that switches a setting on, and of what stands before it.
func (e *flowFacts) setting(s *dataflow.Switch) {
	fields := fact.F("key", s.Reads, "role", s.Role, "default", s.Default, "guard", s.Guard, "automatic", yesNo(automatic(s.Activation)), "disabled", yesNo(s.Off), "call", call(s.Site))
	fields = fields.With("lets", s.Lets...).With("activation", s.Activation...)
	steps := way(s.Way)
	for _, g := range s.Gates {
		if fields.Get("gate") == "" && g.Guard == s.Guard {
			fields = fields.With("gate", g.Reads).With("gate_default", g.Default)
		}
	}
	steps = append(append(steps, gates(s.Gates)...), calls(s.Calls)...)
	steps = append(steps, step{"switches on " + s.Reads, s.Site})
	e.add(s.Site.File(), nil, fact.Fact{Kind: "setting", Fields: fields, At: place(s.Site), Evidence: listing(steps...)})
}

func automatic(list []string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return s != "user" && s != "other-app" && s != "unknown" })
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// hostOf returns the host of an address, "" where it is computed.
func hostOf(to string) string {
	if !strings.Contains(to, "://") {
		h, _, _ := strings.Cut(to, ":")
		if i := strings.LastIndexByte(h, '.'); i >= 0 && !strings.ContainsAny(h, "{}/ ?=&_") && (dataflow.TopLevel(h[i+1:]) || net.ParseIP(h) != nil) {
			return h
		}
		return "" // a version, a file name: what a value may be besides an address
	}
	u, err := url.Parse(strings.ReplaceAll(to, "{}", "_"))
	if err != nil || strings.Contains(u.Host, "_") || u.Host == "" {
		return ""
	}
	return u.Hostname()
}

// transport names how data travels, by the scheme of the address where the call does not decide it.
func transport(to, stated, sink string, unchecked bool) string {
	if sink == "process" {
		address, open := sentBy(to)
		if out := transport(address, stated, "network", open); out == "http" || out == "https" || out == "tls-unchecked" {
			return out
		}
	}
	scheme, _, ok := strings.Cut(to, "://")
	switch {
	case stated != "":
		return stated
	case sink == "sms":
		return "sms"
	case sink == "file", sink == "log":
		return "file"
	case sink == "process", sink == "intent":
		return "ipc"
	case ok && strings.EqualFold(scheme, "http"), ok && strings.EqualFold(scheme, "ws"):
		return "http"
	case ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "wss")):
		if unchecked {
			return "tls-unchecked"
		}
		return "https"
	case !ok && to != "{}" && strings.Contains(to, ":") && hostOf(to) != "":
		return "socket"
	}
	return "unknown"
}

// connections writes where the app connects to, and which known endpoints that uses.
func (e *flowFacts) connections(res *dataflow.Result) {
	seen := map[string]bool{}
	for _, u := range res.Uses {
		list := u.Endpoints
		if len(list) == 0 {
			list = []string{"{}"}
		}
		for _, to := range list {
			host := hostOf(to)
			k := to + "\x00" + u.SinkCall + "\x00" + u.Sink.Method.Ref()
			if seen[k] {
				continue
			}
			seen[k] = true
			f := fact.F("to", to, "resolved", yesNo(host != ""), "host", host, "transport", transport(to, u.Transport, "network", false), "call", u.SinkCall)
			e.add(u.Sink.File(), nil, fact.Fact{Kind: "connection", Fields: f, At: place(u.Sink), Evidence: listing(step{"connects to " + to, u.Sink})})
			known, _, _ := strings.Cut(to, "{}")
			for _, ef := range endpoint.Of(known, "dex", "folded", e.owners) {
				if v := ef.Get("value"); !e.plain[v] {
					e.plain[v] = true
					e.add(u.Sink.File(), nil, fact.Fact{Kind: "endpoint", Fields: ef.With("used", "connection"), At: place(u.Sink), Evidence: listing(step{"put together: " + to, u.Sink})})
				}
			}
		}
	}
}
