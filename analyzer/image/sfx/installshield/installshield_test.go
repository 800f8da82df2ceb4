package installshield

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"romscan/analyzer/image"
)

var le = binary.LittleEndian

// entry is a file to be packed.
type entry struct {
	name     string
	data     []byte
	flags    uint32
	deflated bool
}

func wideText(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = le.AppendUint16(out, u)
	}
	return out
}

// payload codes and deflates a file as its record states.
func (e entry) payload(t testing.TB) []byte {
	data := bytes.Clone(e.data)
	if e.deflated {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = b.Bytes()
	}
	if e.flags&6 == 0 {
		return data
	}
	for i := range data {
		at := i
		if e.flags&4 != 0 {
			at %= 1024
		}
		at %= len(e.name)
		data[i] = bits.RotateLeft8(e.name[at]^scramble[at%4]^^data[i], 4)
	}
	return data
}

func header(magic string, files int, version uint32) []byte {
	b := make([]byte, 46)
	copy(b, magic)
	le.PutUint16(b[14:], uint16(files))
	le.PutUint32(b[16:], version)
	return b
}

// pack writes a list of one kind.
func pack(t testing.TB, k kind, files ...entry) []byte {
	var out []byte
	switch k {
	case wide:
		out = le.AppendUint32(nil, uint32(len(files)))
	case headed:
		out = header("InstallShield", len(files), 0)
	case streams:
		out = header("ISSetupStream", len(files), 2)
	case streams4:
		out = header("ISSetupStream", len(files), 4)
	}
	for _, e := range files {
		data := e.payload(t)
		switch k {
		case plain:
			out = fmt.Appendf(out, "%s\x00%s\x0012.0.0.49974\x00%d\x00", e.name[strings.LastIndexByte(e.name, '\\')+1:], e.name, len(data))
		case wide:
			for _, s := range []string{e.name[strings.LastIndexByte(e.name, '\\')+1:], e.name, "16.0.400", fmt.Sprint(len(data))} {
				out = append(append(out, wideText(s)...), 0, 0)
			}
		case headed:
			b := make([]byte, 312)
			copy(b, e.name)
			le.PutUint32(b[260:], e.flags)
			le.PutUint32(b[268:], uint32(len(data)))
			if e.deflated {
				b[280] = 1
			}
			out = append(out, b...)
		default:
			name := wideText(e.name)
			b := make([]byte, 24)
			le.PutUint32(b, uint32(len(name)))
			le.PutUint32(b[4:], e.flags)
			le.PutUint32(b[10:], uint32(len(data)))
			if e.deflated {
				b[22] = 1
			}
			out = append(out, b...)
			if k == streams4 {
				out = append(out, make([]byte, 24)...)
			}
			out = append(out, name...)
		}
		out = append(out, data...)
	}
	return out
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32() & 0x1F)
	}
	return b
}

type opened interface {
	fs.FS
	image.Gapper
}

func load(t testing.TB, raw []byte) opened {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(opened)
}

var cab = entry{name: "data1.cab", data: noise(5000, 1)}

// lists are made of every kind with every coding that it has.
func lists(t testing.TB) map[string][]byte {
	hdr := entry{name: `Disk1\data1.hdr`, data: noise(3000, 2)}
	with := func(e entry, flags uint32, deflated bool) entry { e.flags, e.deflated = flags, deflated; return e }
	return map[string][]byte{
		"plain":                  pack(t, plain, cab, hdr),
		"plain behind NB10":      append([]byte("NB10\x00\x00\x00\x00\x11\x22\x33\x44\x01\x00\x00\x00C:\\setup.pdb\x00\x00\x00"), pack(t, plain, cab, hdr)...),
		"wide":                   pack(t, wide, cab, hdr),
		"wide without a number":  pack(t, wide, cab, hdr)[4:],
		"headed":                 pack(t, headed, cab, hdr),
		"headed, blocks":         pack(t, headed, with(cab, 6, false), with(hdr, 4, false)),
		"headed, whole":          pack(t, headed, with(cab, 2, false), with(hdr, 2, false)),
		"headed, deflated":       pack(t, headed, with(cab, 6, true), with(hdr, 0, true)),
		"stream":                 pack(t, streams, cab, with(hdr, 6, false)),
		"stream, deflated":       pack(t, streams, with(cab, 6, true), with(hdr, 6, true)),
		"stream of type 4":       pack(t, streams4, with(cab, 6, true), hdr),
		"stream, whole":          pack(t, streams, with(cab, 2, false), hdr),
		"plain, zeros behind it": append(pack(t, plain, cab, hdr), make([]byte, 100)...),
	}
}

