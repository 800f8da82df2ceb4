// Package manifest reads AndroidManifest.xml: who an app is, what it asks for, what it offers and when it starts.
//
// In: the opened container of an APK. Out: facts of the kinds package, permission, permission-declared, feature,
// uses-library, component, intent-filter, meta-data and tamper, each with the lines of the decoded manifest that say so. Defaults
// are filled in as Android's package parser does.
//
//	facts := fact.Run([]*fact.Analyzer{manifest.Analyzer()}, subject, budget)
//	text, err := manifest.Decode(axml, arsc)
//
// Limit: references resolve to the app's own default configuration; those into the framework stay numbers.
package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

const (
	manifestName = "AndroidManifest.xml"
	tableName    = "resources.arsc"
)

// maxSame bounds the same-named entries that are tried, maxManifest their length in bytes.
const (
	maxSame     = 16
	maxManifest = 64 << 20
)

// Analyzer returns the manifest analyzer.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "manifest",
		Doc:  "AndroidManifest.xml of an APK: identity, permissions, components, intent filters, metadata",
		Refs: []string{
			"AOSP frameworks/base/core/java/android/content/pm/PackageParser.java",
			"AOSP frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h",
			"AOSP frameworks/base/core/res/res/values/attrs_manifest.xml",
		},
		Version: 2,
		Emits: []fact.Kind{
			"package", "permission", "permission-declared", "feature", "uses-library", "component", "intent-filter", "meta-data", "tamper",
		},
		Wants: wants,
		Run:   run,
	}
}

func wants(s *fact.Subject) bool {
	if s.FS == nil {
		return false
	}
	info, err := fs.Stat(s.FS, manifestName)
	return err == nil && info.Mode().IsRegular()
}

func run(p *fact.Pass) error {
	tampered(p)
	res := &resolver{load: func() ([]byte, error) { return table(p) }}
	d, at, err := manifest(p, res)
	for _, t := range d.tricks {
		p.Emit("tamper", fact.F("trick", t, "entry", at), fact.Nowhere(), nil)
	}
	if d.root != nil {
		w := &writer{p: p, text: render(d.root)}
		w.manifest(d.root)
	}
	if res.err != nil {
		p.Gap(fmt.Errorf("references not resolved: %w", res.err))
	}
	return err
}

// manifest reads the entry Android would, or, if that is no manifest, the first of its name that is one.
func manifest(p *fact.Pass, res *resolver) (best decoded, at string, err error) {
	for n := 1; n <= maxSame; n++ {
		name := manifestName
		if n > 1 {
			name += "#" + strconv.Itoa(n)
		}
		data, rerr := read(p, name, maxManifest)
		if errors.Is(rerr, fs.ErrNotExist) {
			break
		}
		d := decoded{err: rerr}
		if len(data) == 0 && rerr == nil {
			d.err = image.Errorf(image.Malformed, -1, "%s is empty", name)
		}
		if len(data) > 0 {
			d = decode(data, res)
			d.err = errors.Join(d.err, rerr)
		}
		better := d.root != nil && (best.root == nil || (best.root.name != "manifest" && d.root.name == "manifest"))
		if n == 1 || better {
			best, at, err = d, name, d.err
		}
		if best.root != nil && best.root.name == "manifest" {
			break
		}
	}
	if best.root != nil && best.root.name != "manifest" {
		err = errors.Join(err, image.Errorf(image.Malformed, -1, "root element %q", best.root.name))
	}
	return best, at, err
}

// table reads resources.arsc; an APK without one is normal.
func table(p *fact.Pass) ([]byte, error) {
	data, err := read(p, tableName, p.Budget.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// read returns a member's bytes, and with an error those before it.
func read(p *fact.Pass, name string, limit int64) ([]byte, error) {
	f, err := p.FS.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%w: %s of %d bytes, limit %d", image.ErrBudget, name, info.Size(), limit)
	}
	data := make([]byte, info.Size())
	for n := 0; n < len(data); {
		m, err := f.Read(data[n:])
		n += m
		if err != nil {
			if n == len(data) {
				break
			}
			return data[:n], fmt.Errorf("%s: %w", name, err)
		}
	}
	return data, nil
}

// maxTampered bounds the tamper facts of one archive.
const maxTampered = 64

// tampered turns what the archive's index noted into facts.
func tampered(p *fact.Pass) {
	z, ok := p.FS.(*zip.FS)
	if !ok {
		return
	}
	for _, t := range z.Tricks() {
		if t.Reason() == image.Tampered {
			p.Emit("tamper", fact.F("trick", string(t)), fact.Nowhere(), nil)
		}
	}
	n := 0
	for e := range z.Entries() {
		for _, t := range e.Tricks {
			if t.Reason() != image.Tampered {
				continue
			}
			if n++; n > maxTampered {
				return
			}
			p.Emit("tamper", fact.F("trick", string(t), "entry", e.Name), fact.Place{Offset: e.Header}, nil)
		}
	}
}
