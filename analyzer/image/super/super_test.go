package super

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// part is a partition to pack: its extents, in order.
type part struct {
	name    string
	extents []extent
}

const (
	testMaxSize = 65536
	testSlots   = 2
)

// pack writes the metadata of parts into both slots and their backups, as lpmake does, in front of data that
// starts at sector 2048. No registry has lpmake: this encoder stands in for it.
func pack(parts []part, devices []string, data []byte) []byte {
	le := binary.LittleEndian
	img := make([]byte, 1<<20+len(data))
	copy(img[1<<20:], data)
	geo := le.AppendUint32(nil, geometryMagic)
	geo = le.AppendUint32(geo, 52)
	geo = append(geo, make([]byte, 32)...)
	geo = le.AppendUint32(geo, testMaxSize)
	geo = le.AppendUint32(geo, testSlots)
	geo = le.AppendUint32(geo, 4096)
	sign(geo, 8)
	copy(img[4096:], geo)
	copy(img[8192:], geo)
	meta := tables(parts, devices)
	for slot := range int64(2 * testSlots) {
		copy(img[12288+slot*testMaxSize:], meta)
	}
	return img
}

func sign(b []byte, off int) {
	sum := sha256.Sum256(b)
	copy(b[off:], sum[:])
}

func tables(parts []part, devices []string) []byte {
	le := binary.LittleEndian
	name := func(s string) []byte { return append([]byte(s), make([]byte, 36-len(s))...) }
	var p, e, d []byte
	n := uint32(0)
	for _, x := range parts {
		p = append(p, name(x.name)...)
		for _, v := range []uint32{1, n, uint32(len(x.extents)), 0} {
			p = le.AppendUint32(p, v)
		}
		for _, y := range x.extents {
			e = le.AppendUint64(e, y.sectors)
			e = le.AppendUint32(e, y.kind)
			e = le.AppendUint64(e, y.data)
			e = le.AppendUint32(e, y.source)
			n++
		}
	}
	for _, x := range devices {
		d = append(append(d, make([]byte, 24)...), name(x)...)
		d = le.AppendUint32(d, 0)
	}
	all := append(append(append([]byte{}, p...), e...), d...)
	h := le.AppendUint32(nil, headerMagic)
	h = le.AppendUint16(h, 10)
	h = le.AppendUint16(h, 0)
	h = le.AppendUint32(h, headerSizeV0)
	h = append(h, make([]byte, 32)...)
	h = le.AppendUint32(h, uint32(len(all)))
	sum := sha256.Sum256(all)
	h = append(h, sum[:]...)
	for _, t := range [][3]int{{0, len(parts), partitionEntry}, {len(p), int(n), extentEntry}, {len(p) + len(e), 0, 48}, {len(p) + len(e), len(devices), deviceEntry}} {
		for _, v := range t {
			h = le.AppendUint32(h, uint32(v))
		}
	}
	sign(h, 12)
	return append(h, all...)
}

func sample() ([]byte, []byte) {
	data := make([]byte, 64<<10)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	img := pack([]part{
		{"system_a", []extent{{sectors: 32, data: 2048 + 64}, {sectors: 16, kind: zero}, {sectors: 64, data: 2048}}},
		{"system_b", nil},
		{"vendor_a", []extent{{sectors: 8, data: 2048 + 100}}},
	}, []string{"super"}, data)
	want := append(append(append([]byte{}, data[64*512:96*512]...), make([]byte, 16*512)...), data[:64*512]...)
	return img, want
}

func mount(t *testing.T, img []byte) fs.FS {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, int64(len(img))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func TestPartitions(t *testing.T) {
	img, want := sample()
	fsys := mount(t, img)
	if err := fstest.TestFS(fsys, "system_a.img", "system_b.img", "vendor_a.img"); err != nil {
		t.Fatal(err)
	}
	got, err := fs.ReadFile(fsys, "system_a.img")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("system_a: %d bytes, %v; want %d", len(got), err, len(want))
	}
	f, err := fsys.Open("system_a.img")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct{ off, n int64 }{{0, 1}, {32*512 - 3, 7}, {47 * 512, 1024}, {int64(len(want)) - 1, 1}} {
		b := make([]byte, at.n)
		if _, err := f.(io.ReaderAt).ReadAt(b, at.off); err != nil || !bytes.Equal(b, want[at.off:at.off+at.n]) {
			t.Errorf("%d bytes at %d: %v", at.n, at.off, err)
		}
	}
	if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
		t.Error(g)
	}
}

