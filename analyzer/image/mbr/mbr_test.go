package mbr

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// disk is made by sfdisk: a primary partition and two logical ones.
func disk(t testing.TB) []byte {
	t.Helper()
	if _, err := exec.LookPath("sfdisk"); err != nil {
		t.Skip("no sfdisk")
	}
	name := filepath.Join(t.TempDir(), "disk.img")
	raw := make([]byte, 4<<20)
	for i := range raw[1<<20:] {
		raw[1<<20+i] = byte(i>>9) ^ byte(i)
	}
	if err := os.WriteFile(name, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sfdisk", "-q", name)
	cmd.Stdin = strings.NewReader("label: dos\nstart=2048, size=100, type=83\nstart=2200, size=4000, type=5\nstart=2300, size=50, type=83\nstart=3000, size=70, type=c\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("sfdisk: %v: %s", err, out)
	}
	var err error
	if raw, err = os.ReadFile(name); err != nil {
		t.Fatal(err)
	}
	return raw
}

func load(t testing.TB, raw []byte) *image.Parts {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, r.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*image.Parts)
}

func TestSfdisk(t *testing.T) {
	raw := disk(t)
	x := load(t, raw)
	for name, at := range map[string][2]int{"partition-1.img": {2048, 100}, "partition-5.img": {2300, 50}, "partition-6.img": {3000, 70}} {
		got, err := fs.ReadFile(x, name)
		if err != nil || !bytes.Equal(got, raw[at[0]*sector:(at[0]+at[1])*sector]) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if g := x.Gaps(); len(g) > 0 {
		t.Errorf("gaps %v", g)
	}
	if err := fstest.TestFS(x, "partition-1.img", "partition-5.img", "partition-6.img"); err != nil {
		t.Error(err)
	}
}

// TestLoop: logical partitions that name each other as the next end in a gap.
func TestLoop(t *testing.T) {
	raw := disk(t)
	link := raw[2200*sector+462:][:16] // of the first logical table to the second
	next := 2200 + int(binary.LittleEndian.Uint32(link[8:]))
	copy(raw[next*sector+462:], link)
	x := load(t, raw)
	if g := x.Gaps(); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("gaps %v", g)
	}
	if _, err := fs.Stat(x, "partition-1.img"); err != nil {
		t.Error(err)
	}
}

// TestNoTable: first sectors of other things are no tables.
func TestNoTable(t *testing.T) {
	raw := disk(t)
	for name, change := range map[string]func(b []byte){
		"signature": func(b []byte) { b[510] = 0 },
		"flag":      func(b []byte) { b[446] = 1 },
		"start":     func(b []byte) { b[446+11] = 0x7F },
		"overlap":   func(b []byte) { copy(b[446+16+8:], b[446+8:446+16]) },
		"empty":     func(b []byte) { clear(b[446:510]) },
	} {
		b := bytes.Clone(raw)
		change(b)
		if r := bytes.NewReader(b); Format().Sniff(r, r.Size()) {
			t.Errorf("%s: taken for a partition table", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(disk(f)[:2304*sector])
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		if !Format().Sniff(r, r.Size()) {
			return
		}
		fsys, err := open(r, r.Size(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fs.ReadDir(fsys, "."); err != nil {
			t.Fatal(err)
		}
	})
}
