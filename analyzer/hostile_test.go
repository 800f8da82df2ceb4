package analyzer

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/signatures"
)

// survive reads hostile bytes the whole way to a report. What must hold whatever they are: it ends, and no gap is
// a panic.
func survive(t testing.TB, pack *signatures.Pack, name string, data []byte, limits image.Limits) *report.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	root := image.NewFile(name, bytes.NewReader(data), int64(len(data)))
	rec, err := Read(ctx, root, Options{Limits: limits, Jobs: 2})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !rec.Complete {
		t.Errorf("%s: not done after a minute", name)
	}
	rep := Judge(rec, pack).Report("test")
	for _, g := range rep.Gaps {
		if g.Reason == image.Panicked {
			t.Errorf("%s: panic at %s: %s: %s", name, g.Path, g.By, g.Detail)
		}
	}
	var b bytes.Buffer
	for _, w := range Writers() {
		if err := w.Write(&b, rep, report.Style{}); err != nil {
			t.Errorf("%s: %s: %v", name, w.Name, err)
		}
	}
	return rep
}

func says(rep *report.Report, reason image.Reason, text string) bool {
	for _, g := range rep.Gaps {
		if g.Reason == reason && strings.Contains(g.Detail, text) {
			return true
		}
	}
	return false
}

// TestHostileArchives: containers made to take a reader's time, memory or trust end in a gap that says so.
func TestHostileArchives(t *testing.T) {
	pack := builtin(t)
	for _, c := range []struct {
		name   string
		data   []byte
		reason image.Reason
		detail string
		opened int64
	}{
		{"depth.zip", nest(t, 20, 1), image.OverBudget, "16 containers deep", 0},
		{"wide.zip", nest(t, 7, 10), image.OverBudget, "containers inside were not opened", 1000},
		{"overlap.zip", overlap(t, 2000, urls(1<<20)), image.OverBudget, "over bytes that are others' too", 0},
		{"swallow.zip", swallow(), image.Tampered, "", 0},
		{"nonsense.zip", nonsense(), image.Tampered, "name-mismatch", 0},
		{"terabytes.img", sparseOf(0xffffffff, chunk{0xcac3, 0xffffffff, nil}), image.OverBudget, "bytes in all files", 0},
		{"fill.img", sparseOf(0xffffffff, chunk{0xcac2, 0xffffffff, []byte("\x53\xef\x53\xef")}), image.OverBudget, "bytes in all files", 0},
		{"lie.img", sparseOf(1<<20, chunk{0xcac1, 1 << 20, nil}), image.Malformed, "of the image", 0},
		{"bomb.zip", zipBomb(t, "system/a.img", 100), image.Unsupported, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			limits := image.DefaultLimits()
			if c.opened > 0 {
				limits.Opened = c.opened
			}
			rep := survive(t, pack, c.name, c.data, limits)
			if !says(rep, c.reason, c.detail) {
				t.Errorf("no gap %s with %q among %d: %+v", c.reason, c.detail, len(rep.Gaps), rep.Gaps[:min(len(rep.Gaps), 3)])
			}
		})
	}
}

// TestHostileMany: a hundred thousand files are all seen.
func TestHostileMany(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 files")
	}
	const n = 100_000
	names := append(manyNames(n-1), "system/build.prop")
	rep := survive(t, builtin(t), "many.zip", zipOf(t, zip.Store, []byte("ro.product.name=x\n"), names...), image.DefaultLimits())
	if rep.Counts.Files != n || len(rep.Gaps) != 0 {
		t.Errorf("%d files, %d gaps; want %d, 0", rep.Counts.Files, len(rep.Gaps), n)
	}
}

// fixture returns the fixture's package and the image in it.
func fixture(t testing.TB) (pkg, img []byte) {
	t.Helper()
	pkg, err := os.ReadFile(fixtures + "/cloud-messaging/before.zip")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err = io.ReadAll(f); err != nil {
		t.Fatal(err)
	}
	return pkg, img
}

