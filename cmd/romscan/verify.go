package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/image"
)

func verifyCommand() *cobra.Command {
	var read readFlags
	var all, mismatches bool
	var format string
	cmd := &cobra.Command{
		Use: "verify IMAGE...", Short: "compare everything with the checksums it comes with",
		Long: `Reads every partition and package and compares it with what the packaging states: hashes of
payload partitions and operations, AVB hash trees, checksums of archives, file systems and
vendor containers. A signature says who signed, not that the signer is to be trusted.

  match       compared, equal
  mismatch    compared, different
  unverified  could not be compared; the reason follows

The exit code is 1 where anything differs, 4 where nothing was compared.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			if format != "text" && format != "json" {
				return fail(exitUsage, fmt.Errorf("--format: %q is neither text nor json", format))
			}
			return verify(cmd, args, &read, all, mismatches, format)
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also archives among the device's files: APKs, JARs")
	cmd.Flags().BoolVar(&mismatches, "mismatches", false, "print only what differs")
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, or json: one object a line")
	return cmd
}

func verify(cmd *cobra.Command, names []string, read *readFlags, all, mismatches bool, format string) error {
	opt, err := read.options(cmd)
	if err != nil {
		return err
	}
	root, done, err := openTree(cmd, image.NewBudget(opt.Limits), names...)
	if err != nil {
		return err
	}
	defer done()
	list, gaps, err := analyzer.Verify(cmd.Context(), root, opt, all)
	warnGaps(cmd, gaps)
	if err != nil {
		return fail(exitUnreadable, err)
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	count := map[image.Outcome]int{}
	var compared int64
	for _, c := range list {
		count[c.Outcome]++
		if c.Outcome != image.Unverified {
			compared += c.Bytes
		}
		if mismatches && c.Outcome != image.Mismatched {
			continue
		}
		if format == "json" {
			err = printCheckJSON(out, c)
		} else {
			err = printCheck(out, c)
		}
		if err != nil {
			return err
		}
	}
	if format == "text" {
		fmt.Fprintf(out, "%d match, %d mismatch, %d unverified; %d bytes compared\n", count[image.Matched], count[image.Mismatched], count[image.Unverified], compared)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch {
	case count[image.Mismatched] > 0:
		return fail(exitFound, nil)
	case count[image.Matched] == 0:
		return fail(exitGaps, errors.New("nothing could be compared"))
	}
	return nil
}

// where names what was compared: the path inside the image, or the image itself.
func where(c analyzer.Checked) string {
	if inner := c.Path().Inner(); inner != "" {
		return inner
	}
	return c.At.String()
}

func printCheck(w io.Writer, c analyzer.Checked) error {
	detail := printable(c.Detail)
	if detail != "" {
		detail = "  " + detail
	}
	if c.Outcome == image.Mismatched && c.Offset >= 0 {
		detail = fmt.Sprintf("  at 0x%x%s", c.Offset, strings.Replace(detail, "  ", ": ", 1))
	}
	_, err := fmt.Fprintf(w, "%-10s  %-28s %11d  %s%s\n", c.Outcome, c.By+" "+c.What, c.Bytes, printable(where(c)), detail)
	return err
}

// checkLine is one line of JSON output.
type checkLine struct {
	Path    string `json:"path"`
	Outcome string `json:"outcome"`
	Format  string `json:"format"`
	What    string `json:"what"`
	Whole   bool   `json:"whole"`
	Bytes   int64  `json:"bytes"`
	Offset  int64  `json:"offset"`
	Detail  string `json:"detail,omitempty"`
}

func printCheckJSON(w io.Writer, c analyzer.Checked) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(checkLine{where(c), string(c.Outcome), c.By, c.What, c.Whole, c.Bytes, c.Offset, c.Detail})
}
