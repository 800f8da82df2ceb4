package analyzer

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/signatures"
)

// TestRoundTrip packs real firmware in every way it is shipped and reads it back: every file must have its
// content, size, mode, link target and device path, and the packaging must not change what a scan finds.
func TestRoundTrip(t *testing.T) {
	pack := builtin(t)
	for _, tree := range trees(t) {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			t.Parallel()
			d := newDevice(t, tree)
			var want scanned
			for i, p := range packagings() {
				t.Run(p.name, func(t *testing.T) {
					input := p.make(t, d)
					if diff := cmp.Diff(d.files, d.list(t, input)); diff != "" {
						t.Errorf("files differ (-packed +read):\n%s", shorten(diff))
					}
					got := d.scan(t, pack, input)
					if i == 0 {
						want = got
						return
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("the scan differs from that of the directory (-directory +%s):\n%s", p.name, shorten(diff))
					}
				})
			}
		})
	}
}

func shorten(diff string) string {
	if lines := strings.SplitAfter(diff, "\n"); len(lines) > 60 {
		return strings.Join(lines[:60], "") + fmt.Sprintf("... %d lines more\n", len(lines)-60)
	}
	return diff
}

// list reads all files of an input, as `romscan ls --sha256 --device` does.
func (d *device) list(t testing.TB, input string) map[string]seen {
	t.Helper()
	root, done, err := OpenInput(input)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	entries, err := List(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
	if err != nil {
		t.Fatal(err)
	}
	layout := LayoutOf(entries)
	out := map[string]seen{}
	for _, e := range entries {
		for _, g := range e.Gaps {
			t.Errorf("%s: %s: %s", g.At, g.Reason, g.Detail)
		}
		name := layout.Spot(e.File.Path).Device
		top, rest, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
		switch {
		case name == "" || e.File.Realm != image.Device || strings.HasPrefix(name, "/META-INF"):
			continue // packaging
		case rest == "" && e.File.Mode.IsDir() && slices.Contains(d.partitions, top) || filepath.Base(name) == "lost+found":
			continue
		}
		s := seen{Mode: e.File.Mode, Link: e.File.Link}
		switch {
		case e.File.IsRegular():
			sum, err := e.File.Digest()
			if err != nil {
				t.Errorf("%s: %v", e.File.Path, err)
			}
			s.Size, s.Sum = e.File.Size, fmt.Sprintf("%x", sum)
		case e.File.Mode&fs.ModeSymlink != 0:
			s.Mode = fs.ModeSymlink
		}
		e.File.Close()
		if _, twice := out[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		out[name] = s
	}
	return out
}

// scanned is what a report says of the device and must not say of its packaging.
type scanned struct {
	Identity string
	Facts    int
	Apps     []string
	Findings []string
	Gaps     []string
}

func (d *device) scan(t testing.TB, pack *signatures.Pack, input string) scanned {
	t.Helper()
	rep := Judge(readAll(t, input, 0), pack).Report("test")
	out := scanned{Identity: fmt.Sprint(rep.Image.Identity), Facts: rep.Counts.Facts}
	packages := map[string]bool{}
	for _, a := range rep.Apps {
		packages[a.Device] = a.Package != ""
		out.Apps = append(out.Apps, fmt.Sprint(a.Device, " ", a.Package, " ", a.VersionCode, " ", a.SHA256, " ", a.Privileged, a.Platform, a.Hosts))
	}
	for _, f := range rep.Findings {
		out.Findings = append(out.Findings, fmt.Sprint(f.Fingerprint, " ", f.ID, " ", f.App, " ", f.Device, " ", f.Message))
	}
	for _, g := range rep.Gaps {
		if g.Device == "" {
			t.Errorf("gap outside the device: %+v", g)
		}
		out.Gaps = append(out.Gaps, fmt.Sprint(g.Device, " ", g.Reason, " ", g.By, " ", g.Detail))
	}
	slices.Sort(out.Apps)
	slices.Sort(out.Findings)
	slices.Sort(out.Gaps)
	for _, name := range d.apks {
		if !packages[name] {
			t.Errorf("%s has a manifest and no package fact", name)
		}
	}
	for _, name := range d.broken {
		t.Logf("%s is no archive with a manifest", name)
	}
	if !rep.Complete {
		t.Error("the scan is not complete")
	}
	return out
}

func readAll(t testing.TB, input string, jobs int) *fact.Record {
	t.Helper()
	root, done, err := OpenInput(input)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits(), Jobs: jobs, Tool: "romscan test"})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestRoundTripWorkers: the same bytes of JSON with 1 worker and with 8, on real firmware.
func TestRoundTripWorkers(t *testing.T) {
	pack := builtin(t)
	for _, tree := range trees(t) {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			t.Parallel()
			var want []byte
			for _, jobs := range []int{1, 8} {
				rep := Judge(readAll(t, tree, jobs), pack).Report("test")
				for _, w := range Writers() {
					if w.Name != "json" {
						continue
					}
					var b bytes.Buffer
					if err := w.Write(&b, rep, report.Style{}); err != nil {
						t.Fatal(err)
					}
					if jobs == 1 {
						want = b.Bytes()
					} else if !bytes.Equal(want, b.Bytes()) {
						t.Errorf("%d bytes with 1 worker, %d with 8, or not the same ones", len(want), b.Len())
					}
				}
			}
			if len(want) == 0 {
				t.Error("no writer named json")
			}
		})
	}
}

// romscan builds the command.
func romscan(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is not installed")
	}
	name := filepath.Join(t.TempDir(), "romscan")
	run(t, ".", "go", "build", "-o", name, "romscan/cmd/romscan")
	return name
}

// TestRoundTripExtract: what extract writes is the device again, with the links that stay inside it.
func TestRoundTripExtract(t *testing.T) {
	tree := trees(t)[0]
	bin := romscan(t)
	d := newDevice(t, tree)
	pack := packagings()
	p := pack[slices.IndexFunc(pack, func(p packaging) bool { return p.name == "tar.md5" })]
	input, out := p.make(t, d), filepath.Join(t.TempDir(), "out")
	run(t, ".", bin, "extract", input, "-o", out)
	want, got := map[string]seen{}, map[string]seen{}
	for name, s := range d.files {
		name = "system.img" + strings.TrimPrefix(name, "/system")
		switch {
		case strings.HasPrefix(s.Link, "/") || s.Link == "../../../../outside":
			continue // points out of the directory
		case strings.HasSuffix(name, "/case"):
			name += "~2" // there is a Case before it
		case s.Mode.IsDir():
			s.Mode = fs.ModeDir | 0o755
		case s.Mode.IsRegular():
			s.Mode = s.Mode.Perm() | 0o200 // extract says that it keeps no setuid bit
		}
		want[name] = s
	}
	x := &device{dir: out, files: got, partitions: d.partitions}
	if err := filepath.WalkDir(out, func(name string, e fs.DirEntry, err error) error { return x.note(t, name, e, err) }); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Collect(maps.Keys(got)) {
		s := got[name]
		delete(got, name)
		if name = strings.TrimPrefix(name, "/"); name != "system.img" && filepath.Base(name) != "lost+found" {
			got[name] = s
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("extracted tree differs (-packed +extracted):\n%s", shorten(diff))
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(out), "outside")); err == nil {
		t.Error("something was written outside")
	}
}
