package tar

import (
	"archive/tar"
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func load(t testing.TB, raw []byte) *image.Index {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*archive).Index
}

// describe lists an archive: name, mode, owner, label, target or content, and checks offsets.
func describe(t *testing.T, raw []byte, fsys fs.FS) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		a := info.Sys().(*image.Attr)
		s := fmt.Sprintf("%s %v %d:%d", name, info.Mode(), a.UID, a.GID)
		if a.Label != "" {
			s += " " + a.Label
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, _ := fs.ReadLink(fsys, name)
			s += " -> " + target
		}
		if info.Mode().IsRegular() {
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return err
			}
			s += fmt.Sprintf(" %q", data)
			if len(data) > 0 && !bytes.HasPrefix(raw[a.Offset:], data) {
				t.Errorf("%s: not at offset %#x", name, a.Offset)
			}
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func gaps(x *image.Index) []string {
	var out []string
	for _, g := range x.Gaps() {
		out = append(out, string(g.Reason))
	}
	return out
}

// entries are of every kind; the standard library writes them in every dialect.
var entries = []tar.Header{
	{Typeflag: tar.TypeDir, Name: "./app/", Mode: 0o755},
	{Typeflag: tar.TypeReg, Name: "./app/X.apk", Mode: 0o4644, Size: 5, Uid: 1000, Gid: 2000},
	{Typeflag: tar.TypeReg, Name: "/etc/hosts", Mode: 0o644, Size: 512},
	{Typeflag: tar.TypeSymlink, Name: "link", Linkname: "/etc/hosts", Mode: 0o777},
	{Typeflag: tar.TypeLink, Name: "app/Y.apk", Linkname: "./app/X.apk", Mode: 0o644},
	{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3, Mode: 0o666},
	{Typeflag: tar.TypeFifo, Name: "pipe", Mode: 0o600},
	{Typeflag: tar.TypeReg, Name: "etc/empty", Mode: 0o644},
	{Typeflag: tar.TypeReg, Name: "etc/hosts", Mode: 0o600, Size: 3},
	{Typeflag: tar.TypeReg, Name: "../escape", Mode: 0o644, Size: 1},
}

func build(t testing.TB, format tar.Format, list []tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range list {
		h.Format = format
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(strings.Repeat("abcdefgh", int(h.Size)/8+1)[:h.Size])); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDialects(t *testing.T) {
	want := []string{
		"app drwxr-xr-x 0:0",
		`app/X.apk urw-r--r-- 1000:2000 "abcde"`,
		`app/Y.apk urw-r--r-- 1000:2000 "abcde"`,
		"etc drwxr-xr-x 0:0",
		`etc/empty -rw-r--r-- 0:0 ""`,
		`etc/hosts -rw------- 0:0 "abc"`,
		"link Lrwxrwxrwx 0:0 -> /etc/hosts",
		"null Dcrw-rw-rw- 0:0",
		"pipe prw------- 0:0",
	}
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		raw := build(t, format, entries)
		for _, tail := range []string{"", "0123456789abcdef0123456789abcdef  AP_X.tar\n"} {
			fsys := load(t, append(bytes.Clone(raw), tail...))
			if diff := cmp.Diff(want, describe(t, raw, fsys)); diff != "" {
				t.Errorf("%v: %s", format, diff)
			}
			if diff := cmp.Diff([]string{"malformed"}, gaps(fsys)); diff != "" {
				t.Errorf("%v: gaps: %s", format, diff)
			}
			if err := fstest.TestFS(fsys, "app/X.apk"); err != nil {
				t.Errorf("%v: %v", format, err)
			}
		}
	}
}

