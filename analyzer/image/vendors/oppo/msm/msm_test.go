package msm

import (
	"bytes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/locked"
)

const (
	masked = "ofp-qc 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f 202122232425262728292a2b2c2d2e2f"
	wrong  = "ofp-qc 0123456789abcdef fedcba9876543210\nops 00000000000000000000000000000000 ffffffffffffffffffffffffffffffff\n"
	opsHex = "ops 000102030405060708090a0b0c0d0e0f 2122232425262728292a2b2c2d2e2f30"
)

// keyOf reads the one key of a key file.
func keyOf(t testing.TB, text string) (cipher.Block, []byte) {
	t.Helper()
	keys, err := image.ParseKeys(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	read := locked.OppoKey
	all := keys.Of("ofp-qc")
	if len(all) == 0 {
		all, read = keys.Of("ops"), opsKey
	}
	block, iv, err := read(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return block, iv
}

func encrypt(block cipher.Block, iv, data []byte) []byte {
	out := bytes.Clone(data)
	//lint:ignore SA1019 the mode is the container's
	cipher.NewCFBEncrypter(block, iv).XORKeyStream(out, data)
	return out
}

// noise is what files hold.
func noise(n int, seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// build makes a container the way the tools read it, of these files by group.
func build(t testing.TB, key string, page int) (raw []byte, files map[string][]byte) {
	ops := strings.HasPrefix(key, "ops")
	block, iv := keyOf(t, key)
	files = map[string][]byte{}
	var xml strings.Builder
	xml.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Setting><BasicInfo Project=\"19801\" />")
	raw = make([]byte, page)
	add := func(group, name, attr string, data []byte, encrypted int) {
		files[name] = data
		sum, head := sha256.Sum256(data), md5.Sum(data[:min(len(data), headLength)])
		if ops {
			sum = sha256.Sum256(append(bytes.Clone(data), make([]byte, -len(data)&0xFFF)...))
		}
		fmt.Fprintf(&xml, "<%s><Part label=\"x\"><File %s=\"%s\" FileOffsetInSrc=\"%d\" SizeInByteInSrc=\"%d\" SizeInSectorInSrc=\"%d\" md5=\"%x\" sha256=\"%x\" sparse=\"false\"/></Part></%s>\n",
			group, attr, name, len(raw)/page, len(data), (len(data)+page-1)/page, head, sum, group)
		raw = append(append(raw, encrypt(block, iv, data[:encrypted])...), data[encrypted:]...)
		raw = append(raw, make([]byte, (page-len(raw)%page)%page)...)
	}
	add("Sahara", "prog_firehose.elf", "Path", noise(headLength+777, 1), headLength+777)
	head := headLength
	if ops {
		head = 0
	}
	add("Program0", "super.0.img", "filename", noise(headLength+100_001, 2), head)
	add("Program4", "abl.elf", "filename", noise(1001, 3), min(1001, head))
	add("Firmware", "NON-HLOS.bin", "Path", noise(5000, 4), 0)
	xml.WriteString("</Setting>\n")
	at := len(raw)
	list := append([]byte(xml.String()), make([]byte, 16)...)
	raw = append(raw, encrypt(block, iv, list)...)
	raw = append(raw, make([]byte, (page-len(raw)%page)%page)...)
	foot := make([]byte, page)
	binary.LittleEndian.PutUint32(foot[0x10:], footerMagic)
	binary.LittleEndian.PutUint32(foot[0x14:], uint32(at/page))
	binary.LittleEndian.PutUint32(foot[0x18:], uint32(xml.Len()))
	copy(foot[0x1C:], "19801")
	copy(foot[0x2C:], "RMX0000_11_A.01")
	return append(raw, foot...), files
}

func load(raw []byte, keys string) (fs.FS, error) {
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		return nil, image.Errorf(image.Malformed, -1, "not recognised")
	}
	b := image.NewBudget(image.DefaultLimits())
	var err error
	if b.Keys, err = image.ParseKeys(strings.NewReader(keys)); err != nil {
		return nil, err
	}
	return Format().Open(r, r.Size(), b)
}

// TestBox compares with what opscrypto.py makes of zeros under two keys of ours.
func TestBox(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"ops 000102030405060708090a0b0c0d0e0f [0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a,0x2b,0x2c,0x2d,0x2e,0x2f,0x30]", "9aacbcece43ce2c3d78f83de330f78743b469e2b4cad7cc3081f493d0e0260643b469e2b4cad7cc3081f493d0e026064"},
		{"ops 000102030405060708090a0b0c0d0e0f 8182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbc0c00", "cdfb213d05cddd6da67008196b2099693b8ce4a30afb25e0293e5a7becb04cf03b8ce4a30afb25e0293e5a7becb04cf0"},
	} {
		block, iv := keyOf(t, c.key)
		got := make([]byte, 48)
		locked.CFB(block, iv, bytes.NewReader(got), 48).ReadAt(got, 0)
		if fmt.Sprintf("%x", got) != c.want {
			t.Errorf("%s: %x", c.key, got)
		}
	}
}