func TestKinds(t *testing.T) {
	for name, raw := range lists(t) {
		fsys := load(t, raw)
		if g := fsys.Gaps(); len(g) > 0 {
			t.Errorf("%s: %v", name, g)
		}
		if err := fstest.TestFS(fsys, "data1.cab", "Disk1/data1.hdr"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for file, want := range map[string][]byte{"data1.cab": cab.data, "Disk1/data1.hdr": noise(3000, 2)} {
			got, err := fs.ReadFile(fsys, file)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %s: %d bytes, %v", name, file, len(got), err)
			}
			f, err := fsys.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1500) // across a block of the key
			if _, err := f.(io.ReaderAt).ReadAt(b, 777); err != nil || !bytes.Equal(b, want[777:777+1500]) {
				t.Errorf("%s: %s at 777: %v", name, file, err)
			}
		}
	}
}

// TestInPlace: plain and coded files say where they lie.
func TestInPlace(t *testing.T) {
	raw := pack(t, plain, cab)
	info, err := fs.Stat(load(t, raw), "data1.cab")
	if err != nil || info.Sys().(*image.Attr).Offset != int64(bytes.Index(raw, cab.data)) {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestDamage: what is stated and not so is told, and the rest is read.
func TestDamage(t *testing.T) {
	hdr := entry{name: "data1.hdr", data: noise(3000, 2)}
	broken := pack(t, streams, entry{name: "a.txt", data: noise(9000, 3), flags: 6, deflated: true}, cab)
	at := 46 + 24 + 10
	for i := range 50 {
		broken[at+1500+i] ^= 0xFF
	}
	lied := pack(t, headed, cab, hdr)
	lied[46+280] = 1 // says deflated
	more := pack(t, headed, cab, hdr)
	le.PutUint16(more[14:], 9)
	for name, c := range map[string]struct {
		raw  []byte
		file string
		want []byte
		gap  image.Reason
	}{
		"broken stream":    {broken, "data1.cab", cab.data, image.Malformed},
		"not deflated":     {lied, "data1.cab", cab.data, ""},
		"more files":       {more, "data1.hdr", hdr.data, image.Truncated},
		"other data after": {append(pack(t, plain, cab, hdr), "\x01\x02 no record"...), "data1.hdr", hdr.data, image.Unsupported},
		"wide, one less":   {append(pack(t, wide, cab, hdr, cab)[:4], pack(t, wide, cab, hdr)[4:]...), "data1.hdr", hdr.data, image.Truncated},
	} {
		fsys := load(t, c.raw)
		if got, err := fs.ReadFile(fsys, c.file); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		g := fsys.Gaps()
		if (c.gap == "") != (len(g) == 0) || len(g) > 0 && g[0].Reason != c.gap {
			t.Errorf("%s: %v", name, g)
		}
	}
}

// TestCut: of a list that ends too early, what lies before is read, and something says that it is cut.
func TestCut(t *testing.T) {
	for name, raw := range lists(t) {
		if strings.Contains(name, "zeros") {
			continue
		}
		second := bytes.LastIndex(raw, []byte("data1.hdr"))
		if second < 0 {
			second = bytes.LastIndex(raw, wideText("data1.hdr"))
		}
		for _, n := range []int{len(raw) - 1, len(raw) - 700, second - 100} {
			fsys := load(t, raw[:n])
			if g := fsys.Gaps(); len(g) == 0 {
				t.Errorf("%s cut at %d: no gap", name, n)
			}
			if n > second {
				if got, err := fs.ReadFile(fsys, "data1.cab"); err != nil || !bytes.Equal(got, cab.data) {
					t.Errorf("%s cut at %d: %d bytes, %v", name, n, len(got), err)
				}
			}
		}
	}
}

func TestSniff(t *testing.T) {
	for _, raw := range []string{"", "MZ\x00\x00", "PK\x03\x04" + strings.Repeat("x", 100), "a\x00b\x00c\x00999\x00", "InstallShield\x00\x01\x00\x09\x00\x00\x00" + strings.Repeat("\x00", 400),
		".file\x00\x00\x005\x00\x00\x00\xfe\xff\x00\x00g\x01crtexe.c\x00\x00\x00", // a table of symbols
		"some text that goes on and on\x00and on\x00and on\x00and on\x00", strings.Repeat("\x00", 400), "\x7FELF\x01\x01\x01" + strings.Repeat("\x00", 400)} {
		if r := strings.NewReader(raw); Format().Sniff(r, r.Size()) {
			t.Errorf("%.20q is recognised", raw)
		}
	}
}

func FuzzInstallShield(f *testing.F) {
	for _, k := range []kind{plain, wide, headed, streams, streams4} {
		f.Add(pack(f, k, entry{name: "a.txt", data: []byte("hello"), flags: 6, deflated: true}, entry{name: `b\c.txt`, data: []byte("world"), flags: 2}))
	}
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool, limits.Work = 16<<20, 16<<20, 64<<20
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(limits))
		if err != nil {
			return
		}
		left := 20
		_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if left--; left < 0 {
				return fs.SkipAll
			}
			h, err := fsys.Open(name)
			if err != nil {
				return err
			}
			buf := make([]byte, 3000)
			_, _ = h.(io.ReaderAt).ReadAt(buf, 1)
			return h.Close()
		})
	})
}
