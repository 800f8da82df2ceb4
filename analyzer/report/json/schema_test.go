package json

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

var update = flag.Bool("update", false, "write schema.json from the Go types")

// schemaOf derives the schema from the types that are written, so that it cannot lag behind them; the
// descriptions are the comments in the source.
type schemaOf struct {
	defs map[string]any
	docs map[string]string
}

func (s *schemaOf) ref(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[fact.Fields]():
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"anyOf": []any{
			map[string]any{"type": "string"}, map[string]any{"type": "array", "items": map[string]any{"type": "string"}}}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.ref(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.ref(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.ref(t.Elem())}
	}
	name := t.Name()
	if t.PkgPath() != reflect.TypeFor[report.Report]().PkgPath() {
		name = filepath.Base(t.PkgPath()) + "." + name
	}
	if s.defs[name] == nil {
		s.defs[name] = map[string]any{}
		props, required := map[string]any{}, []string{}
		s.fields(t, props, &required)
		def := map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
		if d := s.docs[t.Name()]; d != "" {
			def["description"] = d
		}
		s.defs[name] = def
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (s *schemaOf) fields(t reflect.Type, props map[string]any, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if f.Anonymous && name == "" {
			e := f.Type
			if e.Kind() == reflect.Pointer {
				e = e.Elem()
			}
			s.fields(e, props, required)
			continue
		}
		p := s.ref(f.Type)
		if d := s.docs[t.Name()+"."+f.Name]; d != "" {
			p["description"] = d
		}
		props[name] = p
		if !strings.Contains(opts, "omitempty") {
			*required = append(*required, name)
		}
	}
}

// docs reads the comments of types and fields.
func docs(t *testing.T, files ...string) map[string]string {
	out := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				ts, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				out[ts.Name.Name] = strings.TrimSpace(g.Doc.Text())
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range st.Fields.List {
					for _, n := range field.Names {
						out[ts.Name.Name+"."+n.Name] = strings.TrimSpace(field.Comment.Text())
					}
				}
			}
		}
	}
	return out
}

func generate(t *testing.T) []byte {
	s := &schemaOf{defs: map[string]any{}, docs: docs(t, "../report.go", "../../diff/diff.go", "../../fact/fact.go", "../../firmware/identity.go", "../../image/path.go")}
	root := map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "romscan report",
		"description": "A scan (has image) or a comparison (has old and new). Fields are only added within a major schemaVersion.",
		"anyOf":       []any{s.ref(reflect.TypeFor[report.Report]()), s.ref(reflect.TypeFor[report.Diff]())},
	}
	root["$defs"] = s.defs
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSchemaMatchesTypes(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Schema, want) {
		t.Error("schema.json is not what the types say; run go test ./analyzer/report/json -update")
	}
}

// compiled returns the embedded schema ready to validate.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestEmptyReportIsValid(t *testing.T) {
	var b bytes.Buffer
	r := &report.Report{SchemaVersion: report.SchemaVersion, Findings: []report.Finding{}, Apps: []report.App{},
		Endpoints: []report.Endpoint{}, Gaps: []report.Gap{}, Coverage: []report.Coverage{}, Counts: report.Counts{BySeverity: map[string]int{}},
		Tool: report.Tool{Analyzers: []string{}}}
	if err := Writer().Write(&b, r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(v); err != nil {
		t.Error(err)
	}
	v.(map[string]any)["surprise"] = true
	if compiled(t).Validate(v) == nil {
		t.Error("an unknown field passes the schema")
	}
}
