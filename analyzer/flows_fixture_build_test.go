package analyzer

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
)

const flowCases = fixtures + "/flows"

// flowApp is one app of a case: a Java file whose leading comment says what its manifest and resources hold.
type flowApp struct {
	name, pkg, text string
	head            [][2]string // directive, its text
}

// all returns the texts of a directive.
func (a *flowApp) all(key string) (out []string) {
	for _, d := range a.head {
		if d[0] == key {
			out = append(out, d[1])
		}
	}
	return out
}

// flowCase is what one expectation is about: one app, or several of one device.
type flowCase struct {
	category, name string
	apps           []*flowApp
	key            string // of the built files in the cache
}

// all returns the texts of a directive over all apps of the case.
func (c *flowCase) all(key string) (out []string) {
	for _, a := range c.apps {
		out = append(out, a.all(key)...)
	}
	return out
}

var (
	flowDirective = regexp.MustCompile(`^// ([a-z]+): (.*)$`)
	flowWord      = regexp.MustCompile(`\b[A-Za-z_]\w*\b`)
	flowPackage   = regexp.MustCompile(`(?m)^package ([\w.]+);`)
)

func parseFlowApp(name, text string) (*flowApp, error) {
	a := &flowApp{name: name, text: text}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "//") {
			break
		}
		if m := flowDirective.FindStringSubmatch(line); m != nil {
			a.head = append(a.head, [2]string{m[1], m[2]})
		}
	}
	m := flowPackage.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%s: no package", name)
	}
	a.pkg = m[1]
	return a, nil
}

// renamed returns the app as a name obfuscator leaves it: the words of its directive "rename", and its own name.
func (a *flowApp) renamed() (*flowApp, error) {
	names := map[string]string{a.name: "A", a.pkg: a.pkg + "x"}
	for _, line := range a.all("rename") {
		for _, w := range strings.Fields(line) {
			from, to, _ := strings.Cut(w, "=")
			names[from] = to
		}
	}
	text := regexp.MustCompile(`\b`+regexp.QuoteMeta(a.pkg)+`\b`).ReplaceAllString(a.text, a.pkg+"x")
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "// expect:") {
			line = flowWord.ReplaceAllStringFunc(line, func(w string) string {
				if to, ok := names[w]; ok {
					return to
				}
				return w
			})
		}
		b.WriteString(line)
	}
	return parseFlowApp("A", b.String())
}

// loadFlowCases reads fixtures/flows: CATEGORY/Name.java is a case, CATEGORY/Name/*.java one of several apps.
func loadFlowCases(t *testing.T) []*flowCase {
	t.Helper()
	byName := map[string]*flowCase{}
	shared := sha256.New()
	err := filepath.WalkDir(flowCases, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".java") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(flowCases, path)
		seg := strings.Split(filepath.ToSlash(rel), "/")
		if slices.Contains([]string{"build", "stubs", "lib"}, seg[0]) {
			fmt.Fprintf(shared, "%s %d\n%s", rel, len(data), data)
			return nil
		}
		app, err := parseFlowApp(strings.TrimSuffix(seg[len(seg)-1], ".java"), string(data))
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(seg[1], ".java")
		c := byName[seg[0]+"/"+name]
		if c == nil {
			c = &flowCase{category: seg[0], name: name}
			byName[seg[0]+"/"+name] = c
		}
		c.apps = append(c.apps, app)
		if len(app.all("rename")) > 0 {
			twin, err := app.renamed()
			if err != nil {
				return err
			}
			byName[seg[0]+"/"+name+"-renamed"] = &flowCase{category: seg[0], name: name + "-renamed", apps: []*flowApp{twin}}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := shared.Sum(nil)
	var out []*flowCase
	for _, c := range byName {
		h := sha256.New()
		fmt.Fprintf(h, "v1 %x %s %s\n", sum, c.category, c.name)
		for _, a := range c.apps {
			fmt.Fprintf(h, "%s %d\n%s", a.name, len(a.text), a.text)
		}
		c.key = hex.EncodeToString(h.Sum(nil))[:24]
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].id() < out[j].id() })
	return out
}

func (c *flowCase) id() string { return c.category + "/" + c.name }

