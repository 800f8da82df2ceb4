package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/image"
)

func extractCommand() *cobra.Command {
	var read readFlags
	var dir string
	var all bool
	cmd := &cobra.Command{
		Use: "extract IMAGE [GLOB] -o DIR", Short: "write files out, safely",
		Long: `Writes the files that GLOB names below DIR, each container a directory. Nothing is written
outside DIR: links that point out are left out, names are made valid, names that differ
only in case get a number. Owners, setuid bits and devices are not restored.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settle(cmd, &read); err != nil {
				return err
			}
			if dir == "" {
				return fail(exitUsage, fmt.Errorf("extract: -o DIR is needed"))
			}
			glob := "**"
			if len(args) == 2 {
				glob = args[1]
			}
			return extract(cmd, args[0], glob, dir, &read, all)
		},
	}
	read.add(cmd.Flags())
	cmd.Flags().StringVarP(&dir, "output", "o", "", "directory to write to; made if it is not there")
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also write what is inside APKs and JARs")
	return cmd
}

func extract(cmd *cobra.Command, name, glob, dir string, read *readFlags, all bool) error {
	match, err := compileGlob(glob)
	if err != nil {
		return fail(exitUsage, err)
	}
	opt, err := read.options(cmd)
	if err != nil {
		return err
	}
	log, err := read.logger(cmd)
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
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(exitUsage, err)
	}
	out, err := os.OpenRoot(dir)
	if err != nil {
		return fail(exitUsage, err)
	}
	defer out.Close()
	x := &extractor{out: out, log: log, seen: map[string]string{}}
	for _, e := range entries {
		// A container that was opened is written as the directory of its files, not as itself.
		if p := e.File.Path.Inner(); p != "" && match(p) && !e.Opened {
			x.entry(e)
		}
		for _, g := range e.Gaps {
			log.Warnf("%s: %s (%s): %s", g.At, g.Reason, g.By, g.Detail)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d files, %d links written; %d left out\n", x.files, x.links, x.refused)
	if x.refused > 0 && x.failed {
		return fail(exitUnreadable, fmt.Errorf("not everything could be written"))
	}
	return nil
}

// extractor writes below one directory through os.Root, which follows no link out of it.
type extractor struct {
	out                   *os.Root
	log                   *logrus.Logger
	seen                  map[string]string // lower-case path to the path written
	files, links, refused int
	failed                bool
}

func (x *extractor) refuse(f *image.File, failed bool, format string, args ...any) {
	x.refused++
	x.failed = x.failed || failed
	x.log.Warnf("%s: %s", f.Path, fmt.Sprintf(format, args...))
}

func (x *extractor) entry(e analyzer.Entry) {
	f := e.File
	parts := make([]string, 0, len(f.Path))
	for _, s := range f.Path[1:] {
		parts = append(parts, strings.Split(s.Name, "/")...)
	}
	name := x.unique(parts, f.Mode.IsDir())
	if err := x.out.MkdirAll(path.Dir(name), 0o755); err != nil {
		x.refuse(f, true, "%v", err)
		return
	}
	switch {
	case f.Mode.IsDir():
		if err := x.out.MkdirAll(name, 0o755); err != nil {
			x.refuse(f, true, "%v", err)
		}
	case f.Mode&fs.ModeSymlink != 0:
		x.link(f, name)
	case f.IsRegular():
		x.file(f, name)
	default:
		x.refuse(f, false, "%s is not written", f.Mode.Type())
	}
}

// unique makes the parts valid file names and keeps names that differ only in case apart.
func (x *extractor) unique(parts []string, isDir bool) string {
	built := ""
	for i, p := range parts {
		p = strings.Map(func(r rune) rune {
			if r < 0x20 || r == 0x7f || strings.ContainsRune(`\:*?"<>|`, r) {
				return '_'
			}
			return r
		}, p)
		want := path.Join(built, p)
		last := i == len(parts)-1
		for n := 1; ; n++ {
			try := want
			if n > 1 {
				try = fmt.Sprintf("%s~%d", want, n)
			}
			have, taken := x.seen[strings.ToLower(try)]
			// A directory is shared by everything below it; only another spelling collides.
			if !taken || have == strings.Join(parts[:i+1], "/") && (!last || isDir) {
				x.seen[strings.ToLower(try)] = strings.Join(parts[:i+1], "/")
				built = try
				break
			}
		}
	}
	return built
}

// link writes a symbolic link if its target stays inside DIR. Absolute targets mean the device's root, which
// is not DIR.
func (x *extractor) link(f *image.File, name string) {
	target := filepath.ToSlash(f.Link)
	if path.IsAbs(target) || !filepath.IsLocal(path.Join(path.Dir(name), target)) {
		x.refuse(f, false, "link to %s points out of the directory", f.Link)
		return
	}
	if err := x.out.Symlink(target, name); err != nil {
		x.refuse(f, true, "%v", err)
		return
	}
	x.links++
}

func (x *extractor) file(f *image.File, name string) {
	defer f.Close()
	w, err := x.out.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.Mode.Perm()|0o200)
	if err != nil {
		x.refuse(f, true, "%v", err)
		return
	}
	n, err := io.Copy(w, io.NewSectionReader(f, 0, f.Size))
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err == nil && n != f.Size {
		err = fmt.Errorf("%d of %d bytes", n, f.Size)
	}
	if err != nil {
		x.refuse(f, true, "%v", err)
		return
	}
	x.files++
}
