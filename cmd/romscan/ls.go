package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/image"
)

func lsCommand() *cobra.Command {
	var read readFlags
	var all, hash, device bool
	cmd := &cobra.Command{
		Use: "ls IMAGE [GLOB]", Short: "list the tree: files, sizes, what each container is, gaps",
		Long: `Lists every file with mode, size and what it opened as. Names are what cat and extract
take. A GLOB without a slash is matched against base names; ** crosses directories.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			glob := "**"
			if len(args) == 2 {
				glob = args[1]
			}
			return ls(cmd, args[0], glob, &read, all, hash, device)
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also list what is inside APKs, JARs and other archives of the device")
	cmd.Flags().BoolVar(&hash, "sha256", false, "print the sha256 of every file")
	cmd.Flags().BoolVar(&device, "device", false, "print device paths instead of image paths")
	return cmd
}

func ls(cmd *cobra.Command, name, glob string, read *readFlags, all, hash, device bool) error {
	match, err := compileGlob(glob)
	if err != nil {
		return fail(exitUsage, err)
	}
	opt, err := read.options(cmd)
	if err != nil {
		return err
	}
	root, done, err := openTree(cmd, image.NewBudget(opt.Limits), name)
	if err != nil {
		return err
	}
	defer done()
	entries, err := analyzer.List(cmd.Context(), root, opt, all)
	if err != nil {
		return fail(exitUnreadable, err)
	}
	if len(entries) == 1 && entries[0].Kind == "" {
		return fail(exitUnreadable, fmt.Errorf("%s: no known format", name))
	}
	layout := analyzer.LayoutOf(entries)
	out := bufio.NewWriter(cmd.OutOrStdout())
	for _, e := range entries {
		path := e.File.Path.Inner()
		shown := path
		if device {
			if s := layout.Spot(e.File.Path); s.Device != "" && s.Member == "" {
				shown = s.Device
			} else if s.Device != "" {
				shown = s.Device + image.Separator + s.Member
			}
		}
		if path == "" || !match(path) {
			if len(e.Gaps) > 0 {
				warnGaps(cmd, e.Gaps)
			}
			continue
		}
		fmt.Fprintln(out, line(e, shown, hash))
		warnGaps(cmd, e.Gaps)
	}
	return errors.Join(out.Flush())
}

// line prints one entry: mode, size, digest, name, link target, format.
func line(e analyzer.Entry, shown string, hash bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %11d ", e.File.Mode, e.File.Size)
	if hash {
		sum := strings.Repeat("-", 64)
		if e.File.IsRegular() {
			if d, err := e.File.Digest(); err == nil {
				sum = fmt.Sprintf("%x", d)
			}
			e.File.Close()
		}
		b.WriteString(sum + " ")
	}
	b.WriteString(printable(shown))
	if e.File.Link != "" {
		b.WriteString(" -> " + printable(e.File.Link))
	}
	if e.Kind != "" {
		b.WriteString("  [" + e.Kind + "]")
	}
	if e.File.PartOf != "" {
		b.WriteString("  [part of " + printable(e.File.PartOf) + "]")
	}
	return b.String()
}

// printable keeps hostile names from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '·'
		}
		return r
	}, s)
}

func warnGaps(cmd *cobra.Command, gaps []image.Gap) {
	for _, g := range gaps {
		fmt.Fprintf(cmd.ErrOrStderr(), "gap: %s: %s (%s): %s\n", g.At, g.Reason, g.By, g.Detail)
	}
}
