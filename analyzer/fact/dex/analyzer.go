package dex

import (
	"strconv"

	"romscan/analyzer/fact"
)

// Analyzer returns the analyzer of DEX files. It leaves the tables of strings in Pass.Result ([]*fact.Table).
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "dex",
		Doc:  "classes, outgoing calls, native methods and strings of Dalvik executables, with the instructions that use them",
		Refs: []string{
			"https://source.android.com/docs/core/runtime/dex-format",
			"https://source.android.com/docs/core/runtime/dalvik-bytecode",
		},
		Version: 3,
		Emits:   []fact.Kind{"dex", "class", "api", "native-declared", "string"},
		Wants:   func(s *fact.Subject) bool { return IsDex(s.Head) },
		Run:     run,
	}
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(p.Budget.MaxFile)
	if err != nil {
		p.Gap(err)
	}
	if len(data) == 0 {
		return nil
	}
	files, err := Open(data)
	if err != nil {
		p.Gap(err)
	}
	var tables []*fact.Table
	for _, f := range files {
		s := newScan(f)
		s.walk()
		if s.foreign {
			if f.DetectSet() != Standard {
				s = newScan(f)
				s.walk()
			}
		}
		tables = append(tables, s.emit(p)...)
	}
	if len(tables) > 0 {
		p.Result = tables
	}
	return nil
}

// emit hands over what the scan found and returns the tables of strings.
func (s *scan) emit(p *fact.Pass) []*fact.Table {
	f := s.f
	n := strconv.Itoa
	fields := fact.F(
		"version", f.VersionString(), "strings", n(f.NumStrings()), "types", n(f.NumTypes()),
		"methods", n(f.NumMethods()), "fields", n(f.NumFields()), "classes", n(f.NumClasses()),
		"code", n(s.bodies), "instructions", n(s.instructions),
	)
	notes := make([]string, len(f.Notes))
	for i, note := range f.Notes {
		notes[i] = string(note)
	}
	p.Emit("dex", fields.With("note", notes...), fact.Place{Offset: int64(f.Base)}, nil)
	p.EmitTable(s.classTable())
	p.EmitTable(s.callTable())
	p.EmitTable(s.nativeTable())
	tables := s.stringTables()
	for _, t := range tables {
		p.EmitTable(t)
	}
	if t := s.poolTable(); t != nil {
		tables = append(tables, t) // for those who look for something in strings: no instruction has them, so they are no facts
		t.Path = p.File.Path
	}
	for _, err := range s.gaps() {
		p.Gap(err)
	}
	return tables
}
