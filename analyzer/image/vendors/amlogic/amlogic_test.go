package amlogic

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

var le = binary.LittleEndian

// crc is the checksum bit by bit, as the reader does not compute it.
func crc(p []byte) uint32 {
	v := ^uint32(0)
	for _, b := range p {
		v ^= uint32(b)
		for range 8 {
			v = v>>1 ^ v&1*0xEDB88320
		}
	}
	return v
}

type entry struct {
	kind, name string
	data       []byte
}

func sum(name string, data []byte) entry {
	return entry{"VERIFY", name, fmt.Appendf(nil, "sha1sum %x", sha1.Sum(data))}
}

// pack writes a package of version 1 or 2.
func pack(version int, entries ...entry) []byte {
	n, field := 128, 32
	if version == 2 {
		n, field = 576, 256
	}
	h := le.AppendUint32(make([]byte, 4), uint32(version))
	h = append(h, 0x56, 0x19, 0xB5, 0x27, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0)
	h = append(le.AppendUint32(h, uint32(len(entries))), make([]byte, 36)...)
	at := 64 + n*len(entries)
	var data []byte
	for i, e := range entries {
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
		it := le.AppendUint32(nil, uint32(i))
		it = le.AppendUint32(it, 0)
		it = le.AppendUint64(it, 0)
		it = le.AppendUint64(it, uint64(at+len(data)))
		it = le.AppendUint64(it, uint64(len(e.data)))
		for _, s := range []string{e.kind, e.name} {
			it = append(append(it, s...), make([]byte, field-len(s))...)
		}
		v := uint32(0)
		if i+1 < len(entries) && entries[i+1].kind == "VERIFY" {
			v = 1
		}
		it = le.AppendUint32(it, v)
		it = append(it, make([]byte, n-len(it))...)
		it[n-1] = 0xA5 // reserved today
		h = append(h, it...)
		data = append(data, e.data...)
	}
	h = append(h, data...)
	le.PutUint64(h[12:], uint64(len(h)))
	le.PutUint32(h, crc(h[4:]))
	return h
}

var (
	system  = bytes.Repeat([]byte("system"), 700)
	boot    = []byte("ANDROID!")
	entries = []entry{
		{"USB", "DDR", []byte("ddr")}, {"PARTITION", "system", system}, sum("system", system), {"dtb", "meson1", []byte("dtb")},
		{"PARTITION", "boot", boot}, sum("boot", boot), {"PARTITION", "boot", []byte("again")},
	}
)

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name+" "+c.What] = c
		return true
	})
	return out
}

func TestVersions(t *testing.T) {
	for version := 1; version <= 2; version++ {
		fsys := treetest.Load(t, Format(), pack(version, entries...))
		if err := fstest.TestFS(fsys, "system.img", "boot.img", "boot.img.2", "DDR.USB", "meson1.dtb"); err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(fsys, "system.img"); err != nil || !bytes.Equal(got, system) {
			t.Errorf("version %d: %d bytes, %v", version, len(got), err)
		}
		if list, _ := fs.ReadDir(fsys, "."); len(list) != 5 || len(gaps(fsys)) != 0 {
			t.Errorf("version %d: %v, %v", version, list, gaps(fsys))
		}
		all := checks(fsys)
		for name, c := range all {
			if c.Outcome != image.Matched {
				t.Errorf("version %d: %s: %+v", version, name, c)
			}
		}
		if len(all) != 3 {
			t.Errorf("version %d: %v", version, all)
		}
	}
}

func TestDamage(t *testing.T) {
	img := pack(2, append(entries, entry{"VERIFY", "boot", []byte("md5sum 00")}, sum("nobody", nil))...)
	img[bytes.Index(img, system)+5] ^= 1
	all := checks(treetest.Load(t, Format(), img))
	for name, want := range map[string]image.Outcome{
		" image crc32": image.Mismatched, "system.img sha1": image.Mismatched, "boot.img sha1": image.Matched, "boot.img.2 sha1": image.Unverified, " sha1": image.Unverified,
	} {
		if all[name].Outcome != want {
			t.Errorf("%s: %+v", name, all[name])
		}
	}

	img = pack(1, entries...)
	le.PutUint64(img[64+128+16:], 1<<63) // where the system lies
	fsys := treetest.Load(t, Format(), img)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed || !strings.Contains(g[0].Detail, "system.PARTITION") {
		t.Error(g)
	}
	if got, err := fs.ReadFile(fsys, "boot.img"); err != nil || !bytes.Equal(got, boot) {
		t.Errorf("%q, %v", got, err)
	}

	img[4] = 3
	var e *image.Error
	_, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if e, _ = err.(*image.Error); e == nil || e.Reason != image.Unsupported {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	img := pack(2, entries...)
	end := bytes.Index(img, system) + len(system)
	for n := headerSize; n < len(img); n += 131 {
		fsys := treetest.Load(t, Format(), img[:n])
		if g := gaps(fsys); len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "system.img"); (err == nil) != (n >= end) || err == nil && !bytes.Equal(got, system) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		checks(fsys)
	}
}

func FuzzAmlogic(f *testing.F) {
	f.Add(pack(1, entries[4], entries[5]))
	f.Add(pack(2, entries[0], entries[4], entries[5]))
	treetest.FuzzOpen(f, Format())
}
