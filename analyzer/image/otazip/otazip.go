// Package otazip opens update packages that carry the files of /system one by one, as ROMs up to Android 4.4 and
// custom ones after it do.
//
// In: a ZIP with a system/ tree and an updater-script. Out: that tree as a device has it after the update: the
// symbolic links, owners, modes and SELinux labels, which only the script knows, are laid over the archive's files.
//
//	o.Formats = []image.Format{otazip.Format(), zip.Format()}
//
// Limit: conditions are not evaluated: what a script does for one of several models is done for all.
package otazip

import (
	"context"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

const (
	scriptDir  = "META-INF/com/google/android/"
	edifyName  = scriptDir + "updater-script"
	amendName  = scriptDir + "update-script"
	maxScript  = 8 << 20 // the longest real ones take a few hundred kilobytes
	systemTree = "system/"
)

// Format returns the format; it has to be tried before zip.
func Format() image.Format {
	return image.Format{
		Name: "otazip",
		Doc:  "update package with the files of /system in a ZIP, links and permissions in its updater-script",
		Refs: []string{
			"AOSP bootable/recovery/edify/README.md",
			"AOSP bootable/recovery/updater/install.cpp",
			"AOSP bootable/recovery (eclair) commands.c: the older update-script",
		},
		Limits: []string{
			"conditions of the script are not evaluated, all branches count",
			"programs the script runs and patches it applies are not followed",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// sniff reads the names of the archive only. An APK or JAR is given up at its first telling entry.
func sniff(r io.ReaderAt, size int64) bool {
	var head [4]byte
	if n, _ := r.ReadAt(head[:], 0); n < 4 || string(head[:2]) != "PK" {
		return false
	}
	script, system := false, false
	zip.Names(r, size, func(name string) bool {
		switch {
		case name == edifyName || name == amendName:
			script = true
		case strings.HasPrefix(name, systemTree) && len(name) > len(systemTree):
			system = true
		case name == "AndroidManifest.xml" || name == "classes.dex":
			return false
		}
		return !script || !system
	})
	return script && system
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	z, err := zip.Open(r, size, b)
	if err != nil {
		return nil, err
	}
	f := &overlay{zip: z, gaps: z.Gaps()}
	f.build(f.script())
	return &pkg{f.index(), z}, nil
}

// pkg is an opened package.
type pkg struct {
	*image.Index
	zip *zip.FS
}

// Verify implements [image.Verifier]: it compares the checksums of the archive, under the names that the archive has.
func (p *pkg) Verify(ctx context.Context, yield func(image.Check) bool) { p.zip.Verify(ctx, yield) }

// script reads the package's script. One that cannot be read leaves the archive's files as they are.
func (f *overlay) script() script {
	for _, name := range []string{edifyName, amendName} {
		info, err := f.zip.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if info.Size() > maxScript {
			f.gap(image.OverBudget, "%s: %d bytes", name, info.Size())
			continue
		}
		text, err := fs.ReadFile(f.zip, name)
		if err != nil {
			f.gap(image.Malformed, "%s: %v", name, err)
		}
		s := parseEdify
		if name == amendName {
			s = parseAmend
		}
		out := s(string(text))
		if out.cut {
			f.gap(image.OverBudget, "%s: more than %d commands", name, maxCommands)
		}
		return out
	}
	return script{}
}

func (f *overlay) gap(reason image.Reason, format string, args ...any) {
	f.gaps = append(f.gaps, image.Errorf(reason, -1, format, args...))
}
