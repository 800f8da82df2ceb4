package signatures

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"romscan/analyzer/fact"
)

func (n node) isList() bool { _, ok := n.Node.(*ast.SequenceNode); return ok }

var (
	idForm   = regexp.MustCompile(`^[A-Z]{2,8}[0-9]{4}$`)
	nameForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9]+$`)
	holeForm = regexp.MustCompile(`\{([a-z_][a-z0-9_.-]*)\}`)
)

// check holds a signature against itself: required keys, names that exist, tests enough.
func (s *Signature) check(root node) {
	for _, c := range []struct {
		ok  bool
		msg string
	}{
		{idForm.MatchString(s.ID), "id: letters and four digits are needed, like ROM1001"},
		{nameForm.MatchString(s.Name) && s.Name != s.ID, "name: one CamelCase word is needed"},
		{s.Version > 0, "version: a number from 1 is needed"},
		{s.Status != "", "status is needed"},
		{s.Severity != "", "severity is needed"},
		{s.Precision != "", "precision is needed"},
		{s.Title != "" && len(s.Title) <= 120, "title: up to 120 characters are needed"},
		{s.Summary != "" && s.Why != "" && s.Fix != "", "summary, why and fix are needed"},
		{s.Scope != "", "scope is needed"},
		{len(s.Match.All)+len(s.Match.Any) > 0, "match: all or any is needed"},
		{s.Message != "", "message is needed"},
		{len(s.Steps) > 0, "steps is needed"},
		{len(s.Fingerprint) > 0, "fingerprint is needed"},
		{len(s.References) > 0, "references: at least one is needed"},
	} {
		if !c.ok {
			root.fail("%s", c.msg)
		}
	}
	for _, r := range s.References {
		if r.Title == "" {
			root.fail("reference without title")
		}
	}
	bound := s.bindings(root)
	for _, name := range s.Steps {
		if bound[name] == nil {
			root.fail("steps: nothing is called %q", name)
		}
	}
	for _, ref := range s.Fingerprint {
		s.checkRef(root, "fingerprint", ref, bound)
	}
	for _, m := range holeForm.FindAllStringSubmatch(s.Message, -1) {
		s.checkRef(root, "message", m[1], bound)
	}
	s.checkTests(root)
}

// bindings returns the kinds bound to each name. A name may be given again only inside any, where the first
// clause that holds fills it.
func (s *Signature) bindings(root node) map[string][]string {
	bound := map[string][]string{}
	add := func(c Clause, again bool) {
		if c.As == "" {
			return
		}
		if _, taken := bound[c.As]; taken && !again {
			*root.errs = append(*root.errs, &Error{c.Pos, "name " + c.As + " is given twice"})
		}
		kind := c.Fact
		if c.Use != "" {
			kind = "use"
		}
		bound[c.As] = append(bound[c.As], kind)
	}
	for _, c := range s.Match.All {
		add(c, false)
	}
	for _, c := range s.Match.Any {
		add(c, true)
	}
	for _, c := range s.Match.None {
		if c.As != "" {
			*root.errs = append(*root.errs, &Error{c.Pos, "a clause of none binds no name"})
		}
	}
	return bound
}

func (s *Signature) checkRef(root node, where, ref string, bound map[string][]string) {
	name, field, dotted := strings.Cut(ref, ".")
	if !dotted && slices.Contains([]string{"app", "path", "partition"}, ref) {
		if ref == "path" && where == "fingerprint" {
			root.fail("fingerprint: a path would change when the file moves")
		}
		if ref == "app" && s.Scope == "image" {
			root.fail("%s: scope image has no app of its own", where)
		}
		return
	}
	kinds, ok := bound[name]
	if !ok {
		root.fail("%s: nothing is called %q", where, name)
		return
	}
	for _, k := range kinds {
		info := fact.Lookup(fact.Kind(k))
		if !dotted || info == nil {
			continue
		}
		if f := info.Field(field); f == nil || f.Of != "" {
			root.fail("%s: fact %s has no field %q", where, k, field)
		}
	}
}

// checkTests demands at least one hit and one miss of a signature that is offered as tested.
func (s *Signature) checkTests(root node) {
	hits, misses := 0, 0
	for _, t := range s.Tests {
		switch {
		case t.Todo || t.Pair != "":
		case t.Hits > 0:
			hits++
		default:
			misses++
		}
	}
	if hits == 0 || misses == 0 {
		root.fail("tests: at least one hit and one miss are needed, there are %d and %d", hits, misses)
	}
}
