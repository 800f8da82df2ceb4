package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"romscan/analyzer/finding"
	"romscan/signatures"
)

func testCommand() *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use: "test [DIR|FILE]", Short: "run the tests inside signatures",
		Long: `Runs the tests that signatures carry: of the shipped ones, or of a directory or file. Each clause
is also dropped in turn: if no test notices, the clause is reported as idle.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := testPack(args)
			if err != nil {
				return fail(exitUsage, err)
			}
			return runTests(cmd, pack, verbose)
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "name every test")
	return cmd
}

func testPack(args []string) (*signatures.Pack, error) {
	if len(args) == 0 {
		return signatures.Builtin()
	}
	info, err := os.Stat(args[0])
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return signatures.Load(os.DirFS(args[0]))
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return nil, err
	}
	s, errs := signatures.Decode(filepath.Base(args[0]), data)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return &signatures.Pack{Name: "file", Signatures: []*signatures.Signature{s}}, nil
}

func runTests(cmd *cobra.Command, pack *signatures.Pack, verbose bool) error {
	w := cmd.OutOrStdout()
	ok, failed, todo, skipped, idle := 0, 0, 0, 0, 0
	for _, r := range finding.RunTests(pack) {
		switch {
		case r.Skipped != "":
			skipped++
		case r.OK:
			ok++
		case r.Test.Todo:
			todo++
		default:
			failed++
			fmt.Fprintf(w, "FAIL %s %s:%d: %s: %d hits, want %d\n", r.Signature.ID, r.Test.Pos.File, r.Test.Pos.Line, r.Test.Name, r.Got, r.Test.Hits)
			continue
		}
		if verbose {
			fmt.Fprintf(w, "ok   %s %s\n", r.Signature.ID, r.Test.Name)
		}
	}
	for _, s := range pack.Signatures {
		for _, c := range finding.Idle(pack, s) {
			idle++
			fmt.Fprintf(w, "IDLE %s %s: no test misses clause %s\n", s.ID, s.File, c)
		}
	}
	fmt.Fprintf(w, "%d signatures: %d tests ok, %d failed, %d to do, %d need images, %d idle clauses\n", len(pack.Signatures), ok, failed, todo, skipped, idle)
	if failed+idle > 0 {
		return fail(exitFound, nil)
	}
	return nil
}
