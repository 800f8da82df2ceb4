package rar

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

var members = []member{{name: "system.img", data: strings.Repeat("system ", 30000)}, {name: "dir/vendor.img", data: "vendor"}, {name: "empty"}}

func load(t testing.TB, raw []byte, keys string) (*FS, error) {
	t.Helper()
	r := bytes.NewReader(raw)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	b.Keys, _ = image.ParseKeys(strings.NewReader(keys))
	fsys, err := open(r, r.Size(), b)
	if err != nil {
		return nil, err
	}
	return fsys.(*FS), nil
}

func TestReadsBack(t *testing.T) {
	for name, raw := range map[string][]byte{"4": rar4(members...), "5": rar5(-1, true, members...)} {
		x, err := load(t, raw, "")
		if err != nil {
			t.Fatal(name, err)
		}
		for _, m := range members {
			if got, err := fs.ReadFile(x, m.name); err != nil || string(got) != m.data {
				t.Errorf("%s: %s: %d bytes, %v", name, m.name, len(got), err)
			}
			if info, err := x.Lstat(m.name); err != nil || info.Mode() != 0o644 {
				t.Error(name, info, err)
			}
		}
		n := 0
		x.Verify(t.Context(), func(c image.Check) bool {
			if n++; c.Outcome != image.Matched {
				t.Errorf("%s: %+v", name, c)
			}
			return true
		})
		if g := x.Gaps(); len(g) > 0 || n != len(members) {
			t.Errorf("%s: %d checks, gaps %v", name, n, g)
		}
		if err := fstest.TestFS(x, "dir/vendor.img", "empty"); err != nil {
			t.Error(name, err)
		}
		f, _ := x.Open("system.img")
		p := make([]byte, 7)
		if _, err := f.(io.ReaderAt).ReadAt(p, 7*20_000); err != nil || string(p) != "system " {
			t.Errorf("%s: %q, %v", name, p, err)
		}
	}
}

