package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"romscan/analyzer"
)

func benchCommand() *cobra.Command {
	var read readFlags
	var where map[string]string
	var profile string
	cmd := &cobra.Command{
		Use: "bench TRUTH.csv", Short: "follow data through the apps of a benchmark and count against its truth",
		Long: `Follows data through apps whose leaks are known and counts the distinct pairs of a call that reads
personal data and a call at which it leaves. TRUTH.csv has a head; the column apk is a path below the
file's directory, of an app or of a directory of apps that work together, and adjudicated_leaks,
expected_leaks or leaks the number of pairs. Of as many pairs as are stated all count as right, the
rest as false. Apps with another number than stated are printed with their pairs; -v prints all.

The profile droidbench also counts what goes to the log, to files, to other apps and programs.`,
		Example: "  romscan bench ground_truth.csv --where branch=master",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			opt, err := read.options(cmd)
			if err != nil {
				return err
			}
			if opt.Profile = profile; profile != "" && profile != "droidbench" {
				return fail(exitUsage, fmt.Errorf("no profile %q: droidbench, or none", profile))
			}
			f, err := os.Open(args[0])
			if err != nil {
				return fail(exitUnreadable, err)
			}
			defer f.Close()
			cases, err := analyzer.ReadBench(f, filepath.Dir(args[0]), where)
			if err != nil {
				return fail(exitUnreadable, fmt.Errorf("%s: %w", args[0], err))
			}
			return bench(cmd, cases, opt, read.verbose > 0)
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().StringToStringVar(&where, "where", nil, "rows to take: COLUMN=VALUE")
	cmd.Flags().StringVar(&profile, "profile", "droidbench", "which calls count as places where data leaves; empty: as in a scan")
	return cmd
}

func bench(cmd *cobra.Command, cases []analyzer.BenchCase, opt analyzer.Options, verbose bool) error {
	out := cmd.OutOrStdout()
	var sum analyzer.Score
	failed := 0
	start := time.Now()
	for _, c := range cases {
		got, err := c.Run(cmd.Context(), opt)
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		if err != nil {
			failed++
			fmt.Fprintf(out, "%s: %v\n", c.Name, err)
			sum.Add(0, c.Leaks)
			continue
		}
		sum.Add(len(got.Pairs), c.Leaks)
		if verbose || len(got.Pairs) != c.Leaks {
			for line := range strings.Lines(got.String()) {
				fmt.Fprintln(out, printable(strings.ToValidUTF8(strings.TrimSuffix(line, "\n"), "?")))
			}
		}
	}
	fmt.Fprintf(out, "%d apps in %.1f s, %d not read: %v\n", len(cases), time.Since(start).Seconds(), failed, sum)
	if failed > 0 {
		return &exit{code: exitUnreadable}
	}
	return nil
}
