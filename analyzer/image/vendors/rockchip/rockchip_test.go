package rockchip

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"io"
	"io/fs"
	"math/rand/v2"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

var le = binary.LittleEndian

type file struct {
	name, path string
	data       []byte
}

// rkcrc is the checksum bit by bit, as the reader does not compute it.
func rkcrc(p []byte) (crc uint32) {
	for _, b := range p {
		for i := 7; i >= 0; i-- {
			top := crc >> 31
			crc = crc<<1 ^ (top^uint32(b)>>i&1)*0x04C10DB7
		}
	}
	return crc
}

// field pads as afptool does: with what happened to be there.
func field(s string, n int) []byte {
	b := bytes.Repeat([]byte{0x1A}, n)
	b[copy(b, s)] = 0
	return b
}

// parm wraps the parameter file.
func parm(text string) []byte {
	b := append([]byte("PARM"), le.AppendUint32(nil, uint32(len(text)))...)
	return le.AppendUint32(append(b, text...), rkcrc([]byte(text)))
}

// packRKAF writes a package of parts in pages of 2048 bytes.
func packRKAF(files ...file) []byte {
	h := append([]byte("RKAF"), 0, 0, 0, 0)
	h = append(append(append(h, field("RK3326", 34)...), field("007", 30)...), field("RK3326", 56)...)
	h = append(h, 0, 0, 0, 0, 0, 0, 1, 8)
	h = le.AppendUint32(h, uint32(len(files)))
	at := 2048
	var data []byte
	for _, f := range files {
		h = append(append(h, field(f.name, 32)...), field(f.path, 60)...)
		h = le.AppendUint32(h, 0x2000)
		if f.data == nil {
			h = append(h, make([]byte, 16)...)
			continue
		}
		h = le.AppendUint32(h, uint32(at+len(data)))
		h = le.AppendUint32(h, 0x4000)
		h = le.AppendUint32(h, uint32(len(f.data)+2047)/2048)
		h = le.AppendUint32(h, uint32(len(f.data)))
		data = append(data, f.data...)
		for len(data)%2048 != 0 {
			data = append(data, 0)
		}
	}
	out := append(append(h, make([]byte, at-len(h))...), data...)
	le.PutUint32(out[4:], uint32(len(out)))
	return le.AppendUint32(out, rkcrc(out))
}

func packRKFW(loader, pack []byte) []byte {
	h := append([]byte("RKFW"), 102, 0, 0, 0, 1, 8, 0, 0, 6, 1, 0xEA, 7, 11, 21, 7, 44, 50, '6', '2', '3', '3')
	for _, v := range []int{102, len(loader), 102 + len(loader), len(pack)} {
		h = le.AppendUint32(h, uint32(v))
	}
	out := append(append(append(h, make([]byte, 102-len(h))...), loader...), pack...)
	sum := md5.Sum(out)
	return append(out, hex.EncodeToString(sum[:])...)
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

const parameter0 = "FIRMWARE_VER:8.1\nMACHINE_MODEL:RK3326\nMAGIC: 0x5041524B\nCMDLINE: mtdparts=rk29xxnand:0x2000@0x4000(misc),0x2000@0x8000(boot),-@0xa000(system)\n"

var files = []file{
	{"package-file", "package-file", []byte("# NAME\n")}, {"parameter", "Image/parameter.txt", parm(parameter0)},
	{"boot_a", "Image/boot.img", noise(5000, 1)}, {"system", "Image/system.img", noise(7001, 2)}, {"backup", "RESERVED", nil},
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name+" "+c.What] = c
		return true
	})
	return out
}

// TestKnownSum: afptool 1.66 wrote this checksum behind this parameter file.
func TestKnownSum(t *testing.T) {
	c := new(crc32)
	c.Write([]byte(parameter0))
	if *c != 0x3669cd3d || rkcrc([]byte(parameter0)) != 0x3669cd3d {
		t.Errorf("%08x", *c)
	}
}

