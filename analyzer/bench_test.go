package analyzer

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/signatures"
)

// The benchmarks below split a scan of all real firmware at hand into its stages. What single formats and
// analyzers take is measured with them: image/ext4 (reading in place), fact/dex (instructions per second).

// stage reads the corpus once for what a benchmark does with the result.
func stage(b *testing.B) (*fact.Record, *signatures.Pack) {
	b.Helper()
	dir := corpustest.Dir(b)
	pack, err := signatures.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	return readAll(b, dir, 0), pack
}

// size returns the bytes of all files below dir.
func size(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var info os.FileInfo
			if info, err = e.Info(); err == nil {
				n += info.Size()
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkOpen lists every file of the corpus, also those inside APKs: sniffing and the indices of containers.
func BenchmarkOpen(b *testing.B) {
	dir := corpustest.Dir(b)
	b.SetBytes(size(b, dir))
	for b.Loop() {
		root, done, err := OpenInput(dir)
		if err != nil {
			b.Fatal(err)
		}
		entries, err := List(context.Background(), root, Options{Limits: image.DefaultLimits()}, true)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(entries)), "files")
		done()
	}
}

// BenchmarkRead opens the corpus and takes all facts from it, with one worker and with one per processor.
func BenchmarkRead(b *testing.B) {
	dir := corpustest.Dir(b)
	for _, c := range []struct {
		name string
		jobs int
	}{{"one", 1}, {"all", 0}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(size(b, dir))
			for b.Loop() {
				rec := readAll(b, dir, c.jobs)
				b.ReportMetric(float64(len(rec.Units)), "units")
			}
		})
	}
}

// BenchmarkAssemble places all facts and derives those of the whole image.
func BenchmarkAssemble(b *testing.B) {
	rec, _ := stage(b)
	for b.Loop() {
		b.ReportMetric(float64(len(firmware.Assemble(rec).Apps)), "apps")
	}
}

// BenchmarkMatch runs all signatures over all facts.
func BenchmarkMatch(b *testing.B) {
	rec, pack := stage(b)
	fw := firmware.Assemble(rec)
	for b.Loop() {
		b.ReportMetric(float64(len(finding.Match(fw, pack))), "findings")
	}
}

// BenchmarkWrite builds the report and writes it, in every format.
func BenchmarkWrite(b *testing.B) {
	rec, pack := stage(b)
	scan := Judge(rec, pack)
	for _, w := range Writers() {
		b.Run(w.Name, func(b *testing.B) {
			for b.Loop() {
				if err := w.Write(io.Discard, scan.Report("test"), report.Style{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSave writes the record as a saved scan.
func BenchmarkSave(b *testing.B) {
	rec, _ := stage(b)
	for b.Loop() {
		if err := Save(io.Discard, rec); err != nil {
			b.Fatal(err)
		}
	}
}
