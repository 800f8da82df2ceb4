package avb

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// TestRealVBMeta: the signatures of vbmeta images of devices are sound, and break with any bit.
func TestRealVBMeta(t *testing.T) {
	keys := map[string]string{ // as Google publishes them for its devices, and as the maker of the last signs
		"10.0.0_coral-qq1d.200205.002__vbmeta.img":        "ae6316b4753c61f5855b95b9b98484af784f2e83648d0fcc8107fca752caea34",
		"10.0.0_coral-qq1d.200205.002__vbmeta_system.img": "07b37325316fd483765d474aafcaca908b4de4773e16ed87aed415c15f71fb98",
		"9.0.0_blueline_pq1a.181105.017.a1__vbmeta.img":   "61fda12b32ed84214a9cf13d1affb7aa80bd8a268a861ed4bb7a15170f1ab00c",
		"Q_preview_blueline_qpp2.190228.023__vbmeta.img":  "61fda12b32ed84214a9cf13d1affb7aa80bd8a268a861ed4bb7a15170f1ab00c",
		"hp4024_vbmeta.img":                               "a6f3a13f42dee150d8726b52e15905ee681c7e9a94bb5cd685dfd7a12d02c5d6",
	}
	for _, name := range corpustest.Glob(t, "trees/formats", "vbmeta/*.img") {
		img, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(name)
		v := parse(t, img)
		if c := v.VerifySignature(); c.Outcome != image.Matched || c.Detail != "signed by the key with sha256 "+keys[base] {
			t.Errorf("%s: %+v", base, c)
		}
		if !sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("%s: not recognised", base)
		}
		img[headerSize+len(v.aux)-1] ^= 1
		if c := parse(t, img).VerifySignature(); c.Outcome != image.Mismatched {
			t.Errorf("%s changed: %+v", base, c)
		}
	}
}

// TestAPEX verifies the payload of every APEX: signature and hash tree, then the same with one bit changed.
func TestAPEX(t *testing.T) {
	verified := 0
	for _, name := range corpustest.Glob(t, "trees/formats", "apex/*.apex") {
		base := filepath.Base(name)
		img := payload(t, name)
		r := bytes.NewReader(img)
		foot, err := ReadFooter(r, r.Size())
		if strings.Contains(base, "unsigned_payload") {
			if err != ErrNoFooter {
				t.Errorf("%s: %v", base, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		v, err := Parse(r, foot.VBMetaOffset, foot.VBMetaSize)
		if strings.HasPrefix(base, "corrupted_b146895998") { // its descriptor says that it is eight bytes long
			if err == nil || !strings.Contains(err.Error(), "malformed at 0xea340: a descriptor of tag 1") {
				t.Errorf("%s: %v", base, err)
			}
			continue
		}
		if err != nil || v.VerifySignature().Outcome != image.Matched {
			t.Errorf("%s: %v, %+v", base, err, v)
			continue
		}
		for _, d := range v.Descriptors {
			tree, ok := d.(*Hashtree)
			if !ok {
				continue
			}
			if c := VerifyHashtree(context.Background(), r, tree); c.Outcome != image.Matched || c.Bytes != foot.OriginalSize {
				t.Errorf("%s: %+v", base, c)
			}
			broken := bytes.Clone(img)
			broken[100_000] ^= 1
			if c := VerifyHashtree(context.Background(), bytes.NewReader(broken), tree); c.Outcome != image.Mismatched || tree.TreeSize > 0 && c.Offset != 100_000&^4095 {
				t.Errorf("%s changed: %+v", base, c)
			}
			verified++
		}
	}
	if verified < 23 {
		t.Errorf("%d trees verified", verified)
	}
}

func payload(t *testing.T, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("apex_payload.img")
	if err != nil {
		t.Fatal(err)
	}
	img, err := io.ReadAll(f)
	if err != nil && err != zip.ErrChecksum { // the corrupted one breaks the zip's checksum as well
		t.Fatal(err)
	}
	return img
}

// TestAvbrootVectors takes digests that another implementation computed.
func TestAvbrootVectors(t *testing.T) {
	for _, name := range corpustest.Glob(t, "trees/formats", "avbroot-corpus/avb__vbmeta_appended_*__avb.toml") {
		toml, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := os.ReadFile(strings.TrimSuffix(name, "avb.toml") + "raw.img")
		if err != nil {
			t.Fatal(err)
		}
		value := func(key string) string {
			m := regexp.MustCompile(`(?m)^` + key + ` = "?([^"\n]*)"?$`).FindSubmatch(toml)
			if m == nil {
				return ""
			}
			return string(m[1])
		}
		raw := func(key string) []byte {
			b, _ := hex.DecodeString(value(key))
			return b
		}
		var c image.Check
		r := bytes.NewReader(img)
		if bytes.Contains(toml, []byte(`type = "HashTree"`)) {
			c = VerifyHashtree(context.Background(), r, &Hashtree{Version: 1, ImageSize: r.Size(), DataBlockSize: 4096, HashBlockSize: 4096,
				Algorithm: value("hash_algorithm"), Salt: raw("salt"), RootDigest: raw("root_digest")})
		} else {
			c = VerifyHash(context.Background(), r, &Hash{ImageSize: r.Size(), Algorithm: value("hash_algorithm"), Salt: raw("salt"), Digest: raw("root_digest")})
		}
		if c.Outcome != image.Matched {
			t.Errorf("%s: %+v", filepath.Base(name), c)
		}
	}
}
