package avb

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func samples() []Descriptor {
	return []Descriptor{
		&Property{"com.android.build.boot.security_patch", "2020-02-05"},
		&Hash{Partition: "boot", ImageSize: 4096, Algorithm: "sha256", Salt: []byte{1, 2}, Digest: []byte{3, 4, 5}, Flags: 1},
		&Hashtree{Partition: "system", Version: 1, ImageSize: 8192, TreeOffset: 8192, TreeSize: 4096, DataBlockSize: 4096, HashBlockSize: 4096, FECRoots: 2,
			FECOffset: 12288, FECSize: 8192, Algorithm: "sha1", Salt: []byte{6}, RootDigest: []byte{7, 8}, Flags: 2},
		&Cmdline{Flags: 2, Text: "root=/dev/dm-0"},
		&Chain{Partition: "vbmeta_system", RollbackIndexLocation: 1, PublicKey: []byte("key"), Flags: 1},
		&Unknown{Tag: 99, Size: 8},
	}
}

func encodeAll() [][]byte {
	var out [][]byte
	for _, d := range samples() {
		if e, ok := d.(interface{ encode() []byte }); ok {
			out = append(out, e.encode())
		} else {
			out = append(out, descriptor(99, []byte("unknown.")))
		}
	}
	return out
}

func parse(t testing.TB, img []byte) *VBMeta {
	t.Helper()
	v, err := Parse(bytes.NewReader(img), 0, int64(len(img)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParse(t *testing.T) {
	v := parse(t, append(pack(t, true, 0, encodeAll()...), make([]byte, 512)...))
	if diff := cmp.Diff(samples(), v.Descriptors); diff != "" {
		t.Error(diff)
	}
	if v.RollbackIndex != 7 || v.RollbackIndexLocation != 3 || v.Release != "avbtool 1.3.0" || v.Algorithm.String() != "SHA256_RSA2048" {
		t.Errorf("header: %+v", v)
	}
}

func TestFormat(t *testing.T) {
	img := append(pack(t, true, 0, encodeAll()...), make([]byte, 512)...)
	r := bytes.NewReader(img)
	if !sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, Summary); err != nil {
		t.Error(err)
	}
	text, err := fs.ReadFile(fsys, Summary)
	if err != nil || !strings.Contains(string(text), "property \"com.android.build.boot.security_patch\": \"2020-02-05\"\n") {
		t.Errorf("%v\n%s", err, text)
	}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		if c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
}

func TestSignature(t *testing.T) {
	signed := pack(t, true, 0, encodeAll()...)
	key := parse(t, signed).KeyDigest()
	flip := func(at int) []byte {
		b := bytes.Clone(signed)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name    string
		img     []byte
		outcome image.Outcome
		detail  string
	}{
		{"signed", signed, image.Matched, "signed by the key with sha256 " + key},
		{"disabled", pack(t, true, 2, encodeAll()...), image.Matched, "; its flags disable verification"},
		{"no hash trees", pack(t, true, 1, encodeAll()...), image.Matched, "; its flags disable hash trees"},
		{"unsigned", pack(t, false, 2), image.Unverified, "not signed; its flags disable verification"},
		{"header changed", flip(119), image.Mismatched, "hash stated"},
		{"descriptor changed", flip(headerSize + 320 + 40), image.Mismatched, "hash stated"},
		{"hash changed", flip(headerSize), image.Mismatched, "hash stated"},
		{"signature changed", flip(headerSize + 100), image.Mismatched, "verification error"},
	} {
		v, err := Parse(bytes.NewReader(c.img), 0, int64(len(c.img)))
		if v == nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := v.VerifySignature(); got.Outcome != c.outcome || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestFooter(t *testing.T) {
	meta := pack(t, true, 0)
	foot := func(original, off, size uint64) []byte {
		return be(make([]byte, 4096), meta, make([]byte, 100), footerMagic, uint32(1), uint32(0), original, off, size, make([]byte, 28))
	}
	img := foot(4096, 4096, uint64(len(meta)))
	f, err := ReadFooter(bytes.NewReader(img), int64(len(img)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Footer{Major: 1, OriginalSize: 4096, VBMetaOffset: 4096, VBMetaSize: int64(len(meta))}, f); diff != "" {
		t.Error(diff)
	}
	v, err := Parse(bytes.NewReader(img), f.VBMetaOffset, f.VBMetaSize)
	if err != nil || v.VerifySignature().Outcome != image.Matched {
		t.Errorf("%v, %+v", err, v)
	}
	if _, err := ReadFooter(bytes.NewReader(img), int64(len(img))-1); !errors.Is(err, ErrNoFooter) {
		t.Errorf("no footer: %v", err)
	}
	for _, bad := range [][]byte{foot(1<<63, 0, 0), foot(0, 1<<40, 0), foot(0, 4096, 1<<63), foot(0, 4096, uint64(len(meta))+101)} {
		var e *image.Error
		if _, err := ReadFooter(bytes.NewReader(bad), int64(len(bad))); !errors.As(err, &e) || e.Reason != image.Malformed {
			t.Errorf("a footer that points out of its image: %v", err)
		}
	}
}

// TestDamaged: what lies before the damage is there, and the error says where it is.
func TestDamaged(t *testing.T) {
	ds := encodeAll()
	lies := bytes.Clone(ds[2])
	lies[15] = 8
	for _, c := range []struct {
		name string
		img  []byte
		left int
		says string
	}{
		{"descriptor too short", pack(t, true, 0, ds[0], lies[:24], ds[1]), 1, "tag 1 that does not fit into its 8 bytes"},
		{"descriptor too long", pack(t, true, 0, ds[0], be(uint64(2), uint64(1<<40))), 1, "a descriptor of 1099511627776 bytes"},
		{"cut", pack(t, true, 0, ds...)[:700], -1, "bytes wanted"},
		{"later version", append(be(magic, uint32(2)), pack(t, true, 0)[8:]...), -1, "version 2.0"},
		{"huge", append(be(magic, uint32(1), uint32(0), uint64(1<<40)), pack(t, true, 0)[20:]...), -1, "blocks of"},
	} {
		v, err := Parse(bytes.NewReader(c.img), 0, int64(len(c.img)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if left := -1; v != nil {
			left = len(v.Descriptors)
			if left != c.left {
				t.Errorf("%s: %d descriptors", c.name, left)
			}
		} else if c.left != left {
			t.Errorf("%s: nothing is left", c.name)
		}
	}
}

func FuzzVBMeta(f *testing.F) {
	f.Add(pack(f, true, 0, encodeAll()...))
	f.Add(be(pack(f, false, 3, encodeAll()...), footerMagic, uint32(1), uint32(0), uint64(0), uint64(0), uint64(1000), make([]byte, 28)))
	f.Fuzz(func(t *testing.T, img []byte) {
		r := bytes.NewReader(img)
		at, size := int64(0), r.Size()
		if foot, err := ReadFooter(r, size); err == nil {
			at, size = foot.VBMetaOffset, foot.VBMetaSize
			if at+size > r.Size() {
				t.Fatalf("a footer out of the image: %+v", foot)
			}
		}
		v, _ := Parse(r, at, size)
		if v == nil {
			return
		}
		v.VerifySignature()
		v.Text()
		for _, d := range v.Descriptors {
			switch d := d.(type) {
			case *Hash:
				VerifyHash(context.Background(), r, d)
			case *Hashtree:
				VerifyHashtree(context.Background(), r, d)
			}
		}
	})
}