// TestDamagedCopies: any one of the copies is enough; a slot lost altogether is said.
func TestDamagedCopies(t *testing.T) {
	img, want := sample()
	for name, at := range map[string][]int{
		"first geometry": {4096}, "slot 0": {12288 + 200}, "slot 0 and its backup": {12288 + 4, 12288 + 2*testMaxSize + 4},
		"all primaries": {12288, 12288 + testMaxSize},
	} {
		b := bytes.Clone(img)
		for _, off := range at {
			b[off] ^= 0xff
		}
		got, err := fs.ReadFile(mount(t, b), "system_a.img")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s damaged: %v", name, err)
		}
	}
	b := bytes.Clone(img)
	b[12288+4+testMaxSize] ^= 0xff
	b[12288+4+3*testMaxSize] ^= 0xff
	if g := mount(t, b).(image.Gapper).Gaps(); len(g) != 1 || !strings.Contains(g[0].Detail, "slot 1") {
		t.Errorf("a slot without a sound copy: %v", g)
	}
}

// TestVerify: every copy of the metadata is compared, also those that were not needed.
func TestVerify(t *testing.T) {
	img, _ := sample()
	outcomes := func(b []byte) (matched, mismatched int) {
		mount(t, b).(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
			if c.Outcome == image.Matched {
				matched++
			} else {
				mismatched++
			}
			return true
		})
		return matched, mismatched
	}
	if ok, bad := outcomes(img); ok != 4 || bad != 0 {
		t.Errorf("sound: %d match, %d do not", ok, bad)
	}
	b := bytes.Clone(img)
	b[12288+2*testMaxSize+200] ^= 1 // in the tables of slot 0's backup
	if ok, bad := outcomes(b); ok != 3 || bad != 1 {
		t.Errorf("backup changed: %d match, %d do not", ok, bad)
	}
}

func TestWhatIsNotHere(t *testing.T) {
	data := make([]byte, 4096)
	for _, c := range []struct {
		name   string
		extent extent
		reason image.Reason
	}{
		{"other device", extent{sectors: 8, data: 2048, source: 1}, image.Unsupported},
		{"past the end", extent{sectors: 8, data: 1 << 40}, image.Truncated},
		{"cut", extent{sectors: 16, data: 2048}, image.Truncated},
		{"unknown type", extent{sectors: 8, kind: 7}, image.Unsupported},
		{"endless", extent{sectors: 1 << 62, kind: zero}, image.Malformed},
	} {
		fsys := mount(t, pack([]part{{"x", []extent{c.extent}}, {"good", []extent{{sectors: 8, data: 2048}}}}, []string{"super", "vendor"}, data))
		g := fsys.(image.Gapper).Gaps()
		if len(g) != 1 || g[0].Reason != c.reason {
			t.Errorf("%s: gaps %v", c.name, g)
		}
		if c.name != "endless" {
			if _, err := fs.ReadFile(fsys, "x.img"); err == nil {
				t.Errorf("%s: reads without an error", c.name)
			}
		}
		if _, err := fs.ReadFile(fsys, "good.img"); err != nil {
			t.Errorf("%s: the partition beside it: %v", c.name, err)
		}
	}
}

// TestRealSamples reads the super images of fastboot's own tests and of a real retrofitted device.
func TestRealSamples(t *testing.T) {
	files := corpustest.Glob(t, "trees/formats/super/*super*.img")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys := mount(t, data)
		list, err := fs.ReadDir(fsys, ".")
		if err != nil || len(list) == 0 {
			t.Errorf("%s: %v, %v", filepath.Base(name), list, err)
		}
		for _, d := range list {
			info, _ := d.Info()
			t.Logf("%s: %s %d", filepath.Base(name), d.Name(), info.Size())
		}
	}
}

func FuzzSuper(f *testing.F) {
	img, _ := sample()
	f.Add(img[4096 : 12288+1024])
	f.Fuzz(func(t *testing.T, data []byte) {
		img := append(make([]byte, 4096), data...)
		// Checksums would hide everything behind them: make them right where a header is.
		if len(data) >= 52 {
			clear(img[4104:4136])
			sign(img[4096:4148], 8)
		}
		if len(img) > 12288+headerSizeV0 {
			h := img[12288:]
			clear(h[12:44])
			if n := int(binary.LittleEndian.Uint32(h[44:])); n >= 0 && n <= len(h)-headerSizeV0 {
				sum := sha256.Sum256(h[headerSizeV0 : headerSizeV0+n])
				copy(h[48:80], sum[:])
			}
			sign(h[:headerSizeV0], 12)
		}
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		list, err := fs.ReadDir(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1<<16)
		for _, d := range list {
			h, err := fsys.Open(d.Name())
			if err != nil {
				continue
			}
			if _, err := h.(io.ReaderAt).ReadAt(buf, 100); err != nil && errors.Is(err, fs.ErrInvalid) {
				t.Error(err)
			}
		}
	})
}
