package fact

import (
	"errors"
	"fmt"
	"io/fs"

	"romscan/analyzer/image"
)

// Analyzer is one way of reading a file. It depends on the file's bytes only, never on its path, so that its
// result can be kept by content.
type Analyzer struct {
	Name    string // short, lower case: "manifest"
	Doc     string // one sentence
	Refs    []string
	Version int    // raised whenever the same bytes give other facts
	Emits   []Kind // every kind it may emit
	// Needs run before on the same subject; their results are had by Pass.ResultOf.
	Needs []*Analyzer
	// Wants decides cheaply, from the first bytes or the index of an opened container.
	Wants func(*Subject) bool
	Run   func(*Pass) error
}

// Subject is what an analyzer may look at before it is asked to run.
type Subject struct {
	File *image.File
	Head []byte // up to HeadSize first bytes
	FS   fs.FS  // the opened container, nil where the file is none
	Kind string // the container's formats, "" where the file is none
}

// HeadSize is the length of Subject.Head.
const HeadSize = 4096

// Pass is an analyzer's only door: what it reads, where its results go.
type Pass struct {
	*Subject
	Budget   *image.Budget
	Analyzer *Analyzer

	Facts  []Fact
	Tables []*Table
	Gaps   []image.Gap
	// Result is what analyzers that Need this one get; it is not kept.
	Result any

	results map[*Analyzer]any
	memory  *memory
}

// memory is what the analyzers of one subject hold together.
type memory struct{ release func() }

// Bytes returns the file's content, refusing files above limit bytes and those that do not fit in the memory budget.
// The memory counts as taken until the last analyzer of the file is done.
func (p *Pass) Bytes(limit int64) ([]byte, error) {
	if p.File.Size <= limit && p.memory.release == nil {
		release, err := p.Budget.Hold(p.File.Size)
		if err != nil {
			return nil, err
		}
		p.memory.release = release
	}
	return p.File.Bytes(limit)
}

// ResultOf returns what an analyzer named in Needs left in Result; nil where it did not want the file.
func (p *Pass) ResultOf(a *Analyzer) any { return p.results[a] }

// Emit adds a fact, placed in the pass's file.
func (p *Pass) Emit(kind Kind, fields Fields, at Place, ev *Evidence) {
	at.Path = p.File.Path
	p.Facts = append(p.Facts, Fact{Kind: kind, Fields: fields, At: at, Evidence: ev})
}

// EmitTable adds a table, placed in the pass's file.
func (p *Pass) EmitTable(t *Table) {
	if t == nil || len(t.Values) == 0 {
		return
	}
	t.Path = p.File.Path
	p.Tables = append(p.Tables, t)
}

// Gap records something this analyzer could not read; reading goes on.
func (p *Pass) Gap(err error) {
	p.Gaps = append(p.Gaps, image.GapOf(p.File.Path, p.Analyzer.Name, err))
}

// Nowhere is a Place without an offset.
var nowhere = Place{Offset: -1}

// Nowhere returns the Place of a fact about a file as a whole.
func Nowhere() Place { return nowhere }

// Outcome is what all analyzers together found in one file.
type Outcome struct {
	Facts  []Fact
	Tables []*Table
	Gaps   []image.Gap
	Ran    []string // names of the analyzers that wanted the file
}

// Run applies the analyzers to one subject. list must hold every analyzer after those it Needs. An analyzer
// that fails or panics leaves what it had emitted, and a Gap.
func Run(list []*Analyzer, s *Subject, b *image.Budget) Outcome {
	var out Outcome
	results := map[*Analyzer]any{}
	mem := &memory{}
	defer func() {
		if mem.release != nil {
			mem.release()
		}
	}()
	for _, a := range list {
		var wants bool
		err := image.Contain(func() error { wants = a.Wants(s); return nil })
		if err == nil && !wants {
			continue
		}
		p := &Pass{Subject: s, Budget: b, Analyzer: a, results: results, memory: mem}
		if err == nil {
			err = image.Contain(func() error { return a.Run(p) })
		}
		if err != nil {
			p.Gap(err)
		}
		if p.Result != nil {
			results[a] = p.Result
		}
		out.Ran = append(out.Ran, a.Name)
		out.Facts = append(out.Facts, p.Facts...)
		out.Tables = append(out.Tables, p.Tables...)
		out.Gaps = append(out.Gaps, p.Gaps...)
	}
	return out
}

// Validate checks a list of analyzers: names, docs, references, kinds that exist, needs that come first.
func Validate(list []*Analyzer) error {
	var errs []error
	seen := map[*Analyzer]bool{}
	names := map[string]bool{}
	for _, a := range list {
		switch {
		case a.Name == "" || names[a.Name]:
			errs = append(errs, fmt.Errorf("analyzer %q: name missing or taken", a.Name))
		case a.Doc == "" || a.Version < 1 || a.Wants == nil || a.Run == nil:
			errs = append(errs, fmt.Errorf("analyzer %s: Doc, Version, Wants and Run are required", a.Name))
		}
		for _, k := range a.Emits {
			if Lookup(k) == nil {
				errs = append(errs, fmt.Errorf("analyzer %s: emits unknown kind %q", a.Name, k))
			}
		}
		for _, n := range a.Needs {
			if !seen[n] {
				errs = append(errs, fmt.Errorf("analyzer %s: needs %s, which does not come before it", a.Name, n.Name))
			}
		}
		seen[a], names[a.Name] = true, true
	}
	return errors.Join(errs...)
}