func TestPackage(t *testing.T) {
	img := packRKAF(append(files, file{"boot_b", "Image/boot.img", noise(10, 9)})...)
	fsys := treetest.Load(t, Format(), img)
	want := map[string][]byte{
		"package-file": files[0].data, "Image/parameter.txt": []byte(parameter0), "Image/boot.img": files[2].data,
		"Image/boot.img.2": noise(10, 9), "Image/system.img": files[3].data,
	}
	for name, data := range want {
		if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := fstest.TestFS(fsys, "package-file", "Image/system.img"); err != nil {
		t.Error(err)
	}
	if list, _ := fs.ReadDir(fsys, "Image"); len(list) != 4 {
		t.Error(list)
	}
	if g := gaps(fsys); len(g) != 0 {
		t.Error(g)
	}
	all := checks(fsys)
	for name, c := range all {
		if c.Outcome != image.Matched {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if len(all) != 2 {
		t.Error(all)
	}
}

// TestSlots: two slots of one partition are one file.
func TestSlots(t *testing.T) {
	img := packRKAF(files...)
	copy(img[packHeader:], img[packHeader+2*partSize:packHeader+3*partSize])
	copy(img[packHeader:], "boot_b\x00")
	if list, _ := fs.ReadDir(treetest.Load(t, Format(), img), "Image"); len(list) != 3 {
		t.Error(list)
	}
}

func TestWrapper(t *testing.T) {
	loader, inner := noise(300, 1), packRKAF(files...)
	fsys := treetest.Load(t, Format(), packRKFW(loader, inner))
	if err := fstest.TestFS(fsys, "boot.bin", "firmware.img"); err != nil {
		t.Error(err)
	}
	got, err := fs.ReadFile(fsys, "firmware.img")
	if err != nil || !bytes.Equal(got, inner) || len(gaps(fsys)) != 0 {
		t.Errorf("%d bytes, %v, %v", len(got), err, gaps(fsys))
	}
	treetest.Load(t, Format(), got)
	if c := checks(fsys)[" md5"]; c.Outcome != image.Matched {
		t.Error(c)
	}
}

// far reads as zeros behind its head.
type far struct {
	head []byte
	size int64
}

func (f far) ReadAt(p []byte, off int64) (int, error) {
	n := max(min(int64(len(p)), f.size-off), 0)
	clear(p[:n])
	if off < int64(len(f.head)) {
		copy(p[:n], f.head[off:])
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// TestAbove4GiB: a part of 5 GiB behind 4 GiB, in a package and in a wrapper whose sizes have upper halves.
func TestAbove4GiB(t *testing.T) {
	img := packRKAF(files...)
	path := img[packHeader+3*partSize+32:]
	path[50], path[55] = 'H', 'H'
	le.PutUint32(path[51:], 1)
	le.PutUint32(path[56:], 1)
	end := int64(1<<32) + int64(le.Uint32(path[64:])) + 1<<32 + 7001
	le.PutUint32(img[4:], uint32(end))
	r := far{img, end + 4}
	fsys, err := open(r, r.size, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	info, err := fs.Stat(fsys, "Image/system.img")
	if err != nil || info.Size() != 1<<32+7001 || info.Sys().(*image.Attr).Offset < 1<<32 || len(gaps(fsys)) != 0 {
		t.Errorf("%v, %v, %v", info, err, gaps(fsys))
	}

	w := packRKFW(noise(300, 1), img)
	copy(w[55:], "HI\x01\x00\x00\x00")
	r = far{w, 1<<32 + int64(len(w))}
	if fsys, err = open(r, r.size, image.NewBudget(image.DefaultLimits())); err != nil {
		t.Fatal(err)
	}
	if info, err := fs.Stat(fsys, "firmware.img"); err != nil || info.Size() != 1<<32+int64(len(img)) {
		t.Errorf("%v, %v", info, err)
	}
}

func TestDamage(t *testing.T) {
	img := packRKFW(noise(300, 1), packRKAF(files...))
	img[len(img)-3000] ^= 1
	fsys := treetest.Load(t, Format(), img)
	if c := checks(fsys)[" md5"]; c.Outcome != image.Mismatched {
		t.Error(c)
	}
	inner, _ := fs.ReadFile(fsys, "firmware.img")
	all := checks(treetest.Load(t, Format(), inner))
	if all[" crc32 of Rockchip"].Outcome != image.Mismatched || all["Image/parameter.txt crc32 of Rockchip"].Outcome != image.Matched {
		t.Error(all)
	}
}

func TestCut(t *testing.T) {
	img := packRKAF(files...)
	system := bytes.Index(img, files[3].data) + len(files[3].data)
	for n := packHeader; n < len(img)-4; n += 131 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := gaps(fsys); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "Image/system.img"); (err == nil) != (n >= system) || err == nil && !bytes.Equal(got, files[3].data) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	w := packRKFW(noise(300, 1), img)
	fsys := treetest.Load(t, Format(), w[:len(w)-40])
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Truncated || checks(fsys)[" md5"].Outcome != image.Unverified {
		t.Error(g)
	}
}

func FuzzRockchip(f *testing.F) {
	inner := packRKAF(files[0], files[1])
	f.Add(inner)
	f.Add(packRKFW([]byte("loader"), inner))
	treetest.FuzzOpen(f, Format())
}