// path is what a scan of the case is given: the only APK, or a directory laid out like a device.
func (c *flowCase) path(cache string) string {
	dir := filepath.Join(cache, c.key)
	if len(c.apps) == 1 && len(c.all("prop"))+len(c.all("jar")) == 0 {
		return filepath.Join(dir, c.apps[0].name+".apk")
	}
	return dir
}

// manifest spells an app's directives app, permission, receiver, service, activity and provider as AndroidManifest.xml.
func (a *flowApp) manifest() string {
	var b strings.Builder
	shared := ""
	var attrs []string
	for _, line := range a.all("app") {
		for _, w := range strings.Fields(line) {
			k, v, ok := strings.Cut(w, "=")
			switch {
			case k == "shareduid":
				shared = fmt.Sprintf(` android:sharedUserId="%s"`, v)
			case k == "application":
				attrs = append(attrs, fmt.Sprintf(`android:name=".%s$%s"`, a.name, v))
			case !ok:
				attrs = append(attrs, fmt.Sprintf(`android:%s="true"`, k))
			default:
				attrs = append(attrs, fmt.Sprintf(`android:%s="%s"`, k, v))
			}
		}
	}
	fmt.Fprintf(&b, `<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="%s" android:versionCode="1" android:versionName="1"%s>`+"\n", a.pkg, shared)
	b.WriteString(`<uses-sdk android:minSdkVersion="8" android:targetSdkVersion="8"/><uses-permission android:name="android.permission.INTERNET"/>` + "\n")
	for _, line := range a.all("permission") {
		for _, p := range strings.Fields(line) {
			fmt.Fprintf(&b, `<uses-permission android:name="android.permission.%s"/>`+"\n", p)
		}
	}
	fmt.Fprintf(&b, "<application %s>\n", strings.Join(attrs, " "))
	for _, d := range a.head {
		if slices.Contains([]string{"receiver", "service", "activity", "provider"}, d[0]) {
			a.component(&b, d[0], strings.Fields(d[1]))
		}
	}
	for _, line := range a.all("uses") {
		for _, l := range strings.Fields(line) {
			fmt.Fprintf(&b, `<uses-library android:name="%s"/>`+"\n", l)
		}
	}
	for _, line := range a.all("meta") {
		name, value, _ := strings.Cut(line, " ")
		fmt.Fprintf(&b, `<meta-data android:name="%s" android:value="%s"/>`+"\n", name, html.EscapeString(value))
	}
	b.WriteString("</application></manifest>\n")
	return b.String()
}

// component writes one component: the name of a nested class, then key=value for attributes, words for exported and
// its kin, names with dots for actions, meta:NAME=RESOURCE for meta-data.
func (a *flowApp) component(b *strings.Builder, kind string, words []string) {
	name := "." + a.name + "$" + words[0]
	if strings.HasPrefix(words[0], "!") { // a class of its own
		name = words[0][1:]
	}
	fmt.Fprintf(b, `<%s android:name="%s"`, kind, name)
	var inner string
	for _, w := range words[1:] {
		k, v, ok := strings.Cut(w, "=")
		switch {
		case strings.HasPrefix(k, "meta:"):
			of := "value"
			if strings.HasPrefix(v, "@") {
				of = "resource"
			}
			inner += fmt.Sprintf(`<meta-data android:name="%s" android:%s="%s"/>`, k[5:], of, v)
		case ok:
			fmt.Fprintf(b, ` android:%s="%s"`, k, html.EscapeString(v))
		case strings.Contains(w, "."):
			filter := fmt.Sprintf(`<intent-filter><action android:name="%s"/>`, w)
			if w == "android.intent.action.MAIN" {
				filter += `<category android:name="android.intent.category.LAUNCHER"/>`
			}
			if strings.Contains(w, ".PACKAGE_") {
				filter += `<data android:scheme="package"/>`
			}
			inner += filter + "</intent-filter>"
		default:
			fmt.Fprintf(b, ` android:%s="true"`, w)
		}
	}
	for _, line := range a.all("filter") {
		if f := strings.Fields(line); f[0] == words[0] {
			inner += intentFilter(f[1:])
		}
	}
	fmt.Fprintf(b, ">%s</%s>\n", inner, kind)
}

