package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"romscan/analyzer"
	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// openTree opens an input that must have bytes: an image or a directory, or several of one device. "-" is standard input, which is
// kept in one unlinked temporary file, because firmware cannot be read front to back.
func openTree(cmd *cobra.Command, budget *image.Budget, names ...string) (*image.File, func() error, error) {
	if !slices.Contains(names, "-") {
		root, done, err := analyzer.OpenInput(names...)
		if err != nil {
			return nil, nil, fail(exitUnreadable, err)
		}
		return root, done, nil
	}
	if len(names) > 1 {
		return nil, nil, fail(exitUsage, errors.New("standard input stands alone"))
	}
	f, n, err := budget.Spill(cmd.InOrStdin(), budget.Spool, budget.Spool)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fail(exitUnreadable, fmt.Errorf("standard input: %w", err))
	}
	return image.NewFile("stdin", f, n), f.Close, nil
}

// addFlows adds the flags of the verbs that look into code.
func (f *readFlags) addFlows(flags *pflag.FlagSet) {
	flags.BoolVar(&f.noFlows, "no-flows", false, "do not follow data through the code of apps: faster, and no finding rests on a flow")
	flags.StringVar(&f.cacheDir, "cache-dir", "", "what is known of apps from earlier scans (default: romscan in the user's cache folder)")
	flags.BoolVar(&f.noCache, "no-cache", false, "neither read nor write that")
}

// record reads an image, or loads the saved scan it turns out to be.
func record(cmd *cobra.Command, f *readFlags, names ...string) (*fact.Record, error) {
	name := names[0]
	opt, err := f.options(cmd)
	if err != nil {
		return nil, err
	}
	opt.Verify, opt.Flows = f.verify, !f.noFlows
	log, err := f.logger(cmd)
	if err != nil {
		return nil, err
	}
	root, done, err := openTree(cmd, image.NewBudget(opt.Limits), names...)
	if err != nil {
		return nil, err
	}
	defer done()
	if root.IsRegular() && analyzer.IsSaved(root) {
		rec, err := analyzer.Load(root, root.Size)
		if err != nil {
			return nil, fail(exitUnreadable, fmt.Errorf("%s: %w", name, err))
		}
		log.Infof("%s: saved scan of %s, %d files", name, rec.Input, len(rec.Units))
		return rec, nil
	}
	p := newProgress(cmd, f, name)
	opt.Progress = p.show
	opt.Cache = f.cache(log)
	rec, err := analyzer.Read(cmd.Context(), root, opt)
	p.end()
	if opt.Cache != nil {
		if err := opt.Cache.Store.Trim(); err != nil {
			log.Warnf("cache: %v", err)
		}
	}
	if err != nil {
		return nil, fail(exitUnreadable, fmt.Errorf("%s: %w", name, err))
	}
	return rec, openable(rec, root, name, log)
}

// openable refuses an input that is no firmware at all: nothing was recognised, nothing was seen.
func openable(rec *fact.Record, root *image.File, name string, log *logrus.Logger) error {
	for i := range rec.Units {
		u := &rec.Units[i]
		if u.File.Kind != "" || len(u.Facts) > 0 || len(u.Tables) > 0 {
			for _, g := range rec.Gaps {
				log.Warn(g.Detail)
			}
			return nil
		}
	}
	if rec.Complete && root.IsRegular() {
		return fail(exitUnreadable, fmt.Errorf("%s: no known format at offset 0; `romscan list formats` shows what is read", name))
	}
	return nil
}

// progress is one line on stderr, redrawn at most ten times a second, and only on a terminal.
type progress struct {
	mu   sync.Mutex
	w    io.Writer
	name string
	last time.Time
}

func newProgress(cmd *cobra.Command, f *readFlags, name string) *progress {
	p := &progress{name: filepath.Base(name)}
	if w := cmd.ErrOrStderr(); !f.quiet && terminal(w) {
		p.w = w
	}
	return p
}

func (p *progress) show(files int, path string) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.last) >= 100*time.Millisecond {
		p.last = now
		if len(path) > 48 {
			path = "…" + path[len(path)-47:]
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s  %d files  %s", p.name, files, strings.ToValidUTF8(path, "?"))
	}
}

func (p *progress) end() {
	if p.w != nil && !p.last.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// packFlags choose the signatures.
type packFlags struct {
	dirs, only []string
	noBuiltin  bool
}

func (f *packFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.dirs, "signatures", nil, "directory of further signatures; may be given again")
	fs.StringSliceVar(&f.only, "only", nil, "signatures to run: ROM1001, tag:messaging")
	fs.BoolVar(&f.noBuiltin, "no-builtin", false, "leave out the signatures that romscan ships")
}

// load returns the chosen signatures as one pack.
func (f *packFlags) load() (*signatures.Pack, error) {
	var packs []*signatures.Pack
	if !f.noBuiltin {
		p, err := signatures.Builtin()
		if err != nil {
			return nil, fail(exitUsage, err)
		}
		packs = append(packs, p)
	}
	for _, d := range f.dirs {
		if info, err := os.Stat(d); err != nil || !info.IsDir() {
			return nil, fail(exitUsage, fmt.Errorf("--signatures %s: no such directory", d))
		}
		p, err := signatures.Load(os.DirFS(d))
		if err != nil {
			return nil, fail(exitUsage, err)
		}
		packs = append(packs, p)
	}
	pack, err := signatures.Merge(packs...)
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	return f.choose(pack)
}

// choose keeps the signatures --only names, and those they use.
func (f *packFlags) choose(pack *signatures.Pack) (*signatures.Pack, error) {
	if len(f.only) == 0 {
		return pack, nil
	}
	sub, err := pack.Only(f.only)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--only: %w", err))
	}
	return sub, nil
}

// interrupted reports whether the run was cut short from outside.
func interrupted(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }
