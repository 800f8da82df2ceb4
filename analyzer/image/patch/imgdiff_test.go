package patch

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// TestImgDiffReal makes the recovery image of AOSP's own tests from its boot image and the patch imgdiff made.
func TestImgDiffReal(t *testing.T) {
	boot, p := corpustest.File(t, "trees/formats", "boot/boot.img"), corpustest.File(t, "trees/formats", "imgdiff/recovery-from-boot-with-bonus.p")
	got, err := ImgDiff(boot, p, wide)
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(got)); sum != recoverySum {
		t.Errorf("%d bytes of sha256 %s", len(got), sum)
	}
	// The same patch without its bonus file wants more of the source than there is.
	if _, err := ImgDiff(boot, corpustest.File(t, "trees/formats", "imgdiff/recovery-from-boot.p"), wide); err == nil {
		t.Error("a patch without its bonus file is applied")
	}
}

// recoverySum is of the recovery image that AOSP's tests put together: bootable/recovery/tests/testdata/recovery_head,
// recovery_body under gzip, recovery_tail.
const recoverySum = "455684ae541a4fa15634ed459c173f69b8bb4555c1582e0f30a7502b400d0a2f"

// chunk is a record of an imgdiff, to which a bsdiff may belong.
type chunk struct {
	kind   uint32
	fields []uint64 // of 64 bits; the third is the place of the bsdiff, filled in where it is 0
	params []uint32 // of 32 bits
	data   []byte   // after the record
	diff   []byte
}

func imgdiffOf(list ...chunk) []byte {
	size := 12
	for _, c := range list {
		size += 4 + 8*len(c.fields) + 4*len(c.params) + len(c.data)
	}
	p := binary.LittleEndian.AppendUint32([]byte("IMGDIFF2"), uint32(len(list)))
	var tail []byte
	for _, c := range list {
		p = binary.LittleEndian.AppendUint32(p, c.kind)
		for k, v := range c.fields {
			if k == 2 && v == 0 {
				v = uint64(size + len(tail))
			}
			p = binary.LittleEndian.AppendUint64(p, v)
		}
		for _, v := range c.params {
			p = binary.LittleEndian.AppendUint32(p, v)
		}
		p = append(p, c.data...)
		tail = append(tail, c.diff...)
	}
	return append(p, tail...)
}

func params(level int32) []uint32 {
	return []uint32{uint32(level), 8, 1<<32 - 15, 8, 0}
}

// TestImgDiff: chunks of all kinds, the deflate streams packed by zlib.
func TestImgDiff(t *testing.T) {
	plain := [2][]byte{words(1, 90000), edited(words(1, 90000))}
	for _, level := range []int32{6, 9} {
		z := zlibOf(t, [5]int{int(level), 8, -15, 8, 0}, plain[0], plain[1])
		head := [2][]byte{noise(1, 500), edited(noise(1, 500))}
		old := append(append(bytes.Clone(head[0]), z[0]...), "end"...)
		want := append(append(bytes.Clone(head[1]), z[1]...), "other end"...)
		p := imgdiffOf(
			chunk{kind: chunkNormal, fields: []uint64{0, 500, 0}, diff: bsdiffOf(t, head[0], head[1])},
			chunk{kind: chunkDeflate, fields: []uint64{500, uint64(len(z[0])), 0, uint64(len(plain[0])), uint64(len(plain[1]))}, params: params(level), diff: bsdiffOf(t, plain[0], plain[1])},
			chunk{kind: chunkRaw, params: []uint32{9}, data: []byte("other end")},
		)
		if got, err := ImgDiff(old, p, wide); err != nil || !bytes.Equal(got, want) {
			t.Errorf("level %d: %d bytes of %d, %v", level, len(got), len(want), err)
		}
	}
}

