package analyzer

import (
	"archive/zip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"
)

// TestCodeContainers puts one file of each kind that code comes in into a device's tree: the DEX inside is read, and an OAT
// file is also the ELF file it is.
func TestCodeContainers(t *testing.T) {
	formats := corpustest.Dir(t, "trees", "formats")
	tree := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sample := func(pattern string) []byte {
		t.Helper()
		found, _ := filepath.Glob(filepath.Join(formats, pattern))
		if len(found) == 0 {
			t.Skip("no " + pattern + " in the corpus")
		}
		data, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	put("system/build.prop", []byte("ro.build.version.sdk=28\n"))
	put("system/app/A/A.odex", sample("odex/htc-*bmgr.odex"))
	put("system/app/B/arm/B.odex", sample("oat/lyf*ProxyHandler.odex"))
	put("system/app/C/oat/arm64/C.odex", sample("oat/google-gsi-15*bmgr.odex"))
	put("system/app/D/oat/arm/D.vdex", sample("vdex/oukitel-wp5-9-a*media_cmd.vdex"))
	put("system/app/E/E.odex.xz", sample("odex/samsung*VpnDialogs.odex.xz"))
	put("system/framework/arm64/boot.art", sample("art/google-gsi-15*apache-xml.art"))

	file, err := os.Create(filepath.Join(tree, "system/app/D/D.dm"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(file)
	w, err := z.Create("primary.vdex")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(sample("vdex/tecno-ba2*CallLogBackup.vdex")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file.Close()

	got := map[string][]string{}
	for _, u := range read(t, tree, 2).Units {
		for _, g := range u.Gaps {
			if !strings.Contains(g.Detail, "optimised instructions are not resolved") { // calls by vtable slot
				t.Errorf("%s: %s", g.At, g.Detail)
			}
		}
		_, name, _ := strings.Cut(u.File.Path.String(), "//")
		for _, f := range u.Facts {
			got[name] = append(got[name], string(f.Kind)+" "+f.Fields.Get("version"))
		}
	}
	for name, want := range map[string]string{
		"system/app/A/A.odex//classes.dex":             "dex 035",
		"system/app/B/arm/B.odex":                      "elf ",
		"system/app/B/arm/B.odex//classes.dex":         "dex 035",
		"system/app/C/oat/arm64/C.odex":                "elf ",
		"system/app/D/oat/arm/D.vdex//classes.dex":     "dex cdex001",
		"system/app/D/D.dm//primary.vdex//classes.dex": "dex 037",
		"system/app/E/E.odex.xz//classes.dex":          "dex 035",
	} {
		if !slices.Contains(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
