package gpt

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

func load(t testing.TB, raw []byte) *Disk {
	t.Helper()
	r := bytes.NewReader(raw)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*Disk)
}

// disk is made by sgdisk: three partitions with names, one of them not ASCII.
func disk(t testing.TB) []byte {
	t.Helper()
	if _, err := exec.LookPath("sgdisk"); err != nil {
		t.Skip("no sgdisk")
	}
	name := filepath.Join(t.TempDir(), "disk.img")
	raw := make([]byte, 4<<20)
	for i := range raw[1<<20 : 3<<20] {
		raw[1<<20+i] = byte(i>>9) ^ byte(i)
	}
	if err := os.WriteFile(name, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sgdisk", "-a", "1", "-n", "1:2048:3000", "-c", "1:system_a", "-n", "2:3001:3001", "-c", "2:vendör", "-n", "5:4096:6000", "-c", "5:system_a", name).CombinedOutput()
	if err != nil {
		t.Fatalf("sgdisk: %v: %s", err, out)
	}
	if raw, err = os.ReadFile(name); err != nil {
		t.Fatal(err)
	}
	return raw
}

func digests(t testing.TB, d *Disk) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	entries, err := fs.ReadDir(d, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(d, e.Name())
		if err != nil {
			t.Error(e.Name(), err)
		}
		out[e.Name()] = sha256.Sum256(b)
	}
	return out
}

func TestSgdisk(t *testing.T) {
	raw := disk(t)
	d := load(t, raw)
	want := map[string][32]byte{
		"system_a.img":   sha256.Sum256(raw[2048*512 : 3001*512]),
		"vendör.img":     sha256.Sum256(raw[3001*512 : 3002*512]),
		"system_a.img.2": sha256.Sum256(raw[4096*512 : 6001*512]),
	}
	got := digests(t, d)
	for name, sum := range want {
		if got[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) != len(want) || len(d.Gaps()) > 0 {
		t.Errorf("%d partitions, gaps %v", len(got), d.Gaps())
	}
	n := 0
	d.Verify(t.Context(), func(c image.Check) bool {
		if n++; c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
	if n != 2 {
		t.Errorf("%d checks", n)
	}
	if err := fstest.TestFS(d, "system_a.img"); err != nil {
		t.Error(err)
	}
}

// TestDamaged: with the primary table broken the backup is read; a cut disk gives what is left.
func TestDamaged(t *testing.T) {
	raw := disk(t)
	want := digests(t, load(t, raw))
	broken := bytes.Clone(raw)
	broken[512+40] ^= 1
	d := load(t, broken)
	for name, sum := range digests(t, d) {
		if want[name] != sum {
			t.Errorf("backup: %s differs", name)
		}
	}
	if len(d.Gaps()) != 1 {
		t.Errorf("backup: gaps %v", d.Gaps())
	}
	cut := load(t, raw[:5000*512])
	if g := cut.Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
		t.Errorf("cut: gaps %v", g)
	}
	if b, err := fs.ReadFile(cut, "system_a.img"); err != nil || sha256.Sum256(b) != want["system_a.img"] {
		t.Errorf("cut: %v", err)
	}
	if _, err := fs.ReadFile(cut, "system_a.img.2"); err == nil {
		t.Error("cut: a partition without its end reads as if it were whole")
	}
}

func TestSample(t *testing.T) {
	raw := corpustest.File(t, "trees/formats/gpt/gpt.img")
	// The sample is the first 32 KiB of a disk: its table is there, no partition is.
	if g := load(t, raw).Gaps(); len(g) != 3 || !strings.Contains(g[0].Detail, "EFI System Partition.img") {
		t.Errorf("gaps %v", g)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(disk(f)[:64<<10])
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		if !sniff(r, r.Size()) {
			return
		}
		fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		entries, _ := fs.ReadDir(fsys, ".")
		for _, e := range entries {
			h, err := fsys.Open(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = h.Read(make([]byte, 4096))
		}
	})
}