// intentFilter writes a filter with everything on one line: actions, category=NAME, and key=value of its data.
func intentFilter(words []string) string {
	out, data := "<intent-filter>", ""
	for _, w := range words {
		switch k, v, ok := strings.Cut(w, "="); {
		case !ok:
			out += fmt.Sprintf(`<action android:name="%s"/>`, w)
		case k == "category":
			out += fmt.Sprintf(`<category android:name="%s"/>`, v)
		default:
			data += fmt.Sprintf(` android:%s="%s"`, k, v)
		}
	}
	if data != "" {
		out += "<data" + data + "/>"
	}
	return out + "</intent-filter>"
}

// flowTools are the programs and libraries that cases are built with.
type flowTools struct{ java, aapt, android, dx string }

func findFlowTools(t *testing.T) flowTools {
	t.Helper()
	var o flowTools
	need := func(path string, err error) string {
		if err == nil && filepath.IsAbs(path) {
			_, err = os.Stat(path)
		}
		if err != nil {
			t.Skipf("cannot build cases: %v (fixtures/build.sh fetches the libraries)", err)
		}
		return path
	}
	home, _ := os.UserHomeDir()
	maven := filepath.Join(home, ".m2", "repository")
	o.java = need(exec.LookPath("java"))
	need(exec.LookPath("javac"))
	o.aapt = need(exec.LookPath("aapt"))
	o.android = need(filepath.Join(maven, "com/google/android/android/4.1.1.4/android-4.1.1.4.jar"), nil)
	o.dx = need(filepath.Join(maven, "com/jakewharton/android/repackaged/dalvik-dx/9.0.0_r3/dalvik-dx-9.0.0_r3.jar"), nil)
	return o
}

