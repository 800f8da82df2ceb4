package signatures

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error is a fault in a signature file.
type Error struct {
	Pos
	Msg string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg) }

// node is one YAML node on its way to a Go value; faults are collected, so that one run shows all of them.
type node struct {
	ast.Node
	file string
	errs *[]error
}

// maxDepth bounds the nesting of a signature file; the language needs six levels.
const maxDepth = 32

// parse returns the root of a one-document YAML file.
func parse(file string, data []byte, errs *[]error) (node, bool) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		*errs = append(*errs, &Error{Pos{file, 1, 1}, firstLine(err)})
		return node{}, false
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		*errs = append(*errs, &Error{Pos{file, 1, 1}, "one YAML document expected"})
		return node{}, false
	}
	n := node{f.Docs[0].Body, file, errs}
	if depth(n.Node, 0) > maxDepth {
		n.fail("nested deeper than %d levels", maxDepth)
		return node{}, false
	}
	return n, true
}

func depth(n ast.Node, d int) int {
	if d > maxDepth {
		return d
	}
	most := d
	switch v := n.(type) {
	case *ast.MappingNode:
		for _, p := range v.Values {
			most = max(most, depth(p.Value, d+1))
		}
	case *ast.MappingValueNode:
		most = depth(v.Value, d+1)
	case *ast.SequenceNode:
		for _, p := range v.Values {
			most = max(most, depth(p, d+1))
		}
	}
	return most
}

func firstLine(err error) string {
	var s interface{ GetMessage() string }
	if errors.As(err, &s) {
		return s.GetMessage()
	}
	msg := err.Error()
	for i, c := range msg {
		if c == '\n' {
			return msg[:i]
		}
	}
	return msg
}

func (n node) pos() Pos {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Pos{n.file, t.Position.Line, t.Position.Column}
	}
	return Pos{n.file, 1, 1}
}

func (n node) fail(format string, args ...any) {
	*n.errs = append(*n.errs, &Error{n.pos(), fmt.Sprintf(format, args...)})
}

// fields calls set for every key of a mapping. A key set does not know, or one given twice, is an error.
func (n node) fields(what string, set func(key string, value node) bool) {
	var pairs []*ast.MappingValueNode
	switch v := n.Node.(type) {
	case *ast.MappingNode:
		pairs = v.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{v}
	default:
		n.fail("%s: a mapping expected, not %s", what, n.Type())
		return
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		k := node{p.Key, n.file, n.errs}
		name := k.str()
		if seen[name] {
			k.fail("%s: key %q given twice", what, name)
			continue
		}
		seen[name] = true
		if !set(name, node{p.Value, n.file, n.errs}) {
			k.fail("%s: unknown key %q", what, name)
		}
	}
}

// items returns the elements of a sequence.
func (n node) items(what string) []node {
	s, ok := n.Node.(*ast.SequenceNode)
	if !ok {
		n.fail("%s: a list expected, not %s", what, n.Type())
		return nil
	}
	out := make([]node, len(s.Values))
	for i, v := range s.Values {
		out[i] = node{v, n.file, n.errs}
	}
	return out
}

// str returns a scalar as text.
func (n node) str() string {
	switch v := n.Node.(type) {
	case *ast.StringNode:
		return v.Value
	case *ast.LiteralNode:
		return v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		return v.GetToken().Value
	case *ast.BoolNode:
		n.fail("write %q: an unquoted %s is a boolean in YAML", v.GetToken().Value, v.GetToken().Value)
		return ""
	case ast.MapKeyNode:
		return v.GetToken().Value
	}
	n.fail("a text expected, not %s", n.Type())
	return ""
}

// strs returns a scalar or a list of scalars.
func (n node) strs() []string {
	if _, ok := n.Node.(*ast.SequenceNode); !ok {
		return []string{n.str()}
	}
	var out []string
	for _, i := range n.items("list") {
		out = append(out, i.str())
	}
	return out
}

func (n node) num() int {
	v, err := strconv.Atoi(n.GetToken().Value)
	if _, ok := n.Node.(*ast.IntegerNode); !ok || err != nil {
		n.fail("a number expected")
	}
	return v
}

func (n node) boolean() bool {
	v, ok := n.Node.(*ast.BoolNode)
	if !ok {
		n.fail("true or false expected")
		return false
	}
	return v.Value
}

// oneOf returns a scalar that must be one of a closed set.
func (n node) oneOf(what string, allowed ...string) string {
	s := n.str()
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	n.fail("%s: %q is none of %v", what, s, allowed)
	return s
}
