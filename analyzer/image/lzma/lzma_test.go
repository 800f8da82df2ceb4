package lzma

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
)

// noise gives n bytes that no two blocks have alike.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// code gives n bytes that look like the instructions all branch filters look for, close together and apart.
func code(n int) []byte {
	b := noise(7, n)
	for i := 0; i+8 < n; i += 1 + int(b[i])%9 {
		switch b[i+1] % 8 {
		case 0, 1, 2:
			b[i] = 0xE8 | b[i+2]&1
			b[i+4] = -(b[i+3] & 1)
		case 3:
			binary.LittleEndian.PutUint32(b[i&^3:], 0xEB000000|uint32(b[i])<<8)
		case 4:
			binary.LittleEndian.PutUint32(b[i&^1:], 0xF800F000|uint32(b[i])<<16|uint32(b[i+1]))
		case 5:
			binary.LittleEndian.PutUint32(b[i&^3:], 0x94000000|uint32(b[i])<<7)
		case 6:
			binary.LittleEndian.PutUint32(b[i&^3:], 0x90000000|uint32(b[i])<<13|uint32(b[i+1]&3)<<29)
		}
	}
	for i := n / 2; i < n*5/8; i++ { // opcodes of x86 inside of each other's targets
		b[i] = []byte{0xE8, 0xE9, 0x00, 0xFF, 0x01}[b[i]%5]
	}
	return b
}

// tool runs xz, and skips the test where it is absent.
func tool(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	name, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("no xz")
	}
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("xz %s: %v\n%s", args, err, errs.String())
	}
	return out
}

// inputs are real and made data by name.
func inputs(t testing.TB) map[string][]byte {
	t.Helper()
	in := map[string][]byte{
		"empty": nil, "one": {1}, "zeros": make([]byte, 2<<20+1), "noise": noise(1, 300<<10), "code": code(400 << 10),
		"text": []byte(strings.Repeat("a line of text, and more of it; ", 9000)),
	}
	exe, err := os.Executable() // code of the machine the test runs on
	if err != nil {
		t.Fatal(err)
	}
	in["executable"] = head(t, exe, 700<<10)
	trees := corpustest.Dir(t, "trees", "trees")
	want := map[string]bool{".so": true, ".odex": true, ".xml": true, ".ttf": true}
	for _, tree := range []string{"oukitel-wp5-9-b", "htc-protou-404-odex", "google-gsi-14"} {
		filepath.WalkDir(filepath.Join(trees, tree), func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && want[filepath.Ext(name)] && len(in) < 12 && in[filepath.Base(name)] == nil {
				if b := head(t, name, 500<<10); len(b) > 100<<10 {
					in[filepath.Base(name)] = b
				}
			}
			return nil
		})
	}
	return in
}

// head returns up to n first bytes of a file.
func head(t testing.TB, name string, n int64) []byte {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, n))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestXZ(t *testing.T) {
	variants := [][]string{
		{"-0"}, {"-3"}, {"-6"}, {"-9e"}, {"--check=none"}, {"--check=crc32"}, {"--check=sha256"},
		{"--x86", "--lzma2"}, {"--arm", "--lzma2"}, {"--armthumb", "--lzma2"}, {"--arm64", "--lzma2"},
		{"--delta=dist=1", "--lzma2"}, {"--delta=dist=256", "--lzma2"}, {"--x86=start=4096", "--lzma2=preset=1"},
		{"--delta=dist=4", "--arm", "--x86", "--lzma2"}, {"--lzma2=lc=0,lp=4,pb=0"}, {"--lzma2=lc=4,lp=0,pb=4"},
		{"--block-size=65536", "-1"}, {"--block-size=70001", "--x86", "--lzma2", "-T1"}, {"--lzma2=dict=4KiB"},
		{"--lzma2=dict=64KiB,nice=273,mode=fast,mf=hc4"},
	}
	for name, data := range inputs(t) {
		for k, args := range variants {
			if len(data) > 200<<10 && k%3 != len(name)%3 {
				continue // the tool is slow
			}
			enc := tool(t, data, append([]string{"-c"}, args...)...)
			got, err := DecodeXZ(make([]byte, len(data)), enc)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s %s: %d of %d bytes, %v", name, args, len(got), len(data), err)
			}
			stream, err := io.ReadAll(NewXZReader(bytes.NewReader(enc), 64<<20))
			if err != nil || !bytes.Equal(stream, data) {
				t.Errorf("%s %s as a stream: %d of %d bytes, %v", name, args, len(stream), len(data), err)
			}
			if len(data) > 0 {
				less, err := DecodeXZ(make([]byte, len(data)-1), enc)
				if err == nil || len(less) > len(data)-1 || len(args) == 1 && !bytes.HasPrefix(data, less) {
					t.Errorf("%s %s with too little room: %d bytes, %v", name, args, len(less), err)
				}
			}
		}
	}
}

