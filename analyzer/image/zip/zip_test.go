package zip

import (
	stdzip "archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
)

// file is an entry of a test archive; the fields of forged override what is honest.
type file struct {
	name, local string // local "" means the same
	data        string
	method      uint16
	flags       uint16
	unix        uint32
	forge       func(local, central []byte)
}

func deflate(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	w.Write([]byte(s))
	w.Close()
	return b.Bytes()
}

// build writes an archive; forge may change every field of the two headers.
func build(files []file, prefix, comment string, end func([]byte)) []byte {
	var out, dir bytes.Buffer
	out.WriteString(prefix)
	for _, f := range files {
		body := []byte(f.data)
		if f.method == deflated {
			body = deflate(f.data)
		}
		name := f.local
		if name == "" {
			name = f.name
		}
		l, c := make([]byte, localSize), make([]byte, centralSize)
		copy(l, sigLocal)
		copy(c, sigCentral)
		binary.LittleEndian.PutUint16(c[4:], 3<<8)
		for _, h := range [][]byte{l[6:], c[8:]} {
			le.PutUint16(h, f.flags)
			le.PutUint16(h[2:], f.method)
			le.PutUint32(h[8:], crc32.ChecksumIEEE([]byte(f.data)))
			le.PutUint32(h[12:], uint32(len(body)))
			le.PutUint32(h[16:], uint32(len(f.data)))
		}
		le.PutUint16(l[26:], uint16(len(name)))
		le.PutUint16(c[28:], uint16(len(f.name)))
		le.PutUint32(c[38:], f.unix<<16)
		le.PutUint32(c[42:], uint32(out.Len()-len(prefix)))
		if f.forge != nil {
			f.forge(l, c)
		}
		out.Write(l)
		out.WriteString(name)
		out.Write(body)
		dir.Write(c)
		dir.WriteString(f.name)
	}
	e := make([]byte, endSize)
	copy(e, sigEnd)
	le.PutUint16(e[8:], uint16(len(files)))
	le.PutUint16(e[10:], uint16(len(files)))
	le.PutUint32(e[12:], uint32(dir.Len()))
	le.PutUint32(e[16:], uint32(out.Len()-len(prefix)))
	le.PutUint16(e[20:], uint16(len(comment)))
	if end != nil {
		end(e)
	}
	out.Write(dir.Bytes())
	out.Write(e)
	out.WriteString(comment)
	return out.Bytes()
}

