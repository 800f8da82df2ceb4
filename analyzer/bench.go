package analyzer

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

// BenchCase is an app, or a directory of apps that work together, and how many leaks are in it: distinct pairs of a call
// that reads personal data and a call at which it leaves.
type BenchCase struct {
	Name, Path string
	Leaks      int
}

// BenchResult is what was found in a case.
type BenchResult struct {
	Case  BenchCase
	Pairs []Pair
	Gaps  []image.Gap
}

// leakColumns are the columns that tell the number of leaks, the best first.
var leakColumns = []string{"adjudicated_leaks", "expected_leaks", "leaks"}

// ReadBench reads the truth of a benchmark: CSV with a head, in which the column apk is a path below dir and one of
// adjudicated_leaks, expected_leaks and leaks a number. Rows are taken whose columns have the values of where.
func ReadBench(r io.Reader, dir string, where map[string]string) ([]BenchCase, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no head")
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	leaks := ""
	for _, name := range leakColumns {
		if _, ok := col[name]; ok && leaks == "" {
			leaks = name
		}
	}
	if _, ok := col["apk"]; !ok || leaks == "" {
		return nil, fmt.Errorf("columns apk and %s are needed", strings.Join(leakColumns, " or "))
	}
	var out []BenchCase
rows:
	for i, row := range rows[1:] {
		for name, want := range where {
			if at, ok := col[name]; !ok || row[at] != want {
				continue rows
			}
		}
		n, err := strconv.Atoi(row[col[leaks]])
		if err != nil || n < 0 {
			return nil, fmt.Errorf("row %d: %q is no number of leaks", i+2, row[col[leaks]])
		}
		name := row[col["apk"]]
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, rest, ok := strings.Cut(name, "/"); ok { // the branch of the benchmark that it is of
			if _, err := os.Stat(path); err != nil {
				path = filepath.Join(dir, filepath.FromSlash(rest))
			}
		}
		out = append(out, BenchCase{name, path, n})
	}
	return out, nil
}

// Run follows data through a case.
func (c BenchCase) Run(ctx context.Context, opt Options) (*BenchResult, error) {
	root, done, err := OpenInput(c.Path)
	if err != nil {
		return nil, err
	}
	defer done()
	pairs, gaps, err := Pairs(ctx, root, opt)
	return &BenchResult{c, pairs, gaps}, err
}

// String prints the case with what was found, a line a pair.
func (r *BenchResult) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d found, %d stated", r.Case.Name, len(r.Pairs), r.Case.Leaks)
	for _, p := range r.Pairs {
		fmt.Fprintf(&b, "\n  %s: %s -> %s (%s)", strings.Join(p.Data, ","), p.Source, p.Sink, p.Call)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(&b, "\n  gap: %s", g.Detail)
	}
	return b.String()
}

// Score adds up cases: of as many pairs as are stated all count as right, of more the rest as false.
type Score struct{ True, False, Missed int }

// Add takes in a case with got pairs found and want stated.
func (s *Score) Add(got, want int) {
	s.True += min(got, want)
	s.False += max(got-want, 0)
	s.Missed += max(want-got, 0)
}

// String prints the counts, precision, recall and their harmonic mean.
func (s Score) String() string {
	p, r := float64(s.True)/float64(max(s.True+s.False, 1)), float64(s.True)/float64(max(s.True+s.Missed, 1))
	f := 0.0
	if p+r > 0 {
		f = 2 * p * r / (p + r)
	}
	return fmt.Sprintf("%d true, %d false, %d missed: precision %.3f, recall %.3f, F1 %.3f", s.True, s.False, s.Missed, p, r, f)
}