func TestXZStreams(t *testing.T) {
	a, b := noise(1, 1000), []byte(strings.Repeat("b", 100000))
	x, y, z := tool(t, a, "-c"), tool(t, b, "-c", "--check=sha256", "--block-size=30000"), tool(t, nil, "-c")
	pad := make([]byte, 8)
	enc := slices.Concat(x, y, pad, z, x, pad)
	want := slices.Concat(a, b, a)
	got, err := DecodeXZ(make([]byte, len(want)+5), enc)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
	got, err = io.ReadAll(NewXZReader(iotest.OneByteReader(bytes.NewReader(enc)), 1<<20))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("as a stream: %d of %d bytes, %v", len(got), len(want), err)
	}
	got, err = DecodeXZ(make([]byte, len(want)), append(enc, "garbage"...))
	if err == nil || !bytes.Equal(got, want) {
		t.Errorf("garbage behind: %d bytes, %v", len(got), err)
	}
}

// alones are the ways a .lzma file tells where it ends: by a marker, by its size, or both.
func alones(enc []byte, size int) map[string][]byte {
	known := bytes.Clone(enc)
	binary.LittleEndian.PutUint64(known[5:], uint64(size))
	return map[string][]byte{"marker": enc, "size and marker": known, "bytes behind": append(bytes.Clone(known), "more"...)}
}

func TestLZMA(t *testing.T) {
	for name, data := range inputs(t) {
		for _, args := range [][]string{{"-1"}, {"-6"}, {"--lzma1=lc=1,lp=3,pb=1,dict=4KiB"}, {"--lzma1=lc=0,lp=0,pb=0"}} {
			for end, enc := range alones(tool(t, data, append([]string{"-c", "--format=lzma"}, args...)...), len(data)) {
				got, err := DecodeLZMA(make([]byte, len(data)), enc)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s %s, %s: %d of %d bytes, %v", name, args, end, len(got), len(data), err)
				}
				stream, err := io.ReadAll(NewLZMAReader(iotest.HalfReader(bytes.NewReader(enc)), 64<<20))
				if err != nil || !bytes.Equal(stream, data) {
					t.Errorf("%s %s, %s, as a stream: %d of %d bytes, %v", name, args, end, len(stream), len(data), err)
				}
			}
		}
	}
}

// micro makes MicroLZMA of a .lzma file: instead of the header, the inverted properties in place of the first byte.
func micro(enc []byte) []byte {
	m := bytes.Clone(enc[aloneHeader:])
	m[0] = ^enc[0]
	return m
}

func TestMicroLZMA(t *testing.T) {
	for name, data := range inputs(t) {
		enc := micro(tool(t, data, "-c", "--format=lzma"))
		for _, n := range []int{len(data), len(data) / 2, min(1, len(data)), 0} {
			got := make([]byte, n)
			if err := DecodeMicroLZMA(got, enc); err != nil || !bytes.Equal(got, data[:n]) {
				t.Errorf("%s, %d of %d bytes: %v", name, n, len(data), err)
			}
		}
		var e *image.Error
		if err := DecodeMicroLZMA(make([]byte, len(data)+1), enc); !errors.As(err, &e) || e.Reason != image.Malformed {
			t.Errorf("%s: more than there is gives %v", name, err)
		}
	}
}

func TestLZMA2(t *testing.T) {
	data := slices.Concat(code(100<<10), noise(3, 200<<10), make([]byte, 5<<20))
	enc := tool(t, data, "-c", "--format=raw", "--lzma2=preset=6")
	got, err := DecodeLZMA2(make([]byte, len(data)), append(enc, 1, 2, 3))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
}
