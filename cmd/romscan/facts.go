package main

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
)

func factsCommand() *cobra.Command {
	var read readFlags
	cmd := &cobra.Command{
		Use: "facts IMAGE [KIND...]", Short: "print what was seen, one JSON object a line",
		Long: `Prints facts as JSON lines, with the device path and app of each: what a signature can ask for.
Without KIND all facts but the bulky ones (string, class, api, import, export, member, native-declared, native-method, file) are printed.
` + "`romscan list facts`" + ` explains the kinds and their fields.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			want := map[fact.Kind]bool{}
			for _, k := range args[1:] {
				if fact.Lookup(fact.Kind(k)) == nil {
					return fail(exitUsage, fmt.Errorf("no fact %q; `romscan list facts` lists them", k))
				}
				want[fact.Kind(k)] = true
			}
			if len(want) == 0 {
				for _, k := range fact.Kinds() {
					want[k.Kind] = true
				}
				for _, bulky := range []fact.Kind{"string", "class", "api", "import", "export", "member", "native-declared", "native-method", "file"} {
					delete(want, bulky)
				}
			}
			rec, err := record(cmd, &read, args[0])
			if err != nil {
				return err
			}
			return printFacts(cmd, firmware.Assemble(rec), want)
		},
	}
	read.add(cmd.Flags())
	read.addFlows(cmd.Flags())
	return cmd
}

// seen is one printed fact.
type seen struct {
	Kind      fact.Kind      `json:"fact"`
	App       string         `json:"app,omitempty"`
	Partition string         `json:"partition,omitempty"`
	Path      string         `json:"path,omitempty"`
	Member    string         `json:"member,omitempty"`
	Fields    fact.Fields    `json:"fields"`
	At        fact.Place     `json:"at"`
	Evidence  *fact.Evidence `json:"evidence,omitempty"`
}

func printFacts(cmd *cobra.Command, fw *firmware.Firmware, want map[fact.Kind]bool) error {
	out := bufio.NewWriter(cmd.OutOrStdout())
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var err error
	put := func(f fact.Fact, app string, s firmware.Spot) {
		if err == nil && want[f.Kind] {
			err = enc.Encode(seen{f.Kind, app, s.Partition, s.Device, s.Member, f.Fields, f.At, f.Evidence})
		}
	}
	for i := range fw.Record.Units {
		app := ""
		if a := fw.AppOf(i); a != nil {
			app = a.Package
		}
		for _, f := range fw.Record.Units[i].Facts {
			s := fw.Spots[i]
			if f.At.In != nil {
				s = fw.Layout.Spot(f.At.In)
			}
			put(f, app, s)
		}
		for _, t := range fw.Record.Units[i].Tables {
			for row := 0; want[t.Kind] && row < len(t.Values); row++ {
				put(t.Row(row), app, fw.Spots[i])
			}
		}
	}
	for _, a := range fw.Subjects() {
		for _, f := range a.Derived {
			put(f, a.Package, firmware.Spot{Device: a.Device, Partition: a.Partition})
		}
	}
	for _, f := range fw.Derived {
		put(f, "", firmware.Spot{Device: f.Fields.Get("path"), Partition: f.Fields.Get("partition")})
	}
	if err != nil {
		return err
	}
	return out.Flush()
}
