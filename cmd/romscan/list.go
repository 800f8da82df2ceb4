package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer"
)

func listCommand() *cobra.Command {
	var packs packFlags
	var markdown bool
	cmd := &cobra.Command{
		Use: "list formats|analyzers|facts|signatures|outputs", Short: "print what romscan knows",
		ValidArgs: analyzer.Topics(), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := packs.load()
			if err != nil {
				return err
			}
			rows, err := analyzer.Table(args[0], pack)
			if err != nil {
				return fail(exitUsage, err)
			}
			if markdown {
				fmt.Fprint(cmd.OutOrStdout(), analyzer.Markdown(rows))
				return nil
			}
			plainTable(cmd.OutOrStdout(), rows)
			return nil
		},
	}
	packs.add(cmd)
	cmd.Flags().BoolVar(&markdown, "md", false, "as a Markdown table")
	return cmd
}

// plainTable prints rows with aligned columns; the last column runs free.
func plainTable(w io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r[:len(r)-1] {
			width[i] = max(width[i], len(c))
		}
	}
	for n, r := range rows {
		var b strings.Builder
		for i, c := range r {
			if n == 0 {
				c = strings.ToUpper(c)
			}
			if i < len(r)-1 {
				fmt.Fprintf(&b, "%-*s  ", width[i], c)
			} else {
				b.WriteString(c)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
