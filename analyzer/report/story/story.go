// Package story tells a finding about a flow in plain sentences: what is read, how it travels, what starts it,
// what stands before it, where it goes, and what would have made it none.
//
// In: a [report.Finding] whose first step is a flow. Out: paragraphs.
//
//	for _, p := range story.Tell(&finding) { fmt.Println(p.Head, p.Text) }
//
// Limit: it puts into words what the fields and the listing say; it looks at no code.
package story

import (
	"fmt"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

// Paragraph is one part of the story.
type Paragraph struct{ Head, Text string }

// Tell tells a finding about a flow; other findings have no story, nil.
func Tell(f *report.Finding) []Paragraph {
	if len(f.Steps) == 0 || f.Steps[0].Kind != "flow" {
		return nil
	}
	s := &f.Steps[0]
	t := &teller{f: f, s: s, trail: report.Trail(s)}
	return []Paragraph{
		{"WHAT", t.what()}, {"STARTED BY", t.start()}, {"BEFORE IT", t.gates()},
		{"ON ITS WAY", t.way()}, {"WHERE TO", t.to()}, {"IT WOULD BE NONE IF", t.no()},
	}
}

type teller struct {
	f     *report.Finding
	s     *report.Step
	trail []report.Mark
}

func (t *teller) get(field string) string { return t.s.Fields.Get(field) }

// marks returns the instructions of one role.
func (t *teller) marks(role string) []report.Mark {
	var out []report.Mark
	for _, m := range t.trail {
		if m.Role == role {
			out = append(out, m)
		}
	}
	return out
}

// at names a place in code: "com.x.Y.m +0x0014".
func at(m report.Mark) string {
	if m.Unit < 0 {
		return fact.DottedMethod(m.Method)
	}
	return fmt.Sprintf("%s +0x%04x", fact.DottedMethod(m.Method), m.Unit)
}

func (t *teller) what() string {
	data := t.get("from")
	name := data
	if w := dataWords[data]; w != "" {
		name = w + " (" + data + ")"
	}
	out := t.f.App + " reads " + name
	if c := t.get("source_call"); c != "" {
		out += " with " + fact.ShortMethod(c)
	}
	if m := t.marks("reads"); len(m) > 0 {
		out += ", in " + at(m[0])
	}
	return out + "."
}

func (t *teller) start() string {
	var auto, other []string
	for _, a := range t.s.Fields.All("activation") {
		word := a
		if w := startWords[a]; w != "" {
			word = w
		}
		if a == "user" || a == "other-app" || a == "unknown" {
			other = append(other, word)
		} else {
			auto = append(auto, word)
		}
	}
	var out string
	switch {
	case len(auto) > 0 && len(other) > 0:
		out = "The system, without the user: " + list(auto) + ". Also " + list(other) + "."
	case len(auto) > 0:
		out = "The system, without the user: " + list(auto) + "."
	case len(other) > 0:
		out = strings.ToUpper(other[0][:1]) + list(other)[1:] + "; the system does not start it by itself."
	default:
		out = "What starts it is not known."
	}
	if m := t.marks("entry"); len(m) > 0 {
		out += " The listing begins in " + fact.DottedMethod(m[0].Method) + "."
	}
	return out
}

// maxSetters bounds how many places are told that may switch a gate on; the listing has more.
const maxSetters = 4

func (t *teller) gates() string {
	guard, gate := t.get("guard"), t.get("gate")
	out := guardWords[guard]
	if out == "" {
		out = "It was not told what stands before it."
	}
	if file, ok := strings.CutSuffix(gate, " exists"); ok && guard != "none" && t.get("gate_default") == "off" {
		out += " It asks whether there is a file " + strings.TrimPrefix(file, "file:") + ". At first there is none."
		if len(t.marks("sets")) == 0 {
			out += " Nothing that was followed in the app makes it."
		}
	} else if gate != "" && guard != "none" {
		out += " It reads " + fact.ShortMethod(gate)
		switch t.get("gate_default") {
		case "on":
			out += ", which is on by default."
		case "off":
			out += ", which is off by default."
		default:
			out += "; its default is not known."
		}
	}
	for _, m := range t.marks("behind") {
		if gate != "" && strings.Contains(m.What, guard+": "+gate) {
			out += " It is asked in " + at(m) + "."
			break
		}
	}
	var by []string
	for _, m := range t.marks("sets") {
		by = append(by, at(m)+" ("+strings.TrimPrefix(m.What, "sets the gate, for ")+")")
	}
	if n := len(by); n > maxSetters {
		by = append(by[:maxSetters], fmt.Sprintf("%d more", n-maxSetters))
	}
	if len(by) > 0 && gate != "" && guard != "none" {
		out += " What may switch it on, and why that runs: " + strings.Join(by, "; ") + "."
	}
	return out
}

func (t *teller) way() string {
	var out string
	switch form := list(t.s.Fields.All("transform")); form {
	case "", "plain":
		out = "Nothing is done to it."
	default:
		out = "It is " + form + "."
	}
	calls := t.marks("calls")
	if len(calls) == 0 {
		return out + " It is sent by the method that reads it, or by way of a field."
	}
	var names []string
	for _, m := range calls {
		names = append(names, at(m))
	}
	return out + " It is handed on by " + strings.Join(names, ", then ") + "."
}

func (t *teller) to() string {
	if t.get("sink") == "native" {
		return t.toNative()
	}
	to := t.get("to")
	if strings.Trim(to, "{}") == "" {
		to = "an address that code computes"
	} else if strings.Contains(to, "{}") {
		to += " ({} is computed)"
	}
	out := "It is sent to " + to
	if c := t.get("sink_call"); c != "" {
		out = fact.ShortMethod(c) + " sends it to " + to
	}
	if m := t.marks("sends"); len(m) > 0 {
		out += " in " + at(m[len(m)-1])
	}
	if w := transportWords[t.get("transport")]; w != "" {
		out += ", " + w
	}
	if o := t.get("owner"); o != "" {
		out += "; the host belongs to " + o
	}
	return out + "."
}

// toNative says which library gets the data.
func (t *teller) toNative() string {
	lib := "a native library that is not in the image"
	if l := t.get("library"); l != "" {
		lib = l
	}
	out := fact.ShortMethod(t.get("sink_call")) + " gives it to " + lib
	if m := t.marks("sends"); len(m) > 0 {
		out += " in " + at(m[len(m)-1])
	}
	switch t.get("network") {
	case "yes":
		out += ", which imports functions that only connections need"
	case "socket":
		out += ", which makes sockets"
	case "no":
		out += ", which imports nothing of the network"
	}
	return out + ". Native code is not followed."
}

// no names each condition that would have ended the verdict.
func (t *teller) no() string {
	var out []string
	guard := t.get("guard")
	if guard == "opt-in" {
		return "It is none now: it stands behind an opt-in. It is listed to be compared with other builds."
	}
	before := "the call"
	if m := append(t.marks("calls"), t.marks("sends")...); len(m) > 0 {
		before = "the call at " + at(m[0])
	}
	if guard == "opt-out" {
		out = append(out, "the gate "+fact.ShortMethod(t.get("gate"))+" were off by default and only a user's action turned it on")
	} else {
		out = append(out, "an opt-in preference, off by default, that only a user's action turns on, stood before "+before)
	}
	if t.get("automatic") == "yes" {
		out = append(out, "only the user could start it")
	}
	switch t.get("transport") {
	case "http":
		out = append(out, "it went over TLS, for the part that is about clear text")
	case "tls-unchecked":
		out = append(out, "the server's certificate were checked")
	}
	return strings.ToUpper(out[0][:1]) + strings.Join(out, "; or ")[1:] + "."
}

func list(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
