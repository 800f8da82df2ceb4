package analyzer

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// TestLibraryPlaces: what an app's data does in a library is the app's, and lies in the library, with any number of
// workers and in a saved scan.
func TestLibraryPlaces(t *testing.T) {
	cases := slices.DeleteFunc(loadFlowCases(t), func(c *flowCase) bool { return c.id() != "library/BothInside" })
	cache := buildFlowCases(t, cases)
	var before []byte
	for _, jobs := range []int{1, 8} {
		root, closeRoot, err := OpenInput(cases[0].path(cache))
		if err != nil {
			t.Fatal(err)
		}
		defer closeRoot()
		rec, err := Read(context.Background(), root, Options{Jobs: jobs, Flows: true, Limits: image.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		var saved bytes.Buffer
		if err := rec.Encode(&saved); err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(before, saved.Bytes()) {
			t.Error("the record depends on the number of workers")
		}
		before = saved.Bytes()
	}
	rec, err := fact.DecodeRecord(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	fw := firmware.Assemble(rec)
	found := 0
	for i := range rec.Units {
		for _, f := range rec.Units[i].Facts {
			if f.Kind != "flow" {
				continue
			}
			found++
			if a := fw.AppOf(i); a == nil || a.Package != "bench.library.bothinside" {
				t.Errorf("%s: the flow is not the app's", rec.Units[i].File.Path)
			}
			if at := f.At.Path.String(); !strings.HasSuffix(at, "/framework/com.maker.bothinside.jar//classes.dex") {
				t.Errorf("the flow lies in %s", at)
			}
			if f.At.Offset <= 0 || !strings.HasPrefix(f.At.Member, "Lcom/maker/bothinside/Report;->") || !strings.Contains(f.Evidence.Text, "openStream") {
				t.Errorf("place %+v, listing %q", f.At, f.Evidence.Text)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d flows", found)
	}
}

// TestLibraryMemory: a library that is larger than its share of the memory is named.
func TestLibraryMemory(t *testing.T) {
	cases := slices.DeleteFunc(loadFlowCases(t), func(c *flowCase) bool { return c.id() != "library/BothInside" })
	root, closeRoot, err := OpenInput(cases[0].path(buildFlowCases(t, cases)))
	if err != nil {
		t.Fatal(err)
	}
	defer closeRoot()
	opt := Options{Jobs: 1, Limits: image.DefaultLimits()}
	opener, err := opt.opener()
	if err != nil {
		t.Fatal(err)
	}
	list, err := Analyzers()
	if err != nil {
		t.Fatal(err)
	}
	voc, err := signatures.API()
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{list: list, budget: opener.Budget, opt: opt, boot: newVerifiedBoot()}
	rec := &fact.Record{}
	units, err := image.Walk(context.Background(), opener, root, 1, func(f *image.File, c *image.Container) *fact.Unit {
		return r.visit(context.Background(), f, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if u != nil {
			rec.Units = append(rec.Units, *u)
		}
	}
	r.opt.Limits.Memory = 4 << 10 // an eighth is less than the jar
	if libs := r.libraries(rec, firmware.Assemble(rec), voc); libs.boot != nil {
		t.Error("the library was read")
	}
	for i := range rec.Units {
		for _, g := range rec.Units[i].Gaps {
			if g.By == "flow" && strings.Contains(g.Detail, "library") && strings.Contains(g.At.String(), "com.maker.bothinside.jar") {
				return
			}
		}
	}
	t.Error("no gap says that the library is not followed")
}
