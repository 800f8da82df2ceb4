package dex

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/oat"
	"romscan/analyzer/image/odex"
	"romscan/analyzer/image/vdex"
	"romscan/analyzer/image/xz"
	"romscan/analyzer/image/zip"
)

// contained is a DEX file inside something.
type contained struct {
	name, in string // path, and the format it lies in
	data     []byte
}

// everyDex calls visit for every DEX of the corpus below dirs that wanted takes, in tree order, each content once.
func everyDex(t *testing.T, wanted func(f *image.File) bool, visit func(contained), dirs ...string) {
	root := corpustest.Dir(t)
	o := &image.Opener{
		Formats: []image.Format{odex.Format(), oat.Format(), vdex.Format(), xz.Format(), zip.Format()},
		Budget:  image.NewBudget(image.DefaultLimits()),
	}
	seen := map[[32]byte]bool{}
	for _, dir := range dirs {
		path := filepath.Join(root, dir)
		_, err := image.Walk(context.Background(), o, image.NewTree(path, os.DirFS(path)), 1, func(f *image.File, _ *image.Container) bool {
			if !f.IsRegular() || !IsDex(image.Head(f, 8)) || !wanted(f) {
				return false
			}
			data, err := f.Bytes(1 << 30)
			if err != nil {
				t.Errorf("%s: %v", f.Path, err)
				return false
			}
			if sum := sha256.Sum256(data); !seen[sum] {
				seen[sum] = true
				visit(contained{f.Path.String(), f.Path[len(f.Path)-1].Container, data})
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryContainer compares the DEX files of all containers with what dexdump says of the same bytes: how many classes,
// methods, fields, bodies and instructions. Without ROMSCAN_ALL=1 it takes a sample.
func TestEveryContainer(t *testing.T) {
	tool(t, "dexdump")
	all := os.Getenv("ROMSCAN_ALL") != ""
	dirs := []string{"trees/formats"} // has a sample of every version
	if all {
		dirs = append(dirs, "trees/trees", "trees/apps", "miui", "droidbench")
	}
	left := map[string]int64{}
	wanted := func(f *image.File) bool {
		in := f.Path[len(f.Path)-1].Container
		if all {
			return true
		}
		if _, ok := left[in]; !ok {
			left[in] = 1 << 20
		}
		if f.Size > 200<<10 || left[in] < f.Size {
			return false
		}
		left[in] -= f.Size
		return true
	}
	path := filepath.Join(t.TempDir(), "classes.dex")
	agreed, refused := map[string]int{}, map[string]int{}
	everyDex(t, wanted, func(c contained) {
		files, err := Open(c.data)
		if err != nil {
			t.Logf("%s: %v", c.name, err)
			return
		}
		f := files[0]
		kind := c.in + " " + f.VersionString()
		want, ok := dumped(t, path, forDexdump(c, f))
		if !ok {
			refused[kind]++
			t.Logf("%s: dexdump refuses it", c.name)
			return
		}
		f.DetectSet()
		got := counted(t, f)
		if f.Set == Dalvik {
			want.Instructions = got.Instructions // dexdump knows the instructions of ART only
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (%s): %s", c.name, f.Set.Name, d)
			return
		}
		agreed[kind+" "+f.Set.Name]++
	}, dirs...)
	for _, k := range slices.Sorted(maps.Keys(agreed)) {
		t.Logf("%s: %d agree", k, agreed[k])
	}
	for _, k := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("%s: %d refused by dexdump", k, refused[k])
	}
	for _, in := range []string{"odex", "oat", "vdex", "zip"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(agreed)), func(k string) bool { return strings.HasPrefix(k, in+" ") }) {
			t.Errorf("nothing in %s was compared", in)
		}
	}
}

// forDexdump returns a DEX without what dexdump refuses it for: bytes after its end, version 036, and the marks that dexopt leaves in
// the upper half of the access flags of classes.
func forDexdump(c contained, f *File) []byte {
	data := c.data
	if !f.Compact && f.Version < 41 && int(f.Size) < len(data) {
		data = data[:f.Size]
	}
	if f.Version == 36 { // what smali writes for Android 4; dexdump knows no such version
		data = slices.Clone(data)
		data[6] = '5'
	}
	if c.in == "odex" {
		data = slices.Clone(data)
		at := binary.LittleEndian.Uint32(data[100:])
		for i := range f.NumClasses() {
			clear(data[int(at)+i*classDefSize+6 : int(at)+i*classDefSize+8])
		}
	}
	return data
}

// dumped returns dexdump's counts.
func dumped(t *testing.T, path string, data []byte) (counts, bool) {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("dexdump", "-i", "-f", "-d", path).Output() // what it refuses has no counts
	var c counts
	for line := range bytes.Lines(out) {
		if name, v, ok := bytes.Cut(line, []byte(":")); ok {
			n := atoi(bytes.TrimSpace(v))
			switch string(bytes.TrimSpace(name)) {
			case "method_ids_size":
				c.Methods = n
			case "field_ids_size":
				c.Fields = n
			case "class_defs_size":
				c.Classes = n
			case "registers":
				if n >= 0 {
					c.Code++
				}
			}
		}
		if head, rest, ok := bytes.Cut(line, []byte("|")); ok && len(rest) > 6 && rest[0] != '[' && rest[4] == ':' &&
			!bytes.Contains(rest, []byte("-data (")) && hex(head[:min(6, len(head))]) {
			c.Instructions++
		}
	}
	return c, bytes.Contains(out, []byte("class_defs_size"))
}

// TestAppsHaveCode counts, for each tree, the apps and jars whose code lies in them, and those whose code is found beside
// them. What is missing then is missing from the corpus, or in boot.oat, or in no DEX: overlays and resources.
func TestAppsHaveCode(t *testing.T) {
	root := corpustest.Dir(t, "trees", "trees")
	trees, err := os.ReadDir(root)
	if err != nil {
		t.Skip("romscan-corpus has no trees")
	}
	least := map[string]int{"htc-protou-404-odex": 23, "walton-rx4-51": 17, "symphony-h400-60": 10, "tecno-ba2": 6, "oukitel-wp5-9-a": 14}
	beside := map[string]int{}
	for _, tree := range trees {
		if least[tree.Name()] == 0 && os.Getenv("ROMSCAN_ALL") == "" {
			continue
		}
		dir := filepath.Join("trees/trees", tree.Name())
		code := map[string]bool{}
		everyDex(t, func(f *image.File) bool {
			i := slices.IndexFunc(f.Path, func(s image.Segment) bool { return s.Container == "dir" })
			code[f.Path[i].Name] = true
			return false
		}, nil, dir)
		apps, inside, found := 0, 0, 0
		_ = fs.WalkDir(os.DirFS(filepath.Join(root, tree.Name())), ".", func(name string, d fs.DirEntry, err error) error {
			ext := filepath.Ext(name)
			if err != nil || ext != ".apk" && ext != ".jar" || !d.Type().IsRegular() {
				return nil
			}
			apps++
			if code[name] {
				inside++
				return nil
			}
			stem := strings.TrimSuffix(name, ext)
			dir, base := filepath.Split(stem)
			for _, at := range []string{"", "arm/", "arm64/", "oat/arm/", "oat/arm64/"} {
				for _, ext := range []string{".odex", ".vdex", ".odex.xz"} {
					if code[dir+at+base+ext] {
						found++
						return nil
					}
				}
			}
			return nil
		})
		beside[tree.Name()] = found
		t.Logf("%-32s %4d apps and jars, %4d with code inside, %4d with code beside", tree.Name(), apps, inside, found)
	}
	for tree, least := range least {
		if beside[tree] < least {
			t.Errorf("%s: %d with code beside, want %d", tree, beside[tree], least)
		}
	}
}

// atoi reads a number; -1 for what is none.
func atoi(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	if len(b) == 0 {
		return -1
	}
	return n
}

func hex(b []byte) bool {
	return len(b) == 6 && strings.Trim(string(b), "0123456789abcdef") == ""
}

// counted returns our counts.
func counted(t *testing.T, f *File) counts {
	c := counts{Classes: f.NumClasses(), Methods: f.NumMethods(), Fields: f.NumFields()}
	var d ClassData
	for i := range f.NumClasses() {
		def, _ := f.Class(i)
		if err := f.ReadClassData(def.Data, &d); err != nil {
			t.Error(err)
		}
		for _, m := range append(slices.Clone(d.DirectMethods), d.VirtualMethods...) {
			if m.Code == 0 {
				continue
			}
			code, err := f.Code(m.Code)
			if err != nil {
				t.Error(err)
			}
			c.Code++
			for it := code.Insns(); it.Next(); {
				c.Instructions++
			}
		}
	}
	return c
}
