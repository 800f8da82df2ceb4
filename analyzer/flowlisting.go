package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// call spells the method that an instruction calls, "" where no instruction does.
func call(s dataflow.Site) string {
	if s.Method == nil {
		return ""
	}
	code, err := s.File().Code(s.Method.Code)
	if err != nil {
		return s.Method.Ref()
	}
	for it := code.Insns(); it.Next(); {
		if it.Addr() == s.Addr && it.Op().Invoke() {
			return s.File().MethodRef(it.Insn(code.Set).Index)
		}
	}
	return s.Method.Ref() // the platform calls it with the data
}

// place is where an instruction stands.
func place(s dataflow.Site) fact.Place {
	at := fact.Place{Offset: -1, Member: s.Method.Ref(), Unit: int(s.Addr)}
	if code, err := s.File().Code(s.Method.Code); err == nil {
		at.Offset = int64(code.Offset) + 2*int64(s.Addr)
	}
	return at
}

// step is one instruction of a listing and what it does.
type step struct {
	what string
	at   dataflow.Site
}

// maxSteps bounds the instructions of one listing.
const maxSteps = 30

func (e *flowFacts) steps(f *dataflow.Flow) []step {
	out := append([]step{{"reads " + f.Data, f.Source}}, way(f.Way)...)
	out = append(append(out, gates(f.Gates)...), calls(f.Calls)...)
	to := strings.Join(f.Endpoints, ", ")
	switch {
	case to != "":
	case f.SinkKind == "native":
		to = "native code"
	default:
		to = "what is computed"
	}
	return append(out, step{"sends to " + to, f.Sink})
}

func way(list []dataflow.Site) (out []step) {
	for _, s := range list {
		out = append(out, step{"on the way from the entry", s})
	}
	return out
}

func gates(list []dataflow.Gate) (out []step) {
	for _, g := range list {
		if g.Site.Method != nil {
			out = append(out, step{fmt.Sprintf("behind %s: %s, default %s", g.Guard, g.Reads, g.Default), g.Site})
			for _, s := range g.SetBy {
				out = append(out, step{"sets the gate, for " + strings.Join(s.Activation, ", "), s.Site})
			}
		}
	}
	return out
}

func calls(list []dataflow.Site) (out []step) {
	for _, s := range list {
		out = append(out, step{"calls", s})
	}
	return out
}

// listing decodes the instructions of steps, a line that names the method before each.
func listing(list ...step) *fact.Evidence {
	ev := &fact.Evidence{Language: "smali"}
	var lines []string
	if n := len(list); n > maxSteps {
		list = append(slices.Clone(list[:maxSteps-1]), list[n-1]) // where it ends is what the fact is about
	}
	for _, s := range list {
		if s.at.Method == nil {
			continue
		}
		if ev.Name == "" {
			ev.Name = s.at.Method.Ref()
		}
		lines = append(lines, fmt.Sprintf("# %s, in %s", s.what, s.at.Method.Ref()), instruction(s.at))
	}
	ev.Text, ev.Mark = strings.Join(lines, "\n"), max(len(lines)-1, 0)
	return ev
}

func instruction(s dataflow.Site) string {
	code, err := s.File().Code(s.Method.Code)
	if err == nil {
		for it := code.Insns(); it.Next(); {
			if it.Addr() == s.Addr {
				return fmt.Sprintf("%04x: %s", s.Addr, s.File().Text(&code, it.Insn(code.Set)))
			}
		}
	}
	return fmt.Sprintf("%04x:", s.Addr)
}
