package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"romscan/analyzer"
	"romscan/analyzer/image"
)

// readFlags are the flags of every verb that opens an image.
type readFlags struct {
	timeout                   time.Duration
	depth, jobs               int
	files, opened             int64
	bytes, mem, ratio, spool  string
	quiet                     bool
	verbose                   int
	logFormat, color, configs string
	base, keys                string
	verify, noFlows, noCache  bool // of the verbs that scan
	cacheDir                  string
}

func (f *readFlags) add(fs *pflag.FlagSet) {
	l := image.DefaultLimits()
	fs.DurationVar(&f.timeout, "timeout", 0, "stop reading after this long; what was read is reported")
	fs.IntVar(&f.depth, "max-depth", l.Depth, "containers inside containers")
	fs.Int64Var(&f.files, "max-files", l.Files, "files in all containers")
	fs.Int64Var(&f.opened, "max-containers", l.Opened, "containers opened")
	fs.StringVar(&f.bytes, "max-bytes", "200GiB", "sum of the sizes of all files")
	fs.StringVar(&f.ratio, "max-ratio", strconv.FormatInt(l.Ratio, 10), "decoded bytes per encoded byte")
	fs.StringVar(&f.mem, "mem", "1GiB", "memory: bounds decoded streams and caches, steers the garbage collector")
	fs.StringVar(&f.base, "base", "", "firmware that an incremental update starts from: OTA, image or directory")
	fs.StringVar(&f.keys, "keys", "", "keys for encrypted containers; romscan help keys")
	fs.StringVar(&f.spool, "max-spool", "64GiB", "temporary disk for serial streams")
	fs.IntVarP(&f.jobs, "jobs", "j", 0, "files read at the same time; 0: one per processor")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, no warnings")
	fs.CountVarP(&f.verbose, "verbose", "v", "say more on stderr; twice for debugging")
	fs.StringVar(&f.logFormat, "log-format", "text", "text or json, on stderr")
	fs.StringVar(&f.color, "color", "auto", "auto, always or never; NO_COLOR and TERM=dumb count")
	fs.StringVar(&f.configs, "config", "", "settings file instead of .romscan.yaml")
}

// options turns the flags into options for a read.
func (f *readFlags) options(cmd *cobra.Command) (analyzer.Options, error) {
	l := image.DefaultLimits()
	var err error
	for _, x := range []struct {
		name, text string
		into       *int64
	}{{"max-bytes", f.bytes, &l.Bytes}, {"mem", f.mem, &l.Memory}, {"max-ratio", f.ratio, &l.Ratio}, {"max-spool", f.spool, &l.Spool}} {
		if *x.into, err = parseSize(x.text); err != nil {
			return analyzer.Options{}, fail(exitUsage, fmt.Errorf("--%s: %w", x.name, err))
		}
	}
	l.Depth, l.Duration, l.Files, l.Opened = f.depth, f.timeout, f.files, f.opened
	// The collector works rarely while there is room, and harder before the process outgrows --mem.
	debug.SetGCPercent(200)
	debug.SetMemoryLimit(l.Memory / 4 * 3)
	opt := analyzer.Options{Limits: l, Jobs: f.jobs, Tool: "romscan " + version}
	if f.keys != "" {
		if opt.Keys, err = loadKeys(f.keys); err != nil {
			return opt, fail(exitUsage, fmt.Errorf("--keys: %w", err))
		}
	}
	if f.base != "" {
		// It stays open until the process ends: partitions are read from it whenever a block is needed.
		if opt.Base, _, err = analyzer.OpenInput(f.base); err != nil {
			return opt, fail(exitUnreadable, fmt.Errorf("--base: %w", err))
		}
	}
	return opt, nil
}

func loadKeys(name string) (*image.Keys, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	k, err := image.ParseKeys(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// parseSize reads "200GB", "1.5GiB", "4096".
func parseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		factor float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}}
	num, factor := strings.TrimSpace(s), 1.0
	for _, u := range units {
		if rest, ok := strings.CutSuffix(num, u.suffix); ok {
			num, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	v, err := strconv.ParseFloat(num, 64)
	if err != nil || !(v > 0 && v*factor < 1<<62) {
		return 0, fmt.Errorf("%q is no size; write 4096, 512MiB or 200GB", s)
	}
	return int64(v * factor), nil
}

// logger returns the log of a run: always stderr.
func (f *readFlags) logger(cmd *cobra.Command) (*logrus.Logger, error) {
	log := logrus.New()
	log.SetOutput(cmd.ErrOrStderr())
	switch f.logFormat {
	case "json":
		log.SetFormatter(&logrus.JSONFormatter{})
	case "text":
		log.SetFormatter(&logrus.TextFormatter{DisableTimestamp: true, DisableColors: !f.colored(cmd.ErrOrStderr())})
	default:
		return nil, fail(exitUsage, fmt.Errorf("--log-format: %q is neither text nor json", f.logFormat))
	}
	log.SetLevel(logrus.WarnLevel + logrus.Level(min(f.verbose, 2)))
	if f.quiet {
		log.SetLevel(logrus.ErrorLevel)
	}
	return log, nil
}

// colored decides whether an output may be coloured (https://no-color.org).
func (f *readFlags) colored(w any) bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// terminal reports whether w is a character device.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
