// Command romscan opens Android firmware in place and reports what its preinstalled software collects.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker: -X main.version=…
var version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// The exit codes; `romscan help exit` documents them and they do not change.
const (
	exitOK          = 0
	exitFound       = 1
	exitUsage       = 2
	exitUnreadable  = 3
	exitGaps        = 4
	exitInterrupted = 130
)

// exit carries a code through an error; its message, if any, has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func fail(code int, err error) error { return &exit{code, err} }

// run executes one command line and returns the exit code: main without the process.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := command()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var e *exit
	if !errors.As(err, &e) {
		e = &exit{exitUsage, err} // cobra's own: unknown flag, wrong number of arguments
	}
	if e.err != nil {
		fmt.Fprintf(errOut, "romscan: %v\n", e.err)
	}
	return e.code
}

// command returns the whole command tree: one verb, one file.
func command() *cobra.Command {
	root := scanCommand("romscan IMAGE...")
	root.Long = intro
	root.SilenceUsage, root.SilenceErrors = true, true
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fail(exitUsage, err) })
	root.AddCommand(
		scanCommand("scan IMAGE..."), diffCommand(), lsCommand(), catCommand(), extractCommand(), verifyCommand(), factsCommand(),
		listCommand(), explainCommand(), testCommand(), benchCommand(), schemaCommand(), versionCommand(),
	)
	root.AddCommand(topics()...)
	return root
}
