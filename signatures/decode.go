package signatures

import (
	"regexp"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Decode reads one signature file. It returns all faults it finds, each an *[Error].
func Decode(file string, data []byte) (*Signature, []error) {
	var errs []error
	root, ok := parse(file, data, &errs)
	if !ok {
		return nil, errs
	}
	s := &Signature{File: file}
	root.fields("signature", func(key string, v node) bool { return s.set(key, v) })
	s.check(root)
	return s, errs
}

func (s *Signature) set(key string, v node) bool {
	switch key {
	case "id":
		s.ID = v.str()
	case "name":
		s.Name = v.str()
	case "version":
		s.Version = v.num()
	case "status":
		s.Status = v.oneOf(key, "draft", "test", "stable", "deprecated")
	case "severity":
		s.Severity = v.oneOf(key, Severities()...)
	case "precision":
		s.Precision = v.oneOf(key, "very-high", "high", "medium", "low")
	case "title":
		s.Title = strings.TrimSpace(v.str())
	case "summary":
		s.Summary = strings.TrimSpace(v.str())
	case "why":
		s.Why = strings.TrimSpace(v.str())
	case "fix":
		s.Fix = strings.TrimSpace(v.str())
	case "cwe":
		for _, n := range v.items(key) {
			s.CWE = append(s.CWE, n.num())
		}
	case "tags":
		s.Tags = v.strs()
	case "references":
		for _, n := range v.items(key) {
			s.References = append(s.References, decodeReference(n))
		}
	case "scope":
		s.Scope = v.oneOf(key, "file", "app", "image")
	case "match":
		v.fields(key, s.Match.set)
	case "message":
		s.Message = strings.TrimSpace(v.str())
	case "steps":
		s.Steps = v.strs()
	case "fingerprint":
		s.Fingerprint = v.strs()
	case "tests":
		for _, n := range v.items(key) {
			s.Tests = append(s.Tests, decodeTest(n))
		}
	default:
		return false
	}
	return true
}

func decodeReference(n node) (r Reference) {
	n.fields("reference", func(key string, v node) bool {
		switch key {
		case "title":
			r.Title = v.str()
		case "url":
			r.URL = v.str()
		case "date":
			r.Date = v.str()
		default:
			return false
		}
		return true
	})
	return r
}

func (m *Match) set(key string, v node) bool {
	var list *[]Clause
	switch key {
	case "all":
		list = &m.All
	case "any":
		list = &m.Any
	case "none":
		list = &m.None
	default:
		return false
	}
	for _, n := range v.items(key) {
		*list = append(*list, decodeClause(n))
	}
	return true
}

func decodeClause(n node) (c Clause) {
	c.Pos = n.pos()
	var with node
	n.fields("clause", func(key string, v node) bool {
		switch key {
		case "as":
			c.As = v.str()
		case "fact":
			c.Fact = v.str()
			if fact.Lookup(fact.Kind(c.Fact)) == nil {
				v.fail("unknown fact %q", c.Fact)
			}
		case "use":
			c.Use = v.str()
		case "with":
			with = v
		default:
			return false
		}
		return true
	})
	if (c.Fact == "") == (c.Use == "") {
		n.fail("clause: either fact or use is needed")
	}
	if with.Node != nil {
		c.With = decodeWith(c.Fact, with)
	}
	return c
}

func decodeWith(kind string, n node) (out []Condition) {
	info := fact.Lookup(fact.Kind(kind))
	n.fields("with", func(key string, v node) bool {
		if info == nil {
			return true
		}
		field := info.Field(key)
		if field == nil {
			return false
		}
		c := Condition{Field: key}
		list := []node{v}
		if v.isList() {
			list = v.items("with")
		}
		for _, item := range list {
			c.Values = append(c.Values, decodePattern(field, item))
		}
		out = append(out, c)
		return true
	})
	return out
}

func decodePattern(field *fact.FieldInfo, n node) Pattern {
	text := n.str()
	if expr, ok := strings.CutPrefix(text, "~"); ok {
		if field.Match != fact.Exact {
			n.fail("field %s takes no regular expression", field.Name)
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			n.fail("regular expression: %v", err)
			return Pattern{Text: text}
		}
		return Pattern{Text: text, Re: re}
	}
	if field.Values != nil && !slices.Contains(field.Values, text) {
		n.fail("field %s: %q is none of %v", field.Name, text, field.Values)
	}
	return Pattern{Text: text}
}

func decodeTest(n node) (t Test) {
	t.Pos = n.pos()
	n.fields("test", func(key string, v node) bool {
		switch key {
		case "name":
			t.Name = v.str()
		case "hits":
			t.Hits = v.num()
		case "todo":
			t.Todo = v.boolean()
		case "pair":
			t.Pair = v.str()
		case "before":
			t.Before = v.num()
		case "after":
			t.After = v.num()
		case "facts":
			for _, f := range v.items(key) {
				t.Facts = append(t.Facts, decodeTestFact(f))
			}
		default:
			return false
		}
		return true
	})
	if t.Name == "" || (t.Pair == "") == (t.Facts == nil) {
		n.fail("test: name, and either facts or pair, are needed")
	}
	return t
}

func decodeTestFact(n node) TestFact {
	f := TestFact{Fields: map[string][]string{}}
	n.fields("fact", func(key string, v node) bool {
		if key == "fact" {
			f.Kind = v.str()
			if fact.Lookup(fact.Kind(f.Kind)) == nil {
				v.fail("unknown fact %q", f.Kind)
			}
			return true
		}
		f.Fields[key] = v.strs()
		info := fact.Lookup(fact.Kind(f.Kind))
		if info == nil {
			v.fail("fact must be the first key")
			return true
		}
		field := info.Field(key)
		if field == nil || field.Of != "" {
			return false
		}
		for _, value := range f.Fields[key] {
			if field.Values != nil && !slices.Contains(field.Values, value) {
				v.fail("field %s: %q is none of %v", key, value, field.Values)
			}
		}
		return true
	})
	return f
}