func TestLongNamesAndRecords(t *testing.T) {
	long := strings.Repeat("directory/", 20) + strings.Repeat("n", 120)
	list := []tar.Header{
		{Typeflag: tar.TypeReg, Name: long, Mode: 0o644, Size: 4},
		{Typeflag: tar.TypeSymlink, Name: "l", Linkname: "/" + long, Mode: 0o777},
		{Typeflag: tar.TypeReg, Name: "имя", Mode: 0o644, Size: 2, Uid: 3 << 20},
	}
	for _, format := range []tar.Format{tar.FormatGNU, tar.FormatPAX} {
		fsys := load(t, build(t, format, list))
		if got, err := fs.ReadFile(fsys, long); string(got) != "abcd" {
			t.Errorf("%v: %q, %v", format, got, err)
		}
		if got, err := fs.ReadLink(fsys, "l"); got != "/"+long {
			t.Errorf("%v: %q, %v", format, got, err)
		}
		info, err := fs.Stat(fsys, "имя")
		if err != nil || info.Sys().(*image.Attr).UID != 3<<20 {
			t.Errorf("%v: %v, %v", format, info, err)
		}
	}
	split := strings.Repeat("directory/", 12) + strings.Repeat("n", 90)
	fsys := load(t, build(t, tar.FormatUSTAR, []tar.Header{{Typeflag: tar.TypeReg, Name: split, Mode: 0o644, Size: 4}}))
	if got, err := fs.ReadFile(fsys, split); string(got) != "abcd" {
		t.Errorf("ustar prefix: %q, %v", got, err)
	}
	labelled := []tar.Header{
		{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"SCHILY.xattr.security.selinux": "u:object_r:system_file:s0"}},
		{Typeflag: tar.TypeReg, Name: "a", Mode: 0o644},
		{Typeflag: tar.TypeReg, Name: "b", Mode: 0o644, PAXRecords: map[string]string{"SCHILY.xattr.security.selinux": "u:object_r:su_exec:s0\x00"}},
		{Typeflag: tar.TypeReg, Name: "c", Mode: 0o644},
	}
	raw := build(t, tar.FormatPAX, labelled)
	want := []string{
		`a -rw-r--r-- 0:0 u:object_r:system_file:s0 ""`,
		`b -rw-r--r-- 0:0 u:object_r:su_exec:s0 ""`,
		`c -rw-r--r-- 0:0 u:object_r:system_file:s0 ""`,
	}
	if diff := cmp.Diff(want, describe(t, raw, load(t, raw))); diff != "" {
		t.Error(diff)
	}
}

// TestLargeSizes states sizes that octal digits cannot: the archive is cut, its entry keeps its size.
func TestLargeSizes(t *testing.T) {
	for _, format := range []tar.Format{tar.FormatGNU, tar.FormatPAX} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "super.img", Mode: 0o644, Size: 10 << 30, Format: format}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("start")); err != nil {
			t.Fatal(err)
		}
		fsys := load(t, b.Bytes())
		info, err := fs.Stat(fsys, "super.img")
		if err != nil || info.Size() != 10<<30 {
			t.Fatalf("%v: %v, %v", format, info, err)
		}
		f, err := fsys.Open("super.img")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := f.(io.ReaderAt).ReadAt(buf, 0)
		if string(buf[:n]) != "start" || image.GapOf(nil, "", err).Reason != image.Truncated {
			t.Errorf("%v: %q, %v", format, buf[:n], err)
		}
		if diff := cmp.Diff([]string{"truncated"}, gaps(fsys)); diff != "" {
			t.Errorf("%v: %s", format, diff)
		}
	}
}

// TestCut cuts an archive everywhere: entries before the cut are kept, and the cut is told.
// TestMD5 holds an archive against the line that md5sum writes behind it.
func TestMD5(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "super.img", Mode: 0o644, Size: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("super")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	changed := bytes.Clone(plain)
	changed[513] ^= 1
	line := fmt.Sprintf("%x  AP_X.tar\n", md5.Sum(plain))
	for name, c := range map[string]struct {
		raw  []byte
		want image.Outcome
	}{
		"none": {plain, ""}, "same": {append(bytes.Clone(plain), line...), image.Matched}, "changed": {append(changed, line...), image.Mismatched},
		"no line": {append(bytes.Clone(plain), "SignerVer02, and what else there is behind it  x\n"...), ""},
	} {
		r := bytes.NewReader(c.raw)
		fsys, err := open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		var got image.Outcome
		fsys.(image.Verifier).Verify(t.Context(), func(k image.Check) bool { got = k.Outcome; return true })
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	list := []tar.Header{
		{Typeflag: tar.TypeReg, Name: "a", Mode: 0o644, Size: 700},
		{Typeflag: tar.TypeReg, Name: "b", Mode: 0o644, Size: 100},
	}
	raw := build(t, tar.FormatUSTAR, list) // headers at 0 and 1536, end mark from 2560 on
	for cut := 512; cut < len(raw); cut += 64 {
		fsys := load(t, raw[:cut])
		_, errA := fs.ReadFile(fsys, "a")
		_, errB := fs.ReadFile(fsys, "b")
		if (errA == nil) != (cut >= 512+700) || (errB == nil) != (cut >= 2048+100) {
			t.Errorf("cut at %d: %v, %v", cut, errA, errB)
		}
		if whole := cut >= 2560+512; (len(fsys.Gaps()) == 0) != whole {
			t.Errorf("cut at %d: gaps %v", cut, fsys.Gaps())
		}
	}
}

func TestRefused(t *testing.T) {
	for name, raw := range map[string][]byte{
		"zeros": make([]byte, 10240), "text": bytes.Repeat([]byte("text "), 400), "short": []byte("x"),
	} {
		if Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			t.Errorf("%s is recognised", name)
		}
		if _, err := Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits())); err == nil {
			t.Errorf("%s is opened", name)
		}
	}
}

