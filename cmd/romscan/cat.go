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
	var method string
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
			return cat(cmd, args[0], args[1], &read, decode || method != "", method)
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().BoolVarP(&decode, "decode", "d", false, "manifest to XML, DEX to disassembly")
	cmd.Flags().StringVar(&method, "method", "", "of a DEX file, only this method")
	return cmd
}

func cat(cmd *cobra.Command, name, path string, read *readFlags, decode bool, method string) error {
	opt, err := read.options(cmd)
	if err != nil {
		return err
	}
	root, done, err := openTree(cmd, name, image.NewBudget(opt.Limits))
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
	if decode {
		text, err := analyzer.Decode(f, c, opt, method)
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
