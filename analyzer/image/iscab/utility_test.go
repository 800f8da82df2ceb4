package iscab_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/iscab"
	"romscan/analyzer/image/sfx"
	"romscan/analyzer/image/sfx/installshield"
	"romscan/analyzer/image/vendors/htc"
	imagezip "romscan/analyzer/image/zip"
)

// TestUtility goes the way into a ROM update utility: the program, the setup behind it, the cabinet, rom.zip with a
// signature before it, and what is in that.
func TestUtility(t *testing.T) {
	var rom bytes.Buffer
	signature := rand.NewChaCha8([32]byte{1})
	if _, err := io.CopyN(&rom, signature, 256); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&rom)
	for _, name := range []string{"android-info.txt", "system.img"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(w, "this is %s\n", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	hdr, volumes := iscab.Pack(t, "rom.zip", rom.Bytes())
	raw := iscab.Program()
	for i, data := range append([][]byte{hdr}, volumes...) {
		name := "data1.hdr"
		if i > 0 {
			name = fmt.Sprintf("data%d.cab", i)
		}
		raw = fmt.Appendf(raw, "%s\x00Disk1\\%s\x0012.0\x00%d\x00%s", name, name, len(data), data)
	}
	o := &image.Opener{
		Formats: []image.Format{sfx.Format(), installshield.Format(), iscab.Format(), htc.Format(), imagezip.Format()},
		Budget:  image.NewBudget(image.DefaultLimits()),
	}
	root := image.NewFile("RUU_X.exe", bytes.NewReader(raw), int64(len(raw)))
	got, err := image.Walk(t.Context(), o, root, 1, func(f *image.File, c *image.Container) string {
		line := f.Path.String()
		if c == nil && f.IsRegular() && f.PartOf == "" {
			b, err := f.Bytes(1 << 20)
			line += fmt.Sprintf(" %q %v", b, err)
		}
		if c != nil && len(c.Gaps) > 0 {
			line += fmt.Sprint(c.Gaps)
		}
		return line
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{
		"RUU_X.exe",
		"RUU_X.exe//Disk1",
		"RUU_X.exe//Disk1/data.cab",
		"RUU_X.exe//Disk1/data.cab//rom.zip",
		`RUU_X.exe//Disk1/data.cab//rom.zip//android-info.txt "this is android-info.txt\n" <nil>`,
		`RUU_X.exe//Disk1/data.cab//rom.zip//system.img "this is system.img\n" <nil>`,
		"RUU_X.exe//Disk1/data1.cab",
		"RUU_X.exe//Disk1/data1.hdr",
		"RUU_X.exe//Disk1/data2.cab",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
