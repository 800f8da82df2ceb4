package analyzer

import (
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	path := os.Getenv("Z")
	for _, res := range flowsIn(t, path, os.Getenv("P")) {
		t.Log(res.Methods, res.Steps, res.Cuts)
		if os.Getenv("DBG") != "" {
			t.Log(strings.Join(res.Debug(), "\n"))
		}
		for _, f := range res.Flows {
			t.Log(f.Data, f.Source.Method.Ref(), f.Sink.Method.Ref(), f.Endpoints, f.Transforms, f.In.Ref(), f.Activation, f.Guard, f.Gates)
			if os.Getenv("CONDS") != "" && strings.Contains(strings.Join(f.Endpoints, " "), os.Getenv("CONDS")) {
				t.Log(strings.Join(res.Conds(&f), "\n     "))
			}
		}
		for _, f := range res.Uses {
			t.Log("use", f.Endpoints, f.SinkCall, f.Sink.Method.Ref())
		}
	}
}
func TestStr(t *testing.T) {
	for _, res := range flowsIn(t, os.Getenv("Z"), "") {
		t.Log(res.Methods, res.Steps, res.Cuts)
		for _, s := range res.Strings {
			if strings.Contains(s.Value, "://") {
				t.Log(s.How, s.Value, s.Site.Method.Ref())
			}
		}
	}
}
