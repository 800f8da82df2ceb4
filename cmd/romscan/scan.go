package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/report"
	"romscan/signatures"
)

const intro = `romscan opens Android firmware in place and reports what its preinstalled software
collects: no root, no unpacking, no network.

  romscan IMAGE                      the same as: romscan scan IMAGE
  romscan diff OLD NEW               what did the update fix, leave, add?
  romscan IMAGE -f sarif=out.sarif   several outputs from one scan

IMAGE is an OTA zip, a factory archive, a partition image, an unpacked tree, an APK or
a saved scan; "-" is standard input. Several files of one device are given together.`

// judgeFlags decide what is shown and what the exit code says.
type judgeFlags struct {
	severity           []string
	failOn, ignoreFile string
	maxGaps            int
	evidence           string
}

func (f *judgeFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringSliceVarP(&f.severity, "severity", "s", nil, "show only these: critical,high,medium,low,info")
	fs.StringVar(&f.failOn, "fail-on", "", "exit with 1 when a finding is at least this severe")
	fs.StringVar(&f.ignoreFile, "ignore-file", "", "fingerprints to leave out (default .romscanignore where it exists)")
	fs.IntVar(&f.maxGaps, "max-gaps", -1, "exit with 4 above this many gaps; -1: when a partition was not read")
	fs.StringVar(&f.evidence, "evidence", "", "directory to write the findings' listings to")
}

func (f *judgeFlags) check() error {
	for _, s := range append(slices.Clone(f.severity), f.failOn) {
		if s != "" && !slices.Contains(signatures.Severities(), s) {
			return fail(exitUsage, fmt.Errorf("%q is no severity: %v", s, signatures.Severities()))
		}
	}
	return nil
}

func scanCommand(use string) *cobra.Command {
	var read readFlags
	var pack packFlags
	var out outputFlags
	var judge judgeFlags
	cmd := &cobra.Command{
		Use: use, Short: "open an image, report what was found",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !cmd.HasParent() {
				return nil
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			if err := settle(cmd, &read); err != nil {
				return err
			}
			return scan(cmd, args, &read, &pack, &out, &judge)
		},
	}
	read.add(cmd.Flags())
	read.addFlows(cmd.Flags())
	cmd.Flags().BoolVar(&read.verify, "verify", false, "compare partitions with the checksums they come with; see romscan verify")
	pack.add(cmd)
	out.add(cmd)
	judge.add(cmd)
	return cmd
}

func scan(cmd *cobra.Command, names []string, read *readFlags, packs *packFlags, out *outputFlags, judge *judgeFlags) error {
	targets, saved, err := out.targets()
	if err != nil {
		return err
	}
	if err := judge.check(); err != nil {
		return err
	}
	pack, err := packs.load()
	if err != nil {
		return err
	}
	ignored, err := loadIgnore(judge.ignoreFile)
	if err != nil {
		return err
	}
	rec, err := record(cmd, read, names...)
	if err != nil {
		return err
	}
	if err := save(cmd, saved, rec); err != nil {
		return err
	}
	full := analyzer.Judge(rec, pack).Report(version)
	log, _ := read.logger(cmd)
	ignored.apply(full, log)
	shown := full.Only(judge.severity)
	for _, t := range targets {
		style := report.Style{Color: t.file == "" && read.colored(cmd.OutOrStdout())}
		if err := t.write(cmd, func(w io.Writer) error { return t.writer.Write(w, shown, style) }); err != nil {
			return err
		}
	}
	if judge.evidence != "" {
		if err := writeEvidence(judge.evidence, shown); err != nil {
			return err
		}
	}
	if interrupted(cmd.Context()) {
		return fail(exitInterrupted, errors.New("interrupted; the report holds what was read"))
	}
	return verdict(full, judge, rec.Complete)
}

// verdict turns a report into the exit code. "Found" goes before "gaps": it is the stronger statement.
func verdict(r *report.Report, judge *judgeFlags, complete bool) error {
	if judge.failOn != "" && r.Worst() <= signatures.SeverityRank(judge.failOn) {
		return fail(exitFound, nil)
	}
	switch {
	case !complete:
		return fail(exitUnreadable, errors.New("the scan ended early; the report holds what was read"))
	case judge.maxGaps >= 0 && len(r.Gaps) > judge.maxGaps:
		return fail(exitGaps, fmt.Errorf("%d gaps, %d allowed", len(r.Gaps), judge.maxGaps))
	case judge.maxGaps < 0 && r.Unread() > 0:
		return fail(exitGaps, fmt.Errorf("%d partitions were not read", r.Unread()))
	}
	return nil
}
