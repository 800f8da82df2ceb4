package xalz

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/streamtest"
)

// pack makes a compressed assembly.
func pack(t testing.TB, data []byte) []byte {
	t.Helper()
	dst := make([]byte, lz4.CompressBlockBound(len(data)))
	n, err := lz4.CompressBlock(data, dst, nil)
	if err != nil || n == 0 {
		t.Fatalf("compressed to %d: %v", n, err)
	}
	h := binary.LittleEndian.AppendUint32([]byte("XALZ\x07\x00\x00\x00"), uint32(len(data)))
	return append(h, dst[:n]...)
}

func opened(t testing.TB, raw []byte) (fs.FS, error) {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	return Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
}

func TestDecodes(t *testing.T) {
	want := streamtest.Sample(300_000)
	fsys, err := opened(t, pack(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, Name); err != nil {
		t.Error(err)
	}
	got, err := fs.ReadFile(fsys, Name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestDamaged(t *testing.T) {
	raw := pack(t, streamtest.Sample(300_000))
	fsys, err := opened(t, raw[:len(raw)/2])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(fsys, Name); err == nil {
		t.Error("half a block is read without error")
	}
	for _, bad := range [][]byte{raw[:8], []byte("XALZ\x00\x00\x00\x00\x00\x00\x00\x00data"), []byte("XALZ\x00\x00\x00\x00\xff\xff\xff\xffdata"), []byte("XALYaaaaaaaaaaaaaaa")} {
		if r := bytes.NewReader(bad); Format().Sniff(r, r.Size()) {
			t.Errorf("%q is recognised", bad)
		}
	}
}

func FuzzXALZ(f *testing.F) {
	f.Add(pack(f, streamtest.Sample(2000)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		h, err := fsys.Open(Name)
		if err != nil {
			return
		}
		defer h.Close()
		_, _ = io.Copy(io.Discard, h)
	})
}
