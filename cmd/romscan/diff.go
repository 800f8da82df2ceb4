package main

import (
	"io"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/diff"
	"romscan/analyzer/report"
	"romscan/signatures"
)

func diffCommand() *cobra.Command {
	var read readFlags
	var packs packFlags
	var out outputFlags
	var judge judgeFlags
	var withFixed bool
	cmd := &cobra.Command{
		Use: "diff OLD NEW", Short: "compare two builds: fixed, still there, new, changed, cannot tell",
		Long: `Compares two images, or saved scans, of one device.

A finding counts as fixed only where the new image was read; where it was not, the
answer is "cannot tell". --fail-on looks at findings that are new or still there.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			return compare(cmd, args, &read, &packs, &out, &judge, withFixed)
		},
	}
	read.add(cmd.Flags())
	read.addFlows(cmd.Flags())
	packs.add(cmd)
	out.add(cmd)
	judge.add(cmd)
	cmd.Flags().BoolVar(&withFixed, "with-fixed", false, "write fixed findings into SARIF too, as absent")
	return cmd
}

func compare(cmd *cobra.Command, args []string, read *readFlags, packs *packFlags, out *outputFlags, judge *judgeFlags, withFixed bool) error {
	targets, saved, err := out.targets()
	if err != nil {
		return err
	}
	if saved != "" {
		return fail(exitUsage, errSavedDiff)
	}
	if err := judge.check(); err != nil {
		return err
	}
	pack, err := packs.load()
	if err != nil {
		return err
	}
	var scans [2]*analyzer.Scan
	for i, name := range args {
		rec, err := record(cmd, read, name)
		if err != nil {
			return err
		}
		scans[i] = analyzer.Judge(rec, pack)
	}
	d := analyzer.Compare(scans[0], scans[1], version)
	shown := d.Only(judge.severity)
	for _, t := range targets {
		style := report.Style{Color: t.file == "" && read.colored(cmd.OutOrStdout()), WithFixed: withFixed}
		if err := t.write(cmd, func(w io.Writer) error { return t.writer.WriteDiff(w, shown, style) }); err != nil {
			return err
		}
	}
	if judge.failOn != "" {
		for _, f := range d.Findings {
			if f.State != diff.Fixed && f.State != diff.CannotTell && signatures.SeverityRank(f.Finding.Severity) <= signatures.SeverityRank(judge.failOn) {
				return fail(exitFound, nil)
			}
		}
	}
	return verdict(d.New, &judgeFlags{maxGaps: judge.maxGaps}, d.New.Complete && d.Old.Complete)
}
