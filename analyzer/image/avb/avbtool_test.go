package avb

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// avbtool runs AOSP's tool in dir and returns what it says, or skips the test where there is none.
func avbtool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var tool string
	for _, name := range []string{"avbtool", "avbtool.py"} {
		if path, err := exec.LookPath(name); err == nil && tool == "" {
			tool = path
		}
	}
	if tool == "" {
		t.Skip("no avbtool")
	}
	cmd := exec.Command(tool, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("avbtool %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeKey(t *testing.T, dir string) {
	t.Helper()
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())}
	write(t, dir, "key.pem", pem.EncodeToMemory(block))
}

// TestAvbtoolFooters lets avbtool put hashes and trees behind images and compares them.
func TestAvbtoolFooters(t *testing.T) {
	dir := t.TempDir()
	avbtool(t, dir, "version")
	writeKey(t, dir)
	for i, c := range []struct {
		args string
		size int
	}{
		{"add_hash_footer --hash_algorithm sha256 --algorithm SHA256_RSA2048 --key key.pem", 12345},
		{"add_hash_footer --hash_algorithm sha512 --algorithm SHA512_RSA2048 --key key.pem", 300_000},
		{"add_hashtree_footer --do_not_generate_fec --hash_algorithm sha1", 4096 * 300},
		{"add_hashtree_footer --do_not_generate_fec --hash_algorithm sha256 --algorithm SHA256_RSA2048 --key key.pem", 4096 * 300},
		{"add_hashtree_footer --do_not_generate_fec --hash_algorithm sha512", 4096 * 100},
		{"add_hashtree_footer --do_not_generate_fec --hash_algorithm blake2b-256", 4096 * 130},
		{"add_hashtree_footer --do_not_generate_fec --hash_algorithm sha256 --no_hashtree", 4096 * 130},
	} {
		name := "part" + strconv.Itoa(i) + ".img"
		path := write(t, dir, name, random(c.size, 9))
		args := append(strings.Fields(c.args), "--image", name, "--partition_name", "part"+strconv.Itoa(i), "--partition_size", strconv.Itoa(4<<20))
		avbtool(t, dir, args...)
		img, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		verifyAll(t, c.args, img, int64(c.size))
	}
}

func verifyAll(t *testing.T, what string, img []byte, original int64) {
	t.Helper()
	r := bytes.NewReader(img)
	foot, err := ReadFooter(r, r.Size())
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	v, err := Parse(r, foot.VBMetaOffset, foot.VBMetaSize)
	if err != nil || foot.OriginalSize != original || len(v.Descriptors) != 1 {
		t.Fatalf("%s: %v, %+v, %+v", what, err, foot, v)
	}
	if c := v.VerifySignature(); c.Outcome == image.Mismatched || v.Algorithm != 0 && c.Outcome != image.Matched {
		t.Errorf("%s: %+v", what, c)
	}
	for _, want := range []image.Outcome{image.Matched, image.Mismatched} {
		var c image.Check
		switch d := v.Descriptors[0].(type) {
		case *Hash:
			c = VerifyHash(context.Background(), r, d)
		case *Hashtree:
			c = VerifyHashtree(context.Background(), r, d)
		}
		if c.Outcome != want {
			t.Errorf("%s: %+v, want %s", what, c, want)
		}
		img[original/2] ^= 1
	}
}

// TestAvbtoolInfo compares vbmeta.txt with what avbtool says of the same image: every number and name it prints.
func TestAvbtoolInfo(t *testing.T) {
	dir := t.TempDir()
	avbtool(t, dir, "version")
	writeKey(t, dir)
	avbtool(t, dir, "extract_public_key", "--key", "key.pem", "--output", "key.avb")
	avbtool(t, dir, "make_vbmeta_image", "--output", "own.img", "--algorithm", "SHA512_RSA2048", "--key", "key.pem", "--prop", "a.b:c d", "--kernel_cmdline", "x=y z",
		"--chain_partition", "system:4:key.avb", "--rollback_index", "5", "--rollback_index_location", "6", "--flags", "3")
	images := []string{filepath.Join(dir, "own.img")}
	t.Run("corpus", func(t *testing.T) { images = append(images, corpustest.Glob(t, "trees/formats", "vbmeta/*.img")...) })
	// Of "Key: value" the value counts; sizes of blocks are the one thing left out.
	value := regexp.MustCompile(`:\s+(?:'(.*)'|(.*?)(?: bytes)?)$`)
	for _, name := range images {
		img, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v := parse(t, img)
		if c := v.VerifySignature(); c.Outcome != image.Matched {
			t.Errorf("%s: %+v", name, c)
		}
		text := strings.ReplaceAll(v.Text(), `\"`, `"`)
		for line := range strings.Lines(avbtool(t, dir, "info_image", "--image", name)) {
			line = strings.TrimRight(line, "\n")
			if strings.Contains(line, " Block: ") {
				continue
			}
			line = strings.Replace(strings.Replace(line, "Prop: ", "", 1), " -> ", ": ", 1)
			if m := value.FindStringSubmatch(line); m != nil && !strings.Contains(text, m[1]+m[2]) {
				t.Errorf("%s: %q is not told", filepath.Base(name), line)
			}
		}
	}
}
