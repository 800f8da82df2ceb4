package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

var errSavedDiff = errors.New("--output: a comparison cannot be saved as a scan; save the two scans instead")

// outputFlags say what is written where.
type outputFlags struct {
	formats []string
	output  string
}

func (f *outputFlags) add(cmd *cobra.Command) {
	var names []string
	for _, w := range analyzer.Writers() {
		names = append(names, w.Name)
	}
	cmd.Flags().StringArrayVarP(&f.formats, "format", "f", nil, strings.Join(names, ", ")+"; -f sarif=out.sarif writes to a file; may be given again")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file for the format; a name that ends in .romscan saves the scan itself")
}

// target is one output: a writer and where it writes, "" being stdout.
type target struct {
	writer report.Writer
	file   string
}

// targets reads the flags. saved is the file to save the scan to, "" for none.
func (f *outputFlags) targets() (list []target, saved string, err error) {
	writers := analyzer.Writers()
	out := f.output
	if strings.HasSuffix(out, ".romscan") {
		saved, out = out, ""
	}
	formats := f.formats
	if len(formats) == 0 {
		formats = []string{writers[0].Name}
	}
	for _, spec := range formats {
		name, file, _ := strings.Cut(spec, "=")
		i := slices.IndexFunc(writers, func(w report.Writer) bool { return w.Name == name })
		if i < 0 {
			return nil, "", fail(exitUsage, fmt.Errorf("--format: no format %q; `romscan help scan` lists them", name))
		}
		if file == "" && out != "" {
			file, out = out, ""
		}
		list = append(list, target{writers[i], file})
	}
	if out != "" {
		return nil, "", fail(exitUsage, errors.New("--output: every --format has a file of its own"))
	}
	plain := 0
	for _, t := range list {
		if t.file == "" {
			plain++
		}
	}
	if plain > 1 {
		return nil, "", fail(exitUsage, errors.New("--format: two formats on stdout; write -f json=FILE"))
	}
	return list, saved, nil
}

// write runs one writer into its file or stdout. A file is complete or absent.
func (t target) write(cmd *cobra.Command, do func(io.Writer) error) error {
	if t.file == "" {
		return do(cmd.OutOrStdout())
	}
	tmp := t.file + ".part"
	f, err := os.Create(tmp)
	if err != nil {
		return fail(exitUsage, err)
	}
	if err := errors.Join(do(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, t.file)
}

// save writes the scan itself.
func save(cmd *cobra.Command, file string, rec *fact.Record) error {
	if file == "" {
		return nil
	}
	t := target{file: file}
	return t.write(cmd, func(w io.Writer) error { return analyzer.Save(w, rec) })
}