// buildFlowCases makes the APKs that the cache lacks and returns where they lie. A built case is kept by the hash of
// its sources, so only what changed is built.
func buildFlowCases(t *testing.T, cases []*flowCase) string {
	t.Helper()
	base, err := os.UserCacheDir()
	if err != nil {
		base = t.TempDir()
	}
	cache := filepath.Join(base, "romscan-flow-cases")
	var missing []*flowCase
	for _, c := range cases {
		if _, err := os.Stat(c.path(cache)); err != nil {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return cache
	}
	tools := findFlowTools(t)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	work, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(work)
	if err := tools.build(work, missing); err != nil {
		t.Fatal(err)
	}
	for _, c := range missing {
		err := os.Rename(filepath.Join(work, "out", c.key), filepath.Join(cache, c.key))
		if _, there := os.Stat(c.path(cache)); err != nil && there != nil { // a test run beside this one may have been faster
			t.Fatal(err)
		}
	}
	return cache
}

// build makes the cases below work/out: resources first (they make R.java), one javac and one dx for all, then APKs.
func (o flowTools) build(work string, cases []*flowCase) error {
	var sources, dex []string
	for _, dir := range []string{"stubs", "lib"} {
		err := filepath.WalkDir(filepath.Join(flowCases, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".java") {
				sources = append(sources, path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	type job struct {
		c   *flowCase
		a   *flowApp
		dir string
	}
	var jobs []job
	for _, c := range cases {
		for _, a := range c.apps {
			dir := filepath.Join(work, c.key, a.name)
			src := filepath.Join(dir, "src", a.name+".java")
			if err := writeFiles(map[string]string{src: a.text, filepath.Join(dir, "AndroidManifest.xml"): a.manifest()}); err != nil {
				return err
			}
			sources = append(sources, src)
			line := []string{filepath.Join(dir, "classes.dex"), strings.ReplaceAll(a.pkg, ".", "/")}
			dex = append(dex, strings.Join(append(line, strings.Fields(strings.Join(a.all("lib"), " "))...), "\t"))
			jobs = append(jobs, job{c, a, dir})
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, len(jobs))
	slots := make(chan struct{}, 2)
	for i, j := range jobs {
		if len(j.a.all("jar")) > 0 {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			errs[i] = o.resources(j.a, j.dir)
			<-slots
		})
	}
	wg.Wait()
	for i, j := range jobs {
		if errs[i] != nil {
			return fmt.Errorf("%s: %w", j.c.id(), errs[i])
		}
		if r := filepath.Join(j.dir, "gen", strings.ReplaceAll(j.a.pkg, ".", "/"), "R.java"); len(j.a.all("res")) > 0 {
			sources = append(sources, r)
		}
	}
	err := writeFiles(map[string]string{
		filepath.Join(work, "sources.txt"): strings.Join(sources, "\n"), filepath.Join(work, "dex.txt"): strings.Join(dex, "\n"),
	})
	if err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(work, "classes"), 0o755); err != nil {
		return err
	}
	if err := runTool(o.java, "-cp", o.dx, filepath.Join(flowCases, "build", "Build.java"), work, o.android); err != nil {
		return err
	}
	for _, j := range jobs {
		if jar := j.a.all("jar"); len(jar) > 0 {
			system := filepath.Join(work, "out", j.c.key, "system")
			files := map[string]string{filepath.Join(system, "build.prop"): "ro.build.version.sdk=17\n"}
			for _, line := range j.a.all("file") {
				path, text, _ := strings.Cut(line, " ")
				files[filepath.Join(system, path)] += text + "\n"
			}
			if err := writeFiles(files); err != nil {
				return err
			}
			if err := packJar(filepath.Join(work, "out", j.c.key, "system"), jar[0], filepath.Join(j.dir, "classes.dex")); err != nil {
				return fmt.Errorf("%s: %w", j.c.id(), err)
			}
			continue
		}
		dest := filepath.Join(work, "out", j.c.key, j.a.name+".apk")
		if props := j.c.all("prop"); len(j.c.apps) > 1 || len(props) > 0 {
			system := filepath.Join(work, "out", j.c.key, "system")
			dest = filepath.Join(system, "app", j.a.name+".apk")
			text := "ro.build.version.sdk=17\n" + strings.Join(props, "\n") + "\n"
			if err := writeFiles(map[string]string{filepath.Join(system, "build.prop"): text}); err != nil {
				return err
			}
		}
		if err := joinAPK(dest, filepath.Join(j.dir, "raw.apk"), "classes.dex", filepath.Join(j.dir, "classes.dex")); err != nil {
			return fmt.Errorf("%s: %w", j.c.id(), err)
		}
	}
	return nil
}

// resources packs manifest and resources with aapt. A directive res is a path below res and text of that file.
func (o flowTools) resources(a *flowApp, dir string) error {
	args := []string{"package", "-f", "-M", filepath.Join(dir, "AndroidManifest.xml"), "-I", o.android, "-F", filepath.Join(dir, "raw.apk")}
	files := map[string]string{}
	for _, line := range a.all("res") {
		path, text, _ := strings.Cut(line, " ")
		path = filepath.Join(dir, "res", path)
		if files[path] == "" {
			files[path] = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
		}
		files[path] += text + "\n"
	}
	if len(files) > 0 {
		if err := writeFiles(files); err != nil {
			return err
		}
		gen := filepath.Join(dir, "gen")
		if err := os.MkdirAll(gen, 0o755); err != nil {
			return err
		}
		args = append(args, "-S", filepath.Join(dir, "res"), "-m", "-J", gen)
	}
	return runTool(o.aapt, args...)
}

func runTool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

func writeFiles(files map[string]string) error {
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// packJar makes a jar of the system's framework: of the boot class path, or, after the word shared, a shared library that
// a permission file names.
func packJar(system, jar, dex string) error {
	code, err := os.ReadFile(dex)
	if err != nil {
		return err
	}
	name, shared := strings.CutPrefix(jar, "shared ")
	file := "framework/" + name + ".jar"
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	out, err := w.Create("classes.dex")
	if err != nil {
		return err
	}
	if _, err := out.Write(code); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	files := map[string]string{filepath.Join(system, filepath.FromSlash(file)): b.String()}
	if shared {
		files[filepath.Join(system, "etc", "permissions", name+".xml")] = fmt.Sprintf("<permissions><library name=%q file=%q/></permissions>\n", name, "/system/"+file)
	}
	return writeFiles(files)
}

// joinAPK copies a package and adds a file to it.
func joinAPK(dest, raw, name, file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	r, err := zip.OpenReader(raw)
	if err != nil {
		return err
	}
	defer r.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		if err := w.Copy(f); err != nil {
			return err
		}
	}
	out, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, bytes.NewReader(code)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return writeFiles(map[string]string{dest: b.String()})
}
