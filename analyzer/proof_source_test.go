package analyzer

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"
)

// trees returns the trees to prove things on: a small one, or with
// ROMSCAN_ALL=1 all.
func trees(t testing.TB) []string {
	t.Helper()
	dir := corpustest.Dir(t)
	if os.Getenv("ROMSCAN_ALL") == "" {
		return []string{
			filepath.Join(dir, "trees/trees/mi1-4.12.5"), // Android 4.1, one partition
		}
	}
	var out []string
	for _, pattern := range []string{"trees/trees/*", "miui/*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

// environ is an environment without settings of romscan, in which zip keeps names that are not ASCII.
func environ() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "ROMSCAN_") })
	return append(env, "LC_ALL=C.UTF-8")
}

// run runs a tool of the real world in dir.
func run(t testing.TB, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// seen is what can be compared of a file, whatever it is packed in.
type seen struct {
	Mode fs.FileMode // without permissions for links
	Size int64
	Sum  string
	Link string
}

// device is what a device's partitions hold, as a directory on the host.
type device struct {
	dir        string   // a directory per partition
	partitions []string // sorted
	asRoot     bool     // the system partition is the root of the device
	files      map[string]seen
	apks       []string // device paths of the APKs that have a manifest
	broken     []string // of those that have none

	raw, sparse map[string]string // images by partition, as far as they were needed
}

// newDevice copies the partitions of a corpus tree and gives them back what a dump has lost: links and modes.
func newDevice(t testing.TB, tree string) *device {
	t.Helper()
	d := &device{dir: filepath.Join(t.TempDir(), "device"), files: map[string]seen{}, raw: map[string]string{}, sparse: map[string]string{}}
	for _, p := range []string{"product", "system", "system_ext", "vendor"} {
		from := filepath.Join(tree, p)
		if info, err := os.Stat(from); err != nil || !info.IsDir() {
			continue
		}
		if err := os.CopyFS(filepath.Join(d.dir, p), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		d.partitions = append(d.partitions, p)
	}
	top := filepath.Join(d.dir, "system")
	if _, err := os.Stat(filepath.Join(top, "system/build.prop")); err == nil {
		d.asRoot = true
		top = filepath.Join(top, "system")
	}
	if err := decorate(top); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(d.dir, func(name string, e fs.DirEntry, err error) error { return d.note(t, name, e, err) }); err != nil {
		t.Fatal(err)
	}
	return d
}

// decorate adds links, modes and the files that are hard on a file system: empty, with holes, of exactly a block,
// small enough for the inode, with odd names, many in one directory.
func decorate(top string) error {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	holes := make([]byte, 1<<20)
	copy(holes[700<<10:], "an island")
	files := map[string][]byte{
		"etc/proof/empty": nil, "etc/proof/small": []byte("fits the inode"), "etc/proof/middling": noise(100), "etc/proof/block": noise(4096),
		"etc/proof/holes": holes, "etc/proof/large": noise(3<<20 + 17), "etc/proof/name with spaces é.txt": noise(70),
		"etc/proof/" + strings.Repeat("long", 50): noise(10), "etc/proof/Case": noise(11), "etc/proof/case": noise(12),
		"xbin/proof-su": noise(300), "etc/proof/secret": noise(33),
	}
	for i := range 300 {
		files[fmt.Sprintf("etc/proof/many/%03d", i)] = noise(i)
	}
	for _, name := range slices.Sorted(keys(files)) {
		name, data := filepath.Join(top, name), files[name]
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(top, "etc/proof/nothing"), 0o755); err != nil {
		return err
	}
	for name, target := range map[string]string{
		"etc/proof/relative": "small", "etc/proof/up": "../proof/small", "etc/proof/absolute": "/system/etc/proof/small",
		"etc/proof/dangling": "nothing/at/all", "etc/proof/outside": "../../../../outside", "etc/proof/directory": "many",
		"etc/proof/far": strings.Repeat("too-long-for-the-inode/", 8) + "target",
	} {
		if err := os.Symlink(target, filepath.Join(top, name)); err != nil {
			return err
		}
	}
	for name, mode := range map[string]fs.FileMode{"xbin/proof-su": 0o755 | fs.ModeSetuid, "etc/proof/secret": 0o440, "etc/proof/block": 0o750} {
		if err := os.Chmod(filepath.Join(top, name), mode); err != nil {
			return err
		}
	}
	programs, err := filepath.Glob(filepath.Join(top, "bin/*"))
	for _, name := range programs {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
			if err := os.Chmod(name, 0o755); err != nil {
				return err
			}
		}
	}
	return err
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// note takes one file into what is expected.
func (d *device) note(t testing.TB, host string, e fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(d.dir, host)
	if err != nil {
		return err
	}
	name := d.place(filepath.ToSlash(rel))
	info, err := e.Info()
	if err != nil || name == "" {
		return err
	}
	s := seen{Mode: info.Mode()}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		s.Mode = fs.ModeSymlink
		s.Link, err = os.Readlink(host)
	case info.Mode().IsRegular():
		data, rerr := os.ReadFile(host)
		sum := sha256.Sum256(data)
		s.Size, s.Sum, err = int64(len(data)), hex.EncodeToString(sum[:]), rerr
		if path.Ext(name) == ".apk" {
			d.noteAPK(name, data)
		}
	}
	if _, twice := d.files[name]; twice {
		t.Errorf("%s: two files of the tree are this one", name)
	}
	d.files[name] = s
	return err
}

func (d *device) noteAPK(name string, data []byte) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		if _, err = fs.Stat(z, "AndroidManifest.xml"); err == nil {
			d.apks = append(d.apks, name)
			return
		}
	}
	d.broken = append(d.broken, name)
}

// place says where on the device a file of the tree lies, "" for the directories that are partitions.
func (d *device) place(rel string) string {
	if rest, ok := strings.CutPrefix(rel, "system/"); ok && d.asRoot {
		rel = rest
	}
	if !strings.Contains(rel, "/") && slices.Contains([]string{".", "product", "system", "system_ext", "vendor"}, rel) {
		return ""
	}
	for _, p := range []string{"product", "system_ext", "vendor", "odm"} {
		if rest, ok := strings.CutPrefix(rel, "system/"+p+"/"); ok {
			rel = p + "/" + rest
			break
		}
	}
	if rest, ok := strings.CutPrefix(rel, "vendor/odm/"); ok {
		rel = "odm/" + rest
	}
	return "/" + rel
}