// TestVolumes: both ways of naming make sets, and a file that goes on in the next volume is whole.
func TestVolumes(t *testing.T) {
	names := []string{"x.part10.rar", "x.part2.rar", "x.part1.rar", "y.r01", "y.r00", "y.rar", "z.part2.rar", "z.part3.rar", "a.rar"}
	sets := group(names)
	if len(sets) != 2 || sets[0].Name != "x.rar" || !slices.Equal(sets[0].Names, []string{"x.part1.rar", "x.part2.rar", "x.part10.rar"}) ||
		sets[1].Name != "y" || !slices.Equal(sets[1].Names, []string{"y.rar", "y.r00", "y.r01"}) {
		t.Error(sets)
	}
	data := strings.Repeat("0123456789", 1000)
	volumes := [][]byte{
		rar5(0, false, member{name: "a", data: "a"}, member{name: "system.img", data: data[:4000], size: len(data), to: true}),
		rar5(1, false, member{name: "system.img", data: data[4000:7000], size: len(data), from: true, to: true}),
		rar5(2, true, member{name: "system.img", data: data[7000:], size: len(data), from: true}, member{name: "z", data: "z"}),
	}
	var parts []image.Part
	for i, v := range volumes {
		parts = append(parts, image.Part{Name: "dir/x.part" + string(rune('1'+i)) + ".rar", ReaderAt: bytes.NewReader(v), Size: int64(len(v))})
	}
	fsys, err := openSet(parts, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "a", "system.img": data, "z": "z"} {
		if got, err := fs.ReadFile(fsys, name); err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	fsys, err = openSet(parts[:1], image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(fsys, "a"); err != nil || string(got) != "a" {
		t.Error(got, err)
	}
	if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
		t.Error(g)
	}
}

func TestEncrypted(t *testing.T) {
	raw := rar4(member{name: "open.txt", data: "open"}, member{name: "system.img", data: members[0].data, password: "geheim"}, member{name: "other.img", data: strings.Repeat("more", 100_000), password: "geheim"})
	for keys, want := range map[string]string{"": "no key", "rar wrong": "none of the 1 keys"} {
		x, err := load(t, raw, keys)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(x, "open.txt"); err != nil || string(got) != "open" {
			t.Error(got, err)
		}
		g := x.Gaps()
		if len(g) != 2 || g[0].Reason != image.Encrypted || !strings.Contains(g[0].Detail, want) {
			t.Error(g)
		}
		if _, err := fs.ReadFile(x, "system.img"); image.GapOf(nil, "", err).Reason != image.Encrypted {
			t.Error(err)
		}
	}
	x, err := load(t, raw, "rar wrong\nrar geheim\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(x, "system.img"); err != nil || string(got) != members[0].data {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if e, _ := x.Get("other.img"); !strings.Contains(e.Attr.Note, "line 2") || len(x.Gaps()) > 0 {
		t.Error(e.Attr, x.Gaps())
	}
}

// TestDamaged: what lies before a cut is listed and read; a changed byte is told by Verify.
func TestDamaged(t *testing.T) {
	for name, raw := range map[string][]byte{"4": rar4(slices.Concat(members[1:2], members[:1])...), "5": rar5(-1, true, slices.Concat(members[1:2], members[:1])...)} {
		x, err := load(t, raw[:len(raw)/2], "")
		if err != nil {
			t.Fatal(name, err)
		}
		if got, err := fs.ReadFile(x, "dir/vendor.img"); err != nil || string(got) != "vendor" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if g := x.Gaps(); name == "5" && (len(g) != 1 || g[0].Reason != image.Truncated) {
			t.Error(name, g)
		}
		if _, err := fs.ReadFile(x, "system.img"); err == nil {
			t.Error(name, "a cut file was read")
		}
		raw = bytes.Clone(raw)
		raw[bytes.Index(raw, []byte("system system"))] ^= 1
		if x, err = load(t, raw, ""); err != nil {
			t.Fatal(err)
		}
		x.Verify(t.Context(), func(c image.Check) bool {
			if (c.Outcome == image.Mismatched) != (c.Name == "system.img") {
				t.Errorf("%s: %+v", name, c)
			}
			return true
		})
	}
}

// TestHostile: paths that lead out are gaps, and sizes nothing stands behind cost nothing.
func TestHostile(t *testing.T) {
	x, err := load(t, rar5(-1, true, member{name: "../../etc/passwd", data: "x"}, member{name: "huge", data: "x", size: 1 << 50}, member{name: "big", data: "x", size: 1 << 39}, member{name: "good", data: "good"}), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(x, "good"); err != nil || string(got) != "good" {
		t.Error(got, err)
	}
	if g := x.Gaps(); len(g) != 3 {
		t.Error(g)
	}
}

// TestTooShort: a header that is shorter than its kind takes makes the library panic; the files before it are kept.
func TestTooShort(t *testing.T) {
	raw := rar4(member{name: "good", data: "good"})
	end := len(block4(0x7B, 0x4000))
	x, err := load(t, append(raw[:len(raw)-end], block4(0x77, 0)...), "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(x, "good"); err != nil || string(got) != "good" {
		t.Error(got, err)
	}
	if g := x.Gaps(); len(g) != 1 {
		t.Error(g)
	}
}

func FuzzOpen(f *testing.F) {
	for _, raw := range [][]byte{rar4(members[1:]...), rar5(-1, true, members[1:]...), rar5(0, false, members[1]), rar4(member{name: "e", data: "e", password: "x"})} {
		f.Add(raw)
	}
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool = 64<<20, 16<<20
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		if !sniff(r, r.Size()) {
			return
		}
		fsys, err := open(r, r.Size(), image.NewBudget(limits))
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if info, _ := d.Info(); err == nil && d.Type().IsRegular() && info.Size() < 1<<24 {
				_, _ = fs.ReadFile(fsys, name)
			}
			return nil
		})
	})
}
