package super

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(seed, seed))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// retrofit makes the files of three block devices: partitions lie on one, on two and on all three of them.
func retrofit() (files map[string][]byte, want map[string][]byte) {
	first, vendor, product := noise(1, 64<<10), noise(2, 32<<10), noise(3, 48<<10)
	img := pack([]part{
		{"system_a", []extent{{sectors: 32, data: 2048}, {sectors: 16, data: 8, source: 1}, {sectors: 4, kind: zero}, {sectors: 64, data: 0, source: 2}}},
		{"vendor_a", []extent{{sectors: 8, data: 40, source: 1}}},
		{"product_a", []extent{{sectors: 16, data: 64, source: 2}, {sectors: 16, data: 2048 + 100}}},
		{"odm_a", []extent{{sectors: 8, data: 2048 + 64}}},
	}, []string{"system", "vendor", "product"}, first)
	cut := func(b []byte, sector, n int) []byte { return b[sector*512 : (sector+n)*512] }
	return map[string][]byte{"system": img, "vendor": vendor, "product": product}, map[string][]byte{
		"system_a.img":  bytes.Join([][]byte{cut(first, 0, 32), cut(vendor, 8, 16), make([]byte, 4*512), cut(product, 0, 64)}, nil),
		"vendor_a.img":  cut(vendor, 40, 8),
		"product_a.img": bytes.Join([][]byte{cut(product, 64, 16), cut(first, 100, 16)}, nil),
		"odm_a.img":     cut(first, 64, 8),
	}
}

func asPart(name string, b []byte) image.Part {
	return image.Part{Name: name, ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

func TestRetrofit(t *testing.T) {
	files, want := retrofit()
	for _, c := range []struct{ name, prefix, suffix string }{
		{"called after the devices", "", ".img"}, {"as fastboot calls them", "dir/super_", ".img"}, {"with a slot", "", "_b.img"}, {"bare", "", ""},
	} {
		file := func(dev string) image.Part { return asPart(c.prefix+dev+c.suffix, files[dev]) }
		lead := file("system")
		siblings := []image.Part{asPart("vendor.map", nil), asPart("super_vendor_a.img", nil), file("product"), asPart("boot.img", nil), file("vendor")}
		for i := range siblings {
			siblings[i].Name = path.Base(siblings[i].Name)
		}
		picked := beside(lead, siblings)
		if len(picked) != 2 || picked[0] != 4 || picked[1] != 2 {
			t.Errorf("%s: picked %v", c.name, picked)
			continue
		}
		fsys, err := openSet([]image.Part{lead, file("vendor"), file("product")}, image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
			t.Errorf("%s: %v", c.name, g)
		}
		var names []string
		for name, b := range want {
			names = append(names, name)
			if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%s: %s: %d bytes, %v; want %d", c.name, name, len(got), err, len(b))
			}
		}
		if err := fstest.TestFS(fsys, names...); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestDeviceMissing: what lies on devices whose files are there is read; the gaps say which are not, or are cut.
func TestDeviceMissing(t *testing.T) {
	files, want := retrofit()
	lead := asPart("super_system.img", files["system"])
	if picked := beside(lead, []image.Part{asPart("vendor.img", files["vendor"]), asPart("super_product.img", files["product"])}); len(picked) != 1 || picked[0] != 1 {
		t.Errorf("picked %v: a partition is no device", picked)
	}
	for _, c := range []struct {
		name  string
		parts []image.Part
		say   string
		gaps  int
		reads []string
	}{
		{"vendor", []image.Part{asPart("super_product.img", files["product"])}, `block device "vendor"`, 2, []string{"product_a.img", "odm_a.img"}},
		{"product", []image.Part{asPart("super_vendor.img", files["vendor"])}, `block device "product"`, 2, []string{"vendor_a.img", "odm_a.img"}},
		{"cut", []image.Part{asPart("super_vendor.img", files["vendor"][:1000]), asPart("super_product.img", files["product"])}, "super_vendor.img", 2, []string{"product_a.img", "odm_a.img"}},
	} {
		fsys, err := openSet(append([]image.Part{lead}, c.parts...), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		gaps := fsys.(image.Gapper).Gaps()
		if len(gaps) != c.gaps || !strings.Contains(gaps[0].Detail, c.say) {
			t.Errorf("%s: %v", c.name, gaps)
		}
		for name, b := range want {
			got, err := fs.ReadFile(fsys, name)
			reads := false
			for _, n := range c.reads {
				reads = reads || n == name
			}
			if reads != (err == nil && bytes.Equal(got, b)) {
				t.Errorf("%s: %s: %d bytes, %v", c.name, name, len(got), err)
			}
		}
	}
}