// lost says what a scan of damaged bytes no longer has. DEX files do not count: one whose first bytes are others is
// none, and that nobody was told otherwise only a checksum could say.
func lost(whole, damaged *report.Report) string {
	var what []string
	for _, c := range []struct {
		name       string
		have, want int
	}{
		{"files", damaged.Counts.Files, whole.Counts.Files}, {"apps", damaged.Counts.Apps, whole.Counts.Apps},
	} {
		if c.have < c.want {
			what = append(what, fmt.Sprintf("%d of %d %s", c.have, c.want, c.name))
		}
	}
	return strings.Join(what, ", ")
}

// TestHostileCuts: an image that ends too early, anywhere, says what is missing. Less than a header is no image.
func TestHostileCuts(t *testing.T) {
	pack := builtin(t)
	pkg, img := fixture(t)
	for _, in := range []struct {
		name string
		data []byte
	}{{"before.zip", pkg}, {"system.img", img}} {
		whole := survive(t, pack, in.name, in.data, image.DefaultLimits())
		size := len(in.data)
		lengths := []int{0, 1, 3, 4, 27, 28, 29, 40, 64, 100, 1023, 1024, 1025, size - 1, size - 2, size - 21, size - 22, size - 23, size - 64}
		for i := 1; i < 64; i++ {
			lengths = append(lengths, size*i/64)
		}
		for _, n := range lengths {
			rep := survive(t, pack, in.name, in.data[:n:n], image.DefaultLimits())
			if what := lost(whole, rep); what != "" && len(rep.Gaps) == 0 && n >= 28 {
				t.Errorf("%s cut to %d of %d bytes: %s, and no gap", in.name, n, size, what)
			}
		}
	}
}

// TestHostileHead: a member whose first bytes cannot be decoded is recognised by nothing, and still is told of.
func TestHostileHead(t *testing.T) {
	apk := zipOf(t, zip.Deflate, urls(1000), "AndroidManifest.xml", "classes.dex")
	at := bytes.Index(apk, []byte("classes.dex")) + len("classes.dex")
	apk[at] |= 6 // a block type that does not exist (RFC 1951, 3.2.3)
	rep := survive(t, builtin(t), "x.apk", apk, image.DefaultLimits())
	for _, g := range rep.Gaps {
		if g.By == "head" && strings.HasSuffix(g.Path, "classes.dex") {
			return
		}
	}
	t.Errorf("no gap about the head of classes.dex: %+v", rep.Gaps)
}

// TestHostileLength: what is too long to be read as what it is says so.
func TestHostileLength(t *testing.T) {
	pack := builtin(t)
	for by, line := range map[string]string{
		"props": "ro.product.name=x\n", "initrc": "service x /system/bin/x\n", "permission": "<permissions>\n",
	} {
		text := []byte(strings.Repeat(line, 9<<20/len(line)))
		rep := survive(t, pack, "long.zip", zipOf(t, zip.Deflate, text, "system/build.prop"), image.DefaultLimits())
		if !slices.ContainsFunc(rep.Gaps, func(g report.Gap) bool { return g.By == by && g.Reason == image.OverBudget }) {
			t.Errorf("%s: no gap for %d bytes: %+v", by, len(text), rep.Gaps)
		}
	}
}

// TestHostileFlips: damaged bytes anywhere do no more harm than what they are of, and no file goes without a word.
func TestHostileFlips(t *testing.T) {
	pack := builtin(t)
	pkg, img := fixture(t)
	for _, in := range []struct {
		name string
		data []byte
	}{{"before.zip", pkg}, {"system.img", img}} {
		whole := survive(t, pack, in.name, in.data, image.DefaultLimits())
		rnd := rand.New(rand.NewPCG(3, 4))
		for i := range 200 {
			bad := bytes.Clone(in.data)
			var at []int
			for range 1 + i%8 {
				n := rnd.IntN(len(bad))
				bad[n] ^= byte(1 + rnd.IntN(255))
				at = append(at, n)
			}
			rep := survive(t, pack, in.name, bad, image.DefaultLimits())
			if what := lost(whole, rep); what != "" && len(rep.Gaps) == 0 {
				t.Errorf("%s with other bytes at %d: %s, and no gap", in.name, at, what)
			}
		}
	}
}