// TestTool reads what GNU tar makes of a tree: all its dialects, sparse files as gaps.
func TestTool(t *testing.T) {
	tool, err := exec.LookPath("tar")
	if err != nil {
		t.Skip("no tar")
	}
	tree := t.TempDir()
	name := strings.Repeat("long-name-", 9)
	if err := os.MkdirAll(filepath.Join(tree, "d", name), 0o755); err != nil {
		t.Fatal(err)
	}
	for n, data := range map[string]string{"d/" + name + "/file-f": "content", "g": "gg", "\xffbad": "not UTF-8"} {
		if err := os.WriteFile(filepath.Join(tree, n), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(tree, "holes"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(tree, "holes"), 1<<20); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"v7", "ustar", "oldgnu", "gnu", "pax"} {
		out := filepath.Join(t.TempDir(), "x.tar")
		args := []string{"-C", tree, "-cf", out, "--format=" + format}
		if format == "gnu" || format == "pax" {
			args = append(args, "-S")
		}
		if format == "v7" { // it has room for 99 bytes
			args = append(args, "--exclude=file-f")
		}
		if msg, err := exec.Command(tool, append(args, ".")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, msg)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		fsys := load(t, raw)
		if got, err := fs.ReadFile(fsys, "g"); string(got) != "gg" {
			t.Errorf("%s: %q, %v", format, got, err)
		}
		if got, err := fs.ReadFile(fsys, "\uFFFDffbad"); string(got) != "not UTF-8" {
			t.Errorf("%s: %q, %v", format, got, err)
		}
		if got, err := fs.ReadFile(fsys, "d/"+name+"/file-f"); format != "v7" && string(got) != "content" {
			t.Errorf("%s: %q, %v", format, got, err)
		}
		want := []string(nil)
		if format == "gnu" || format == "pax" {
			want = []string{"unsupported"}
		}
		if diff := cmp.Diff(want, gaps(fsys)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
}

func FuzzTar(f *testing.F) {
	for _, format := range []tar.Format{tar.FormatUSTAR, tar.FormatGNU, tar.FormatPAX} {
		f.Add(build(f, format, entries))
		f.Add(build(f, format, entries[1:2])[:700])
	}
	f.Add(build(f, tar.FormatPAX, []tar.Header{{Typeflag: tar.TypeReg, Name: strings.Repeat("n/", 200) + "n", PAXRecords: map[string]string{"SCHILY.xattr.security.selinux": "l"}}}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// Headers the fuzzer changed get their checksum back, or it would never get past them.
		for at := 0; at+blockSize <= len(raw) && at < 64*blockSize; at += blockSize {
			if b := raw[at : at+blockSize]; string(b[257:262]) == "ustar" {
				var sum int
				copy(b[148:156], "        ")
				for _, c := range b {
					sum += int(c)
				}
				copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
			}
		}
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		b := image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 100, Ratio: 100, Depth: 4, Memory: 4 << 20, Spool: 1 << 20})
		fsys, err := Format().Open(r, r.Size(), b)
		if err != nil {
			return
		}
		buf := make([]byte, 1000)
		err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			file, err := fsys.Open(name)
			if err != nil {
				return err
			}
			info, err := file.Stat()
			if err != nil {
				return err
			}
			for _, off := range []int64{0, info.Size() - 10} {
				if n, err := file.(io.ReaderAt).ReadAt(buf, max(off, 0)); n < len(buf) && err == nil {
					t.Errorf("%s: %d bytes at %d of %d without an error", name, n, off, info.Size())
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
