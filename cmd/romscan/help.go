package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"romscan/analyzer/report/json"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "print the JSON Schema of the JSON report", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(json.Schema)
			return err
		},
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "romscan "+version) },
	}
}

// topics are help pages that are no verbs.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit", Short: "exit codes", Long: exitPage},
		{Use: "config", Short: "settings file and environment", Long: configPage},
		{Use: "keys", Short: "key file for encrypted containers", Long: keysPage},
	}
}

const exitPage = `Exit codes:

  0    done; with --fail-on: nothing at or above that severity
  1    found: a finding at or above --fail-on
  2    wrong use: unknown flag, broken signature, bad settings
  3    the image could not be opened, or the scan ended early
  4    done, but with more gaps than --max-gaps (default: a partition was not read)
  130  interrupted; the report holds what was read

Without --fail-on findings do not change the exit code.`

const configPage = `Settings are taken from, first to last: flags, the environment, .romscan.yaml in the working
directory (or --config FILE), defaults. Names are those of the flags:

  # .romscan.yaml
  fail-on: high
  format: [text, sarif=out.sarif]
  jobs: 2
  mem: 2GiB

  ROMSCAN_FAIL_ON=high romscan image.zip

.romscanignore (or --ignore-file FILE) leaves findings out, one fingerprint a line; a reason is
required, and a line that has expired no longer counts:

  5f0c…32 hex digits…9a until 2027-01-31 # vendor confirmed the fix, next release

romscan opens no network connection.`

const keysPage = `romscan ships no keys. An encrypted container is a gap that names its scheme; with --keys FILE
it is decrypted in place. A key file is text, one key a line: the scheme, then the key's fields,
separated by blanks; # begins a comment. Of several keys of one scheme the first that fits is
used, and the files say which line it was.

  # scheme   fields
  ozip       KEY                       Oppo, Realme: 32 hex digits
  ofp-qc     MASK KEY IV               Oppo, Qualcomm: 32 hex digits each, as the tools list them
  ofp-qc     KEY IV                    unmasked: 16 characters or 32 hex digits each
  ofp-mtk    MASK KEY IV  or  KEY IV   Oppo, MediaTek: likewise
  ops        IV BOX                    OnePlus: 32 hex digits; the mbox, hex or 0x60, 0x8a, …
  ntpi       KEY1 IV1 … KEY5 IV5       Nothing: 64 and 32 hex digits, for regions 1 to 5
  htc        KEY IV                    HTC: 32 hex digits each
  htc        KEYDATA KEYMAP            192 hex digits; the row of the key map (64), or all of it
  samsung    KEY                       32 hex digits
  samsung    REGION MODEL VERSION      makes the key of .enc2
  samsung    VERSION LOGICVALUE        makes the key of .enc4
  zip        PASSWORD                  ZipCrypto, the oldest OFP
  7z         PASSWORD
  rar        PASSWORD

Passwords can hold neither blanks nor #. Samsung's files are known by their names: give the
directory they lie in.`