func TestDecrypts(t *testing.T) {
	if _, iv := keyOf(t, "ofp-qc 0123456789abcdef 30313233343536373839616263646566"); string(iv) != "0123456789abcdef" {
		t.Errorf("%q", iv)
	}
	for _, c := range []struct {
		key  string
		page int
	}{{masked, 0x200}, {masked, 0x1000}, {opsHex, 0x200}} {
		raw, files := build(t, c.key, c.page)
		fsys, err := load(raw, wrong+c.key+"\n")
		if err != nil {
			t.Fatal(c, err)
		}
		for name, want := range files {
			if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v: %s: %d bytes, %v", c, name, len(got), err)
			}
		}
		checks := 0
		fsys.(image.Verifier).Verify(t.Context(), func(k image.Check) bool {
			checks++
			if k.Outcome != image.Matched || k.Whole != (k.Bytes == int64(len(files[k.Name]))) {
				t.Errorf("%v: %+v", c, k)
			}
			return true
		})
		if gaps := fsys.(image.Gapper).Gaps(); checks != 2*len(files) || len(gaps) > 0 {
			t.Errorf("%v: %d checks, gaps %v", c, checks, gaps)
		}
		if err := fstest.TestFS(fsys, "abl.elf", "super.0.img"); err != nil {
			t.Error(err)
		}
		for keys, want := range map[string]string{"": "no key", wrong: "none of the 1 keys"} {
			_, err := load(raw, keys)
			g := image.GapOf(nil, "", err)
			if g.Reason != image.Encrypted || g.Offset <= 0 || !strings.Contains(g.Detail, want) || !strings.Contains(g.Detail, "RMX0000_11_A.01") {
				t.Errorf("%v: %+v", c, g)
			}
		}
	}
}

// TestDamaged: what is cut out of the middle is missed by the checksums; files past the end are gaps.
func TestDamaged(t *testing.T) {
	raw, _ := build(t, masked, 0x200)
	raw[0x200+headLength+900] ^= 1
	fsys, err := load(raw, masked)
	if err != nil {
		t.Fatal(err)
	}
	bad := 0
	fsys.(image.Verifier).Verify(t.Context(), func(k image.Check) bool {
		if k.Outcome == image.Mismatched {
			bad++
		}
		return true
	})
	if bad != 0 { // the flipped byte is in padding
		t.Error(bad)
	}
	raw[0x200+headLength+700] ^= 1
	fsys.(image.Verifier).Verify(t.Context(), func(k image.Check) bool {
		if (k.Outcome == image.Mismatched) != (k.Name == "prog_firehose.elf" && k.What == "sha256") {
			t.Errorf("%+v", k)
		}
		return true
	})
	// A download that lost its middle: the footer still says where the list was.
	if r := bytes.NewReader(append(raw[:0x400:0x400], raw[0x4000:]...)); Format().Sniff(r, r.Size()) {
		t.Error("recognised without its list")
	}
}

func TestListPastTheEnd(t *testing.T) {
	x := &container{Parts: image.NewParts(bytes.NewReader(make([]byte, 1000)), 1000), r: bytes.NewReader(make([]byte, 1000)), size: 1000, page: 0x200}
	x.scheme = &scheme{}
	x.scheme.block, x.scheme.iv = keyOf(t, masked)
	x.list([]byte(`<?xml version="1.0"?><S><P><f filename="a" FileOffsetInSrc="1" SizeInByteInSrc="9000"/><f filename="b" FileOffsetInSrc="9" SizeInByteInSrc="1"/>
<f filename="c" FileOffsetInSrc="-1" SizeInByteInSrc="1"/><f filename="d" FileOffsetInSrc="0" SizeInByteInSrc="5"/><f filename="../e" FileOffsetInSrc="0" SizeInByteInSrc="5"/></P></S`), 0)
	if got, err := fs.ReadFile(x, "a"); len(got) != 488 || err != nil {
		t.Error(len(got), err)
	}
	if _, err := x.Lstat("d"); err != nil {
		t.Error(err)
	}
	if g := x.Gaps(); len(g) != 4 { // and the end of the list
		t.Error(g)
	}
}

func FuzzOpen(f *testing.F) {
	raw, _ := build(f, masked, 0x200)
	f.Add([]byte(`<?xml version="1.0"?><S><P><f filename="a" FileOffsetInSrc="1" SizeInByteInSrc="9"/></P></S>`), raw[len(raw)-0x200:])
	block, iv := keyOf(f, masked)
	f.Fuzz(func(t *testing.T, list, foot []byte) {
		page := make([]byte, 0x200)
		copy(page, foot)
		binary.LittleEndian.PutUint32(page[0x10:], footerMagic)
		raw := append(make([]byte, 0x200), encrypt(block, iv, list)...)
		raw = append(raw, make([]byte, -len(raw)&0x1FF)...)
		raw = append(raw, page...)
		b := image.NewBudget(image.DefaultLimits())
		b.Keys, _ = image.ParseKeys(strings.NewReader(wrong + masked))
		fsys, err := open(bytes.NewReader(raw), int64(len(raw)), b)
		if err != nil {
			return
		}
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				_, _ = fs.ReadFile(fsys, name)
			}
			return nil
		})
	})
}
