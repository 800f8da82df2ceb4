package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// settle fills flags that the command line left alone: from ROMSCAN_* in the environment, else from
// .romscan.yaml. Precedence: flag, environment, file, default.
func settle(cmd *cobra.Command, f *readFlags) error {
	name := f.configs
	if name == "" {
		name = os.Getenv("ROMSCAN_CONFIG")
	}
	explicit := name != ""
	if !explicit {
		name = ".romscan.yaml"
	}
	values := map[string]any{}
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !explicit:
	case err != nil:
		return fail(exitUsage, err)
	default:
		if err := yaml.UnmarshalWithOptions(data, &values, yaml.Strict()); err != nil {
			return fail(exitUsage, fmt.Errorf("%s: %w", name, err))
		}
	}
	for key := range values {
		if cmd.Flags().Lookup(key) == nil && cmd.Root().Flags().Lookup(key) == nil {
			return fail(exitUsage, fmt.Errorf("%s: unknown setting %q", name, key))
		}
	}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if flag.Changed || flag.Name == "config" || flag.Name == "help" || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
		if v, ok := os.LookupEnv("ROMSCAN_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))); ok {
			err = set(cmd, flag, v)
		} else if v, ok := values[flag.Name]; ok {
			err = set(cmd, flag, v)
		}
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(exitUsage, err)
	}
	return nil
}

func set(cmd *cobra.Command, flag *pflag.Flag, v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if err := cmd.Flags().Set(flag.Name, fmt.Sprint(item)); err != nil {
			return fmt.Errorf("setting %s: %w", flag.Name, err)
		}
	}
	return nil
}
