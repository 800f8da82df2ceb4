package otazip

import (
	stdzip "archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

const edify = `# comment with symlink("no", "/system/no");
ui_print("Installing");
mount("ext4", "EMMC", "/dev/block/x", "/system");
package_extract_dir("system", "/system") || abort("failed \"badly\"");
package_extract_dir("preload", "/data/app");
package_extract_file("tools/su", "/system/xbin/su");
package_extract_file("boot.img", "/dev/block/y");
symlink("toolbox", "/system/bin/cat", "/system/bin/" + "ls",
        "/system/bin/sh");
symlink("/data/x", "/system/etc/x\x41");
symlink(getprop("a", "b"), "/system/bin/unknown");
set_perm_recursive(0, 0, 0755, 0644, "/system");
set_perm_recursive(0, 2000, 0755, 0755, "/system/bin");
set_perm(0, 0, 06755, "/system/xbin/su");
if getprop("ro.product.device") == "b" then
  set_metadata("/system/bin/toolbox", "uid", 0, "gid", 2000, "mode", 0750, "capabilities", 0x0, "selabel", "u:object_r:system_file:s0");
endif;
set_metadata_recursive("/system/vendor", "uid", 1, "gid", 2, "dmode", 0700, "fmode", 0600, "selabel", "u:object_r:vendor:s0");
set_perm(0, 0
`

func pack(tb testing.TB, script string, files ...string) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	add := func(name, data string) {
		x, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(x, data)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	for _, f := range files {
		add(f, "content of "+f)
	}
	add(edifyName, script)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func openBytes(tb testing.TB, b []byte) fs.FS {
	tb.Helper()
	f, err := open(bytes.NewReader(b), int64(len(b)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

var packed = []string{
	"system/bin/toolbox", "system/bin/sh", "system/build.prop", "system/vendor/lib/a.so", "tools/su", "boot.img", "preload/A.apk",
}

func TestTree(t *testing.T) {
	b := pack(t, edify, packed...)
	if !sniff(bytes.NewReader(b), int64(len(b))) {
		t.Error("not recognised")
	}
	f := openBytes(t, b)
	if err := fstest.TestFS(f, "system/bin/cat", "system/build.prop", "system/xbin/su", "data/app/A.apk", "boot.img"); err != nil {
		t.Error(err)
	}
	type place struct {
		Mode     fs.FileMode
		UID, GID uint32
		Label    string
		Link     string
	}
	for name, want := range map[string]place{
		"system":                 {fs.ModeDir | 0o755, 0, 0, "", ""},
		"system/build.prop":      {0o644, 0, 0, "", ""},
		"system/bin":             {fs.ModeDir | 0o755, 0, 2000, "", ""},
		"system/bin/toolbox":     {0o750, 0, 2000, "u:object_r:system_file:s0", ""},
		"system/bin/cat":         {fs.ModeSymlink | 0o777, 0, 2000, "", "toolbox"},
		"system/bin/ls":          {fs.ModeSymlink | 0o777, 0, 2000, "", "toolbox"},
		"system/bin/sh":          {fs.ModeSymlink | 0o777, 0, 2000, "", "toolbox"}, // replaces the archive's file
		"system/etc/xA":          {fs.ModeSymlink | 0o777, 0, 0, "", "/data/x"},
		"system/xbin/su":         {fs.ModeSetuid | fs.ModeSetgid | 0o755, 0, 0, "", ""},
		"system/vendor":          {fs.ModeDir | 0o700, 1, 2, "u:object_r:vendor:s0", ""},
		"system/vendor/lib/a.so": {0o600, 1, 2, "u:object_r:vendor:s0", ""},
		"data/app/A.apk":         {0o644, 0, 0, "", ""},
	} {
		info, err := fs.Lstat(f, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a := info.Sys().(*image.Attr)
		got := place{info.Mode(), a.UID, a.GID, a.Label, ""}
		if info.Mode()&fs.ModeSymlink != 0 {
			got.Link, _ = fs.ReadLink(f, name)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	for _, name := range []string{"system/no", "system/bin/unknown", "preload/A.apk", "dev"} {
		if _, err := fs.Stat(f, name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
	if got, err := fs.ReadFile(f, "system/xbin/su"); string(got) != "content of tools/su" {
		t.Errorf("su: %q, %v", got, err)
	}
}

func TestSniff(t *testing.T) {
	for name, b := range map[string][]byte{
		"apk":       pack(t, "", "AndroidManifest.xml", "system/x"),
		"no system": pack(t, "", "payload.bin"),
		"short":     []byte("PK"),
	} {
		if sniff(bytes.NewReader(b), int64(len(b))) {
			t.Errorf("%s is taken for a package", name)
		}
	}
}

func TestOpener(t *testing.T) {
	b := pack(t, edify, packed...)
	o := &image.Opener{Formats: []image.Format{Format(), zip.Format()}, Budget: image.NewBudget(image.DefaultLimits())}
	c := o.Expand(image.NewFile("ota.zip", bytes.NewReader(b), int64(len(b))))
	if c == nil || c.Kind() != "otazip" || !c.Filesystem || len(c.Gaps) != 0 {
		t.Fatalf("%+v", c)
	}
	for _, f := range c.Files {
		if f.Path.Name() == "system/bin/cat" && f.Link != "toolbox" {
			t.Errorf("link %q", f.Link)
		}
	}
}

func TestAmend(t *testing.T) {
	s := parseAmend("show_progress 0.5 0\ncopy_dir PACKAGE:system SYSTEM:\nsymlink toolbox SYSTEM:bin/cat\n" +
		"set_perm_recursive 0 2000 0755 0755 SYSTEM:bin\n# symlink a b\nset_perm 0 3003 02755 SYSTEM:bin/netcfg\n")
	want := []command{
		{"package_extract_dir", []string{"system", "/system/"}},
		{"symlink", []string{"toolbox", "/system/bin/cat"}},
		{"set_perm_recursive", []string{"0", "2000", "0755", "0755", "/system/bin"}},
		{"set_perm", []string{"0", "3003", "02755", "/system/bin/netcfg"}},
	}
	if d := cmp.Diff(want, s.commands, cmp.AllowUnexported(command{})); d != "" {
		t.Error(d)
	}
}

// TestRealScripts reads the scripts of real ROMs: every statement that a plain search finds is taken, every path in
// it is absolute, every number a number.
func TestRealScripts(t *testing.T) {
	scripts := append(corpustest.Glob(t, "trees/trees/*", edifyName), corpustest.Glob(t, "miui/*", edifyName)...)
	statement := regexp.MustCompile(`\b(symlink|set_perm|set_perm_recursive|set_metadata|set_metadata_recursive|package_extract_dir|package_extract_file)\(`)
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := parseEdify(string(text))
		if want := len(statement.FindAll(text, -1)); len(s.commands) != want {
			t.Errorf("%s: %d commands, want %d", name, len(s.commands), want)
		}
		links := 0
		for _, c := range s.commands {
			if slices.Contains(c.args, "") {
				t.Errorf("%s: %v", name, c)
			}
			if c.name == "symlink" {
				links += len(c.args) - 1
			}
		}
		f := openBytes(t, pack(t, string(text), "system/bin/toolbox", "system/build.prop"))
		found := 0
		err = fs.WalkDir(f, ".", func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type()&fs.ModeSymlink != 0 {
				found++
			}
			return err
		})
		if err != nil || found == 0 || found > links {
			t.Errorf("%s: %d links in the tree, %d in the script, %v", name, found, links, err)
		}
		t.Logf("%s: %d commands, %d links", name, len(s.commands), found)
	}
}

func FuzzOTAScript(f *testing.F) {
	f.Add(edify)
	f.Add("symlink(\"/data/x\", \"/system/etc/x\\\\\");\n")
	f.Add(`symlink("a", "/system/b", "/system/b/c"); set_perm_recursive(0,0,0,0,"/"); package_extract_dir("", "/a");`)
	f.Fuzz(func(t *testing.T, text string) {
		parseAmend(text)
		tree := openBytes(t, pack(t, text, packed...))
		if err := fstest.TestFS(tree, "boot.img"); err != nil && exists(tree, "boot.img") && !strings.ContainsAny(text, "^[*?") { // of which fstest makes malformed patterns
			t.Fatal(err)
		}
	})
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
