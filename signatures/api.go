package signatures

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"romscan/analyzer/firmware/dataflow"
)

//go:embed api/*.yaml
var apiFiles embed.FS

// apiFile is one file of the vocabulary. A line of calls is the method's name, its prototype where overloads differ,
// and words: source=TYPE, param=N, flow=FROM>TO[:TRANSFORM],…, op=NAME, key=N, args=N,…, text=TEXT, sink=KIND,
// payload=N,…, to=N,…, transport=T, profile=P, always, untested.
type apiFile struct {
	Supers  map[string][]string          `yaml:"supers"`
	Calls   map[string][]string          `yaml:"calls"`
	URIs    map[string]string            `yaml:"uris"`
	Columns map[string]map[string]string `yaml:"columns"`
	Fields  map[string]string            `yaml:"fields"`
}

// API loads what romscan knows of Android's calls.
func API() (*dataflow.Vocabulary, error) { return LoadAPI(apiFiles) }

// LoadAPI reads a vocabulary from api/*.yaml below fsys. All faults are returned together.
func LoadAPI(fsys fs.FS) (*dataflow.Vocabulary, error) {
	v := &dataflow.Vocabulary{Supers: map[string][]string{}, Calls: map[string]map[string][]*dataflow.Call{}, Fields: map[string]string{}, Columns: map[string]map[string]string{}}
	names, err := fs.Glob(fsys, "api/*.yaml")
	if err != nil {
		return nil, err
	}
	var errs []error
	ops := dataflow.Operations()
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var f apiFile
		if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		errs = append(errs, addAPI(v, name, &f, ops)...)
	}
	sort.Slice(v.URIs, func(i, j int) bool {
		if len(v.URIs[i].Prefix) != len(v.URIs[j].Prefix) {
			return len(v.URIs[i].Prefix) > len(v.URIs[j].Prefix)
		}
		return v.URIs[i].Prefix < v.URIs[j].Prefix
	})
	v.Seal()
	return v, errors.Join(errs...)
}

func descriptor(class string) string { return "L" + strings.ReplaceAll(class, ".", "/") + ";" }

func addAPI(v *dataflow.Vocabulary, name string, f *apiFile, ops map[string]bool) []error {
	var errs []error
	for class, list := range f.Supers {
		for _, s := range list {
			v.Supers[descriptor(class)] = append(v.Supers[descriptor(class)], descriptor(s))
		}
	}
	for class, lines := range f.Calls {
		d := descriptor(class)
		if v.Calls[d] == nil {
			v.Calls[d] = map[string][]*dataflow.Call{}
		}
		for _, line := range lines {
			c, err := apiLine(d, line, ops)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %q: %w", name, class, line, err))
				continue
			}
			v.Calls[d][c.Name] = append(v.Calls[d][c.Name], c)
		}
	}
	for prefix, data := range f.URIs {
		v.URIs = append(v.URIs, dataflow.URI{Prefix: prefix, Data: data})
	}
	for family, columns := range f.Columns {
		v.Columns[family] = columns
	}
	for ref, value := range f.Fields {
		if class, field, ok := strings.Cut(ref, "->"); ok {
			ref = descriptor(class) + "->" + field
		}
		v.Fields[ref] = value
	}
	return errs
}

// apiLine parses one line.
func apiLine(class, line string, ops map[string]bool) (*dataflow.Call, error) {
	words := strings.Fields(line)
	c := &dataflow.Call{Class: class, Name: words[0]}
	if i := strings.IndexByte(c.Name, '('); i >= 0 {
		c.Name, c.Proto = c.Name[:i], c.Name[i:]
	}
	for _, w := range words[1:] {
		k, val, _ := strings.Cut(w, "=")
		var err error
		switch k {
		case "source":
			c.Source = val
		case "param":
			c.Param, err = strconv.Atoi(val)
		case "op":
			if c.Op = val; !ops[val] {
				err = fmt.Errorf("no operation %q", val)
			}
		case "text":
			c.Text = strings.Trim(val, `"`)
		case "key":
			c.Key, err = strconv.Atoi(val)
		case "args":
			c.Args, err = numbers(val)
		case "flow":
			c.Flow, err = moves(val)
		case "sink":
			c.Sink = val
		case "payload":
			c.Payload, err = numbers(val)
		case "to":
			c.To, err = numbers(val)
		case "transport":
			c.Transport = val
		case "profile":
			c.Profile = val
		case "unless":
			i := strings.LastIndexByte(val, '.')
			if i < 0 {
				return nil, fmt.Errorf("no method %q", val)
			}
			c.Unless = descriptor(val[:i]) + "->" + val[i+1:]
		case "always":
			c.Always = true
		case "untested":
			c.Untested = true
		default:
			err = fmt.Errorf("unknown word %q", w)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func numbers(s string) ([]int, error) {
	var out []int
	for _, w := range strings.Split(s, ",") {
		n, err := strconv.Atoi(w)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func moves(s string) ([]dataflow.Move, error) {
	place := func(w string) (int, error) {
		switch w {
		case "this":
			return 0, nil
		case "ret":
			return -1, nil
		}
		return strconv.Atoi(w)
	}
	var out []dataflow.Move
	for _, w := range strings.Split(s, ",") {
		w, label, _ := strings.Cut(w, ":")
		from, to, ok := strings.Cut(w, ">")
		if !ok {
			return nil, fmt.Errorf("flow %q has no >", w)
		}
		f, err := place(from)
		if err != nil {
			return nil, err
		}
		t, err := place(to)
		if err != nil {
			return nil, err
		}
		bits, ok := dataflow.TransformBits(label)
		if !ok {
			return nil, fmt.Errorf("unknown transform %q", label)
		}
		out = append(out, dataflow.Move{From: f, To: t, Bits: bits})
	}
	return out, nil
}
