package analyzer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// vbmeta states the sha256 of a partition, unsigned (external/avb/libavb/avb_vbmeta_image.h, avb_hash_descriptor.h).
func vbmeta(partition string, content []byte) []byte {
	be := binary.BigEndian
	digest := sha256.Sum256(content)
	d := be.AppendUint64(nil, uint64(len(content)))
	d = append(d, append([]byte("sha256"), make([]byte, 26)...)...)
	for _, n := range []int{len(partition), 0, len(digest), 0} {
		d = be.AppendUint32(d, uint32(n))
	}
	d = slices.Concat(d, make([]byte, 60), []byte(partition), digest[:])
	d = append(d, make([]byte, -len(d)&7)...)
	aux := be.AppendUint64(nil, 2) // a hash descriptor
	aux = append(be.AppendUint64(aux, uint64(len(d))), d...)
	used := len(aux)
	aux = append(aux, make([]byte, -len(aux)&63)...)
	head := make([]byte, 256)
	copy(head, "AVB0")
	be.PutUint32(head[4:], 1)
	be.PutUint64(head[20:], uint64(len(aux)))
	be.PutUint64(head[104:], uint64(used)) // the descriptors, from the start of the block
	return append(head, aux...)
}

// TestVerifiedBootAcrossFiles: a vbmeta image states the digest of a partition in another file.
func TestVerifiedBootAcrossFiles(t *testing.T) {
	content := bytes.Repeat([]byte("modem"), 5000)
	changed := bytes.Clone(content)
	changed[77] ^= 1
	for name, c := range map[string]struct {
		modem []byte
		want  image.Outcome
	}{"same": {content, image.Matched}, "changed": {changed, image.Mismatched}, "cut": {content[:9999], image.Unverified}} {
		dir := t.TempDir()
		for file, data := range map[string][]byte{"vbmeta.img": vbmeta("modem", content), "modem_a.img": c.modem} {
			if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		root, done, err := OpenInput(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		opt := Options{Limits: image.DefaultLimits(), Verify: true}
		list, _, err := Verify(context.Background(), root, opt, false)
		if err != nil {
			t.Fatal(err)
		}
		var got image.Outcome
		for _, k := range list {
			if k.What == "partition sha256" && k.At.Name() == "modem_a.img" {
				got = k.Outcome
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, list)
		}
		rec, err := Read(context.Background(), root, opt)
		if err != nil {
			t.Fatal(err)
		}
		facts := 0
		for i := range rec.Units {
			for _, f := range rec.Units[i].Facts {
				if f.Kind == "integrity" && f.Fields.Get("result") == string(c.want) && rec.Units[i].File.Path.Name() == "modem_a.img" {
					facts++
				}
			}
		}
		if facts != 1 {
			t.Errorf("%s: %d facts of the modem", name, facts)
		}
	}
}

// TestVerifiedBootOfPackages: every real package's payload is what its tree says; with one bit changed it is not.
func TestVerifiedBootOfPackages(t *testing.T) {
	name := corpustest.Dir(t, "trees", "formats", "apex", "com.android.apex.test.foo.v1.libvX.apex")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Skip("no romscan-corpus/trees/formats/apex")
	}
	outcome := func(raw []byte) map[string]image.Outcome {
		root := image.NewFile("x.apex", bytes.NewReader(raw), int64(len(raw)))
		list, _, err := Verify(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]image.Outcome{}
		for _, c := range list {
			if c.By == byAVB {
				out[c.What] = c.Outcome
			}
		}
		return out
	}
	if got := outcome(raw); got["hashtree"] != image.Matched || got["vbmeta signature"] != image.Matched {
		t.Errorf("%v", got)
	}
	raw[bytes.Index(raw, []byte("\x53\xEF"))+200000] ^= 1
	if got := outcome(raw); got["hashtree"] != image.Mismatched {
		t.Errorf("changed: %v", got)
	}
}
