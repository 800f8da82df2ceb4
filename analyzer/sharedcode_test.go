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

// savedAlike reads a tree with one worker and with eight, and twice with a cache, and returns the saved scan, which has to
// be the same each time.
func savedAlike(t *testing.T, name string) *fact.Record {
	t.Helper()
	var before []byte
	known := newCache(t, t.TempDir(), "") // the second time, the flows come from there
	for _, opt := range []Options{{Jobs: 1}, {Jobs: 8}, {Jobs: 1, Cache: known}, {Jobs: 1, Cache: known}} {
		root, closeRoot, err := OpenInput(name)
		if err != nil {
			t.Fatal(err)
		}
		defer closeRoot()
		opt.Flows, opt.Limits = true, image.DefaultLimits()
		rec, err := Read(context.Background(), root, opt)
		if err != nil {
			t.Fatal(err)
		}
		var saved bytes.Buffer
		if err := rec.Encode(&saved); err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(before, saved.Bytes()) {
			t.Errorf("%+v: another record", opt)
		}
		before = saved.Bytes()
	}
	rec, err := fact.DecodeRecord(bytes.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestLibraryPlaces: what an app's data does in a library is the app's, and lies in the library, with any number of
// workers, from the cache and in a saved scan.
func TestLibraryPlaces(t *testing.T) {
	cases := slices.DeleteFunc(loadFlowCases(t), func(c *flowCase) bool { return c.id() != "library/BothInside" })
	built := buildFlowCases(t, cases)
	rec := savedAlike(t, cases[0].path(built))
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
	r, rec, fw := readApps(t, cases[0].path(buildFlowCases(t, cases)))
	voc, err := signatures.API()
	if err != nil {
		t.Fatal(err)
	}
	r.opt.Limits.Memory = 4 << 10 // an eighth is less than the jar
	if libs := r.libraries(rec, fw, voc); libs.boot != nil {
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
