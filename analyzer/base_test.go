package analyzer

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"romscan/analyzer/image"
)

// TestBaseOfSets: of a partition that comes in parts, the whole is what an update starts from, not a part named alike.
func TestBaseOfSets(t *testing.T) {
	var ota bytes.Buffer
	w := zip.NewWriter(&ota)
	for name, data := range map[string]string{
		"system.transfer.list": "4\n2\n0\n0\nzero 2,0,1\nnew 2,1,2\n", "system.new.dat": string(bytes.Repeat([]byte{7}, 4096)), "system.patch.dat": "",
	} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := &baseImage{root: image.NewFile("old.zip", bytes.NewReader(ota.Bytes()), int64(ota.Len())), opt: Options{Limits: image.DefaultLimits()}}
	for _, size := range []int64{0, 8192} {
		r, n, err := b.Partition("system", size)
		if err != nil || n != 8192 {
			t.Fatalf("%d bytes, %v", n, err)
		}
		got := make([]byte, n)
		if _, err := r.ReadAt(got, 0); err != nil || got[4095] != 0 || got[4096] != 7 {
			t.Errorf("bytes %d and %d, %v", got[4095], got[4096], err)
		}
	}
	if _, _, err := b.Partition("system", 4096); err == nil {
		t.Error("new.dat is taken for the partition")
	}
}
