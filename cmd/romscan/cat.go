package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/image"
)

func catCommand() *cobra.Command {
	var read readFlags
	var decode bool
	var method, uses string
	cmd := &cobra.Command{
		Use: "cat IMAGE PATH", Short: "print one file, as it is or decoded",
		Long: `Prints the bytes of one file. PATH is what ls prints, or a device path:

  romscan cat ota.zip system/app/X.apk//AndroidManifest.xml --decode
  romscan cat ota.zip /system/app/X.apk//classes.dex --method 'Lcom/x/Y;->onBoot()V'

--decode turns a binary manifest into XML and code into a disassembly.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			return cat(cmd, args[0], args[1], &read, view{decode || method != "", method, uses})
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().BoolVarP(&decode, "decode", "d", false, "manifest to XML, DEX to disassembly")
	cmd.Flags().StringVar(&method, "method", "", "of a DEX file, only this method")
	cmd.Flags().StringVar(&uses, "uses", "", "of a DEX file, the methods that use this string, type, field or method")
	return cmd
}

// view says how a file is shown.
type view struct {
	decode       bool
	method, uses string
}

func cat(cmd *cobra.Command, name, path string, read *readFlags, v view) error {
	opt, err := read.options(cmd)
	if err != nil {
		return err
	}
	root, done, err := openTree(cmd, image.NewBudget(opt.Limits), name)
	if err != nil {
		return err
	}
	defer done()
	f, c, err := analyzer.Find(cmd.Context(), root, opt, path)
	if err != nil {
		return fail(exitUnreadable, err)
	}
	defer f.Close()
	if !f.IsRegular() {
		if f.Link != "" {
			return fail(exitUsage, fmt.Errorf("%s is a symbolic link to %s", f.Path, f.Link))
		}
		return fail(exitUsage, fmt.Errorf("%s is no regular file", f.Path))
	}
	if v.uses != "" {
		users, err := analyzer.UsersOf(f, opt, v.uses)
		for _, u := range users {
			fmt.Fprintln(cmd.OutOrStdout(), u)
		}
		if err != nil {
			return fail(exitUnreadable, fmt.Errorf("%s: %w", f.Path, err))
		}
		return nil
	}
	if v.decode {
		text, err := analyzer.Decode(f, c, opt, v.method)
		if text != "" {
			fmt.Fprint(cmd.OutOrStdout(), text)
		}
		if err != nil {
			return fail(exitUnreadable, fmt.Errorf("%s: %w", f.Path, err))
		}
		return nil
	}
	n, err := io.Copy(cmd.OutOrStdout(), io.NewSectionReader(f, 0, f.Size))
	if err == nil && n != f.Size {
		err = errors.New("shorter than its container says")
	}
	if err != nil {
		return fail(exitUnreadable, fmt.Errorf("%s: after %d of %d bytes: %w", f.Path, n, f.Size, err))
	}
	return nil
}