func open(tb testing.TB, b []byte) *FS {
	tb.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// listing prints what an FS holds: "name=content [tricks]".
func listing(tb testing.TB, f *FS) []string {
	tb.Helper()
	var out []string
	err := fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := fs.ReadFile(f, name)
		s := name + "=" + string(b)
		var e *image.Error
		if errors.As(err, &e) {
			s = name + "!" + string(e.Reason)
		}
		if note := info.Sys().(*image.Attr).Note; note != "" {
			s += " [" + note + "]"
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func gapTricks(f *FS) []string {
	var out []string
	for _, g := range f.Gaps() {
		word, _, _ := strings.Cut(g.Detail, ":")
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

func put16(off int, v uint16) func(l, c []byte) {
	return func(_, c []byte) { le.PutUint16(c[off:], v) }
}

var text = strings.Repeat("hello firmware ", 20)

func TestTricks(t *testing.T) {
	axml := "\x03\x00\x08\x00" + text
	for _, c := range []struct {
		name  string
		bytes []byte
		want  []string
		gaps  []string
	}{
		{"honest", build([]file{{name: "a", data: "A"}, {name: "d/b", data: text, method: 8}}, "", "", nil),
			[]string{"a=A", "d/b=" + text}, nil},
		{"method in directory", build([]file{{name: "a", data: text, method: 8, forge: put16(10, 0)}}, "", "", nil),
			[]string{"a=" + text + " [method-mismatch,size-mismatch]"}, []string{"method-mismatch", "size-mismatch"}},
		{"method in local header", build([]file{{name: "a", data: text, method: 8,
			forge: func(l, _ []byte) { le.PutUint16(l[8:], 0) }}}, "", "", nil),
			[]string{"a=" + text + " [method-mismatch]"}, []string{"method-mismatch"}},
		{"unknown method is deflate", build([]file{{name: "a", data: text, method: 8,
			forge: func(l, c []byte) { le.PutUint16(l[8:], 1031); le.PutUint16(c[10:], 1031) }}}, "", "", nil),
			[]string{"a=" + text + " [unknown-method]"}, []string{"unknown-method"}},
		{"unknown method of a manifest is stored", build([]file{{name: "AndroidManifest.xml", data: axml, method: 777,
			forge: func(l, c []byte) { le.PutUint32(c[20:], 5); le.PutUint32(c[16:], 1); le.PutUint32(l[14:], 1) }}}, "", "", nil),
			[]string{"AndroidManifest.xml=" + axml + " [size-mismatch,unknown-method]"}, []string{"size-mismatch", "unknown-method"}},
		{"encryption bit", build([]file{{name: "a", data: text, method: 8, flags: 1}}, "", "", nil),
			[]string{"a=" + text + " [encryption-bit]"}, []string{"encryption-bit"}},
		{"encrypted", build([]file{{name: "a", data: "\xff\xfe\xfd\xfc secret", flags: 1, method: 99,
			forge: func(l, c []byte) { le.PutUint32(c[16:], 9); le.PutUint32(l[14:], 9) }}}, "", "", nil),
			[]string{"a!encrypted"}, []string{`"a"`}},
		{"lzma", build([]file{{name: "a", data: "\xff\xfe\xfd\xfc", method: 14,
			forge: func(l, c []byte) { le.PutUint32(c[16:], 9); le.PutUint32(l[14:], 9) }}}, "", "", nil),
			[]string{"a!unsupported"}, []string{`"a"`}},
		{"duplicates: the first keeps the name", build([]file{{name: "a", data: "1"}, {name: "a", data: "2"}, {name: "a", data: "3"}}, "", "", nil),
			[]string{"a=1", "a#2=2 [duplicate-name]", "a#3=3 [duplicate-name]"}, []string{"duplicate-name"}},
		{"file against directory", build([]file{{name: "m/x", data: "1"}, {name: "m", data: "2"}}, "", "", nil),
			[]string{"m=2", "m#dir/x=1 [name-collision]"}, []string{"name-collision"}},
		{"bad names", build([]file{{name: "../../e", data: "1"}, {name: "/abs", data: "2"}, {name: "n\x00l", data: "3"},
			{name: "w\\i", data: "4"}, {name: "\xb0\xa1", data: "5"}, {name: "", data: "6"}}, "", "", nil),
			[]string{"%2E%2E/%2E%2E/e=1 [bad-name]", "%B0%A1=5 [foreign-name]", "abs=2 [bad-name]", "n%00l=3 [bad-name]",
				"unnamed=6 [bad-name]", "w%5Ci=4 [foreign-name]"}, []string{"bad-name", "foreign-name"}},
		{"backslashes as separators", build([]file{{name: `sys\a`, data: "1"}, {name: `sys\b`, data: "2"}}, "", "", nil),
			[]string{"sys/a=1 [foreign-name]", "sys/b=2 [foreign-name]"}, []string{"foreign-name"}},
		{"two names", build([]file{{name: "a", local: "b", data: "1"}}, "", "", nil),
			[]string{"a=1 [name-mismatch]"}, []string{"name-mismatch"}},
		{"counts", build([]file{{name: "a", data: "1"}}, "", "", func(e []byte) { le.PutUint16(e[8:], 900); le.PutUint16(e[10:], 900) }),
			[]string{"a=1"}, []string{"eocd-lie"}},
		{"volumes", build([]file{{name: "a", data: "1"}}, "", "", func(e []byte) { le.PutUint16(e[4:], 3) }),
			[]string{"a=1"}, []string{"eocd-lie"}},
		{"longest comment", build([]file{{name: "a", data: "1"}}, "", strings.Repeat("c", maxComment), nil),
			[]string{"a=1"}, nil},
		{"end record in comment", build([]file{{name: "a", data: "1"}}, "", sigEnd+strings.Repeat("\x07", 30), nil),
			[]string{"a=1"}, []string{"eocd-lie"}},
		{"prefix", build([]file{{name: "a", data: "1"}}, "junk before", "", nil), []string{"a=1"}, []string{"prefix"}},
		{"trailing", append(build([]file{{name: "a", data: "1"}}, "", "", nil), "after"...), []string{"a=1"}, []string{"trailing"}},
		{"no local header", build([]file{{name: "a", data: "1"}, {name: "b", data: "2",
			forge: func(_, c []byte) { le.PutUint32(c[42:], 9) }}}, "", "", nil),
			[]string{"a=1", "b!malformed [bad-offset]", "b#2=2 [hidden-entry,duplicate-name]"},
			[]string{"bad-offset", `"b"`, "hidden-entry", "duplicate-name"}},
		{"extra length in the directory", build([]file{{name: "a", data: "1", forge: put16(30, 1)}, {name: "b", data: "2", forge: put16(30, 60)},
			{name: "c", data: "3"}}, "", "", nil), []string{"a=1 [size-mismatch]", "b=2 [size-mismatch]", "c=3"}, []string{"size-mismatch"}},
		{"padding", func() []byte {
			b := build([]file{{name: "a", data: "1"}, {name: "", data: "padding"}, {name: "b", data: "2"}}, "", "", nil)
			i := bytes.Index(b, []byte(sigCentral)) + centralSize + 1 // cut the nameless one out of the directory
			b = append(b[:i:i], b[i+centralSize:]...)
			end := b[len(b)-endSize:]
			le.PutUint16(end[8:], 2)
			le.PutUint16(end[10:], 2)
			le.PutUint32(end[12:], le.Uint32(end[12:])-centralSize)
			return b
		}(), []string{"a=1", "b=2"}, nil},
		{"bomb claims", build([]file{{name: "a", data: "1", method: 8,
			forge: func(l, c []byte) { le.PutUint32(c[24:], 1<<31); le.PutUint32(l[22:], 1<<31) }}}, "", "", nil),
			[]string{"a=1 [size-mismatch]"}, []string{"size-mismatch"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t, c.bytes)
			if d := cmp.Diff(c.want, listing(t, f)); d != "" {
				t.Errorf("files (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.gaps, gapTricks(f)); d != "" {
				t.Errorf("gaps (-want +got):\n%s", d)
			}
			if !Sniff(bytes.NewReader(c.bytes), int64(len(c.bytes))) && c.name != "trailing" {
				t.Error("not recognised")
			}
		})
	}
}

// stdArchive is written by archive/zip: stored, deflated with data descriptors, a link, directories.
func stdArchive(tb testing.TB) []byte {
	tb.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	add := func(name, data string, method uint16, mode fs.FileMode) {
		h := &stdzip.FileHeader{Name: name, Method: method}
		h.SetMode(mode)
		x, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(x, data)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	add("system/", "", stdzip.Store, fs.ModeDir|0o755)
	add("system/build.prop", text, stdzip.Deflate, 0o600)
	add("system/app/A.apk", "PK stored", stdzip.Store, 0o644)
	add("system/bin/sh", "mksh", stdzip.Deflate, 0o777|fs.ModeSymlink)
	add("system/bin/hidden", "not\x00a link", stdzip.Deflate, 0o777|fs.ModeSymlink)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestFS(t *testing.T) {
	b := stdArchive(t)
	f := open(t, b)
	if err := fstest.TestFS(f, "system/build.prop", "system/app/A.apk", "system/bin/sh", "system/bin/hidden"); err != nil {
		t.Error(err)
	}
	if len(f.Gaps()) != 0 {
		t.Error(f.Gaps())
	}
	if link, err := f.ReadLink("system/bin/sh"); link != "mksh" || err != nil {
		t.Errorf("link %q, %v", link, err)
	}
	info, err := f.Stat("system/bin/hidden")
	if err != nil || !info.Mode().IsRegular() {
		t.Errorf("content that is no path is a link: %v, %v", info.Mode(), err)
	}
	info, _ = f.Stat("system/build.prop")
	if info.Mode() != 0o600 || info.Sys().(*image.Attr).Offset != -1 {
		t.Errorf("mode %v, offset %d", info.Mode(), info.Sys().(*image.Attr).Offset)
	}
	info, _ = f.Stat("system/app/A.apk")
	off := info.Sys().(*image.Attr).Offset
	if got := string(b[off : off+info.Size()]); got != "PK stored" {
		t.Errorf("stored in place: %q", got)
	}
	for e := range f.Entries() {
		if !e.Mode.IsDir() {
			if err := f.Compare(e.Name); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
	}
}

// TestBroken cuts an archive at every length: no file may come out different, and one that ends early says so.
func TestBroken(t *testing.T) {
	b := stdArchive(t)
	whole := map[string]string{"system/build.prop": text, "system/app/A.apk": "PK stored", "system/bin/hidden": "not\x00a link"}
	for n := 5; n < len(b); n++ {
		f, err := Open(bytes.NewReader(b[:n]), int64(n), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			continue
		}
		if len(f.Gaps()) == 0 {
			t.Fatalf("cut at %d of %d: no gap", n, len(b))
		}
		for name, want := range whole {
			got, err := fs.ReadFile(f, name)
			if err == nil && !strings.HasPrefix(want, string(got)) && !strings.HasPrefix(string(got), want) {
				t.Fatalf("cut at %d: %s is %q", n, name, got)
			}
		}
		if n > len(b)-endSize-10 {
			if got, err := fs.ReadFile(f, "system/build.prop"); string(got) != text {
				t.Fatalf("cut at %d: build.prop %v", n, err)
			}
		}
	}
}

// TestMany passes the 65,535 entries that fit an end record of the first kind.
func TestMany(t *testing.T) {
	const n = 70000
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	for i := range n {
		if _, err := w.CreateHeader(&stdzip.FileHeader{Name: "d/" + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := open(t, b.Bytes())
	list, err := f.ReadDir("d")
	if len(list) != n || err != nil || len(f.Gaps()) != 0 {
		t.Errorf("%d files, %v, %v", len(list), err, f.Gaps())
	}
}

// TestOverlap lets two directory headers share one entry's bytes, as zip bombs do.
func TestOverlap(t *testing.T) {
	b := build([]file{{name: "a", data: text}, {name: "b", data: text, forge: func(_, c []byte) { le.PutUint32(c[42:], 0) }}}, "", "", nil)
	want := []string{"a=" + text, "b=" + text + " [name-mismatch,overlapping]", "b#2=" + text + " [hidden-entry,duplicate-name]"}
	if d := cmp.Diff(want, listing(t, open(t, b))); d != "" {
		t.Error(d)
	}
}

// TestHostileArchives opens the archives of the corpus that are built to break readers: none may be refused.
func TestHostileArchives(t *testing.T) {
	for _, sub := range []string{"malformed", "trees/apps", "trees/formats/ota-zip"} {
		for _, name := range archives(t, corpustest.Dir(t, sub), ".apk", ".zip", ".jar") {
			file, st := fileAt(t, name)
			if !Sniff(file, st.Size()) {
				if st.Size() > 1024 && !strings.Contains(name, "-empty") { // one file of random bytes, and archives of nothing
					t.Errorf("%s: not recognised", name)
				}
				continue
			}
			f, err := Open(file, st.Size(), image.NewBudget(image.DefaultLimits()))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for e := range f.Entries() {
				if !fs.ValidPath(e.Name) {
					t.Errorf("%s: name %q", name, e.Name)
				}
			}
		}
	}
}

func TestVerify(t *testing.T) {
	f := open(t, build([]file{{name: "a", data: "A", forge: func(l, c []byte) { le.PutUint32(c[16:], 1) }}}, "", "", nil))
	var e *image.Error
	if err := f.Compare("a"); !errors.As(err, &e) || e.Reason != image.Malformed {
		t.Errorf("wrong checksum: %v", err)
	}
}

func TestZstd(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := w.EncodeAll([]byte(text), nil)
	b := build([]file{{name: "a", data: string(packed), method: zstdNew, forge: func(l, c []byte) {
		for _, h := range [][]byte{l[14:], c[16:]} {
			le.PutUint32(h, crc32.ChecksumIEEE([]byte(text)))
			le.PutUint32(h[8:], uint32(len(text)))
		}
	}}}, "", "", nil)
	if d := cmp.Diff([]string{"a=" + text}, listing(t, open(t, b))); d != "" {
		t.Error(d)
	}
}

func FuzzZip(f *testing.F) {
	f.Add(stdArchive(f))
	f.Add(build([]file{{name: "m/x", data: "1"}, {name: "m", data: text, method: 8}, {name: "m", data: "3"}}, "junk", "", nil))
	f.Add(build([]file{{name: "../a", local: "b", data: text, method: 8, flags: 9}}, "", sigEnd, nil))
	f.Add(build([]file{{name: "a", data: text, method: 8}}, "", "", nil)[:60])
	f.Fuzz(func(t *testing.T, b []byte) {
		Sniff(bytes.NewReader(b), int64(len(b)))
		l := image.DefaultLimits()
		l.Memory = 1 << 24
		z, err := Open(bytes.NewReader(b), int64(len(b)), image.NewBudget(l))
		if err != nil {
			return
		}
		good, names := true, []string(nil)
		for e := range z.Entries() {
			if !fs.ValidPath(e.Name) {
				t.Fatalf("name %q", e.Name)
			}
			if strings.ContainsAny(e.Name, "^[]*?\\") { // fstest and fs.Sub make malformed patterns of those
				return
			}
			if e.Mode.IsDir() {
				continue
			}
			if e.Size() > 1<<20 { // decoding bombs is what budgets are for
				return
			}
			names = append(names, e.Name)
			got, err := fs.ReadFile(z, e.Name)
			good = good && err == nil && int64(len(got)) == e.Size() && e.Mode&fs.ModeSymlink == 0
		}
		if good && len(names) > 0 {
			if err := fstest.TestFS(z, names...); err != nil {
				t.Fatal(err)
			}
		}
	})
}