func TestImgDiffHostile(t *testing.T) {
	old := append(zlibOf(t, [5]int{6, 8, -15, 8, 0}, words(1, 1000))[0], noise(1, 100)...)
	n := uint64(len(old) - 100)
	same := plain(1000, []int64{1000, 0, 0}, make([]byte, 1000), nil)
	deflated := func(edit func(f []uint64, p []uint32)) []byte {
		f, p := []uint64{0, n, 0, 1000, 1000}, params(6)
		edit(f, p)
		return imgdiffOf(chunk{kind: chunkDeflate, fields: f, params: p, diff: same})
	}
	if got, err := ImgDiff(old, deflated(func([]uint64, []uint32) {}), wide); err != nil || !bytes.Equal(got, old[:n]) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for name, p := range map[string][]byte{
		"no magic":             []byte("IMGDIFF1\x01\x00\x00\x00"),
		"cut":                  deflated(func([]uint64, []uint32) {})[:40],
		"chunks not there":     []byte("IMGDIFF2\xFF\xFF\xFF\xFF"),
		"unknown type":         imgdiffOf(chunk{kind: 9}),
		"gzip chunk":           imgdiffOf(chunk{kind: chunkGzip}),
		"raw outside":          imgdiffOf(chunk{kind: chunkRaw, params: []uint32{1 << 31}}),
		"raw too much":         imgdiffOf(chunk{kind: chunkRaw, params: []uint32{1001}, data: make([]byte, 1001)}),
		"source outside":       deflated(func(f []uint64, _ []uint32) { f[0] = 101 }),
		"source wraps":         deflated(func(f []uint64, _ []uint32) { f[0] = 1<<64 - 1 }),
		"patch outside":        deflated(func(f []uint64, _ []uint32) { f[2] = 1 << 40 }),
		"expanded to petabyte": deflated(func(f []uint64, _ []uint32) { f[3] = 1 << 50 }),
		"expanded wraps":       deflated(func(f []uint64, _ []uint32) { f[3] = 1<<64 - 1 }),
		"expanded too short":   deflated(func(f []uint64, _ []uint32) { f[3] = 999 }),
		"target of a petabyte": deflated(func(f []uint64, _ []uint32) { f[4] = 1 << 50 }),
		"target of 2^64":       deflated(func(f []uint64, _ []uint32) { f[4] = 1<<64 - 1 }),
		"target too large":     deflated(func(f []uint64, _ []uint32) { f[4] = 1001 }),
		"no deflate":           deflated(func(f []uint64, _ []uint32) { f[0] = 20 }),
		"level 10":             deflated(func(_ []uint64, p []uint32) { p[0] = 10 }),
		"method 9":             deflated(func(_ []uint64, p []uint32) { p[1] = 9 }),
		"a zlib header":        deflated(func(_ []uint64, p []uint32) { p[2] = 15 }),
		"memory 10":            deflated(func(_ []uint64, p []uint32) { p[3] = 10 }),
		"fixed codes":          deflated(func(_ []uint64, p []uint32) { p[4] = 4 }),
	} {
		got, err := ImgDiff(old, p, Limits{Output: 1000, Work: 1 << 20})
		if err == nil || image.GapOf(nil, "", err).Reason == image.Unreadable {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func FuzzImgDiff(f *testing.F) {
	old := append(zlibOf(f, [5]int{6, 8, -15, 8, 0}, words(1, 1000))[0], noise(1, 100)...)
	same := plain(1000, []int64{1000, 0, 0}, make([]byte, 1000), nil)
	f.Add(old, imgdiffOf(chunk{kind: chunkDeflate, fields: []uint64{0, uint64(len(old) - 100), 0, 1000, 1000}, params: params(6), diff: same},
		chunk{kind: chunkNormal, fields: []uint64{0, 100, 0}, diff: same}, chunk{kind: chunkRaw, params: []uint32{3}, data: []byte("abc")}))
	f.Fuzz(func(t *testing.T, old, p []byte) {
		if got, err := ImgDiff(old, p, Limits{Output: 1 << 16, Work: 1 << 20}); err == nil && len(got) > 1<<16 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
