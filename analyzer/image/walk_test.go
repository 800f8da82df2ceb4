package image_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"romscan/analyzer/image"
	"romscan/analyzer/image/ext4"
	imagegzip "romscan/analyzer/image/gzip"
	"romscan/analyzer/image/sparse"
	imagetar "romscan/analyzer/image/tar"
)

func formats() []image.Format {
	return []image.Format{ext4.Format(), sparse.Format(), imagegzip.Format(), imagetar.Format()}
}

type file struct {
	name string
	data []byte
}

func packTar(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: int64(len(f.data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packGzip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packSparse makes a sparse image of raw[from:to]; the rest of raw is DONT_CARE.
func packSparse(raw []byte, from, to int) []byte {
	const block = 1024
	out := []byte("\x3A\xFF\x26\xED\x01\x00\x00\x00\x1C\x00\x0C\x00")
	for _, v := range []int{block, len(raw) / block, 3, 0} {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	chunk := func(kind uint32, n int, data []byte) {
		for _, v := range []uint32{kind, uint32(n / block), uint32(12 + len(data))} {
			out = binary.LittleEndian.AppendUint32(out, v)
		}
		out = append(out, data...)
	}
	chunk(0xCAC3, from, nil)
	chunk(0xCAC1, to-from, raw[from:to])
	chunk(0xCAC3, len(raw)-to, nil)
	return out
}

// makeExt makes a filesystem with one file.
func makeExt(t testing.TB) []byte {
	t.Helper()
	tool, err := exec.LookPath("mke2fs")
	if err != nil {
		t.Skip("no mke2fs")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "tree", "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tree", "app", "X.apk"), []byte("apk"), 0o644); err != nil {
		t.Fatal(err)
	}
	img := filepath.Join(dir, "img")
	args := []string{"-q", "-F", "-b", "1024", "-O", "^has_journal,^resize_inode", "-d", filepath.Join(dir, "tree"), img, "256k"}
	if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
		t.Fatalf("mke2fs: %v: %s", err, out)
	}
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// scan walks data and returns one line a file: path, formats, content or gaps.
func scan(t testing.TB, o *image.Opener, data []byte, jobs int) []string {
	t.Helper()
	root := image.NewFile("in", bytes.NewReader(data), int64(len(data)))
	lines, err := image.Walk(context.Background(), o, root, jobs, line)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func line(f *image.File, c *image.Container) string {
	s := f.Path.String()
	if f.PartOf != "" {
		s += " part of " + f.PartOf
	}
	if c == nil {
		if f.IsRegular() && f.PartOf == "" {
			b, err := f.Bytes(1 << 20)
			if err != nil {
				return s + " " + err.Error()
			}
			s += fmt.Sprintf(" %.20q", b)
		}
		return s
	}
	s += " [" + c.Kind() + "]"
	for _, g := range c.Gaps {
		s += fmt.Sprintf(" gap %s %s %s", g.At, g.Reason, g.By)
	}
	return s
}

func opener(formats []image.Format) *image.Opener {
	return &image.Opener{Formats: formats, Budget: image.NewBudget(image.DefaultLimits())}
}

func TestWalkNested(t *testing.T) {
	ext := makeExt(t)
	inner := packTar(t, file{"a", []byte("A")}, file{"b", packGzip(t, []byte("plain"))})
	data := packTar(t,
		file{"images/system.img", packSparse(ext, 0, len(ext))},
		file{"inner.tgz", packGzip(t, inner)},
		file{"raw.img", ext},
		file{"twice.gz", packGzip(t, packGzip(t, inner))})
	want := []string{
		"in [tar]",
		"in//images",
		"in//images/system.img [sparse,ext4]",
		"in//images/system.img//app",
		`in//images/system.img//app/X.apk "apk"`,
		"in//images/system.img//lost+found",
		"in//inner.tgz [gzip,tar]",
		`in//inner.tgz//a "A"`,
		"in//inner.tgz//b [gzip]",
		`in//inner.tgz//b//image "plain"`,
		"in//raw.img [ext4]",
		"in//raw.img//app",
		`in//raw.img//app/X.apk "apk"`,
		"in//raw.img//lost+found",
		"in//twice.gz [gzip,gzip,tar]",
		`in//twice.gz//a "A"`,
		"in//twice.gz//b [gzip]",
		`in//twice.gz//b//image "plain"`,
	}
	for _, jobs := range []int{1, 8} {
		if diff := cmp.Diff(want, scan(t, opener(formats()), data, jobs)); diff != "" {
			t.Errorf("%d jobs: %s", jobs, diff)
		}
	}
}

// TestWalkOrder has many containers that finish in any order.
func TestWalkOrder(t *testing.T) {
	var outer []file
	for i := range 40 {
		var inner []file
		for k := range i % 7 {
			inner = append(inner, file{fmt.Sprintf("f%d", k), bytes.Repeat([]byte{byte(i)}, 1000*k)})
		}
		inner = append(inner, file{"z.tgz", packGzip(t, packTar(t, inner...))})
		outer = append(outer, file{fmt.Sprintf("d%d/%d.tar", i%3, i), packTar(t, inner...)})
	}
	data := packTar(t, outer...)
	want := scan(t, opener(formats()), data, 1)
	if len(want) < 200 {
		t.Fatalf("only %d files", len(want))
	}
	for range 5 {
		if diff := cmp.Diff(want, scan(t, opener(formats()), data, 8)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestWalkSets(t *testing.T) {
	ext := makeExt(t)
	cut := 100 << 10
	data := packTar(t,
		file{"fw/notes", []byte("n")},
		file{"fw/system.img_sparsechunk.0", packSparse(ext, 0, cut)},
		file{"fw/system.img_sparsechunk.1", packSparse(ext, cut, len(ext))},
		file{"fw/zip", []byte("z")})
	want := []string{
		"in [tar]",
		"in//fw",
		`in//fw/notes "n"`,
		"in//fw/system.img_sparsechunk.0 part of fw/system.img",
		"in//fw/system.img_sparsechunk.1 part of fw/system.img",
		`in//fw/zip "z"`,
		"in//fw/system.img [sparse,ext4]",
		"in//fw/system.img//app",
		`in//fw/system.img//app/X.apk "apk"`,
		"in//fw/system.img//lost+found",
	}
	for _, jobs := range []int{1, 8} {
		if diff := cmp.Diff(want, scan(t, opener(formats()), data, jobs)); diff != "" {
			t.Errorf("%d jobs: %s", jobs, diff)
		}
	}
}

func TestWalkDepth(t *testing.T) {
	data := []byte("x")
	for range 6 {
		data = packTar(t, file{"t", data})
	}
	o := opener(formats())
	o.Budget = image.NewBudget(image.Limits{Bytes: 1 << 20, Files: 100, Ratio: 100, Depth: 3, Memory: 1 << 20})
	want := []string{"in [tar]", "in//t [tar]", "in//t//t [tar]", "in//t//t//t [tar] gap in//t//t//t budget tar"}
	if diff := cmp.Diff(want, scan(t, o, data, 2)); diff != "" {
		t.Error(diff)
	}
	data = []byte("x")
	for range 6 {
		data = packGzip(t, data)
	}
	want = []string{"in [gzip,gzip,gzip,gzip] gap in budget gzip"}
	if diff := cmp.Diff(want, scan(t, o, data, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestWalkCancelled(t *testing.T) {
	data := packTar(t, file{"a", nil}, file{"b", nil}, file{"c", nil})
	ctx, cancel := context.WithCancel(context.Background())
	root := image.NewFile("in", bytes.NewReader(data), int64(len(data)))
	lines, err := image.Walk(ctx, opener(formats()), root, 1, func(f *image.File, c *image.Container) string {
		if f.Path.Name() == "a" {
			cancel()
		}
		return f.Path.String()
	})
	if diff := cmp.Diff([]string{"in", "in//a"}, lines); diff != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%v: %s", err, diff)
	}
}

// box is a format of the test: it starts with its name and does what follows it.
func box(name string, open func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error)) image.Format {
	return image.Format{
		Name: name,
		Sniff: func(r io.ReaderAt, size int64) bool {
			head := make([]byte, len(name))
			r.ReadAt(head, 0)
			return string(head) == name
		},
		Open: open,
	}
}

func TestPanicsBecomeGaps(t *testing.T) {
	list := append(formats(),
		box("panicopen", func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) { panic("in Open") }),
		box("paniclist", func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) { return panicFS{}, nil }),
		image.Format{Name: "panicsniff", Sniff: func(r io.ReaderAt, size int64) bool {
			head := make([]byte, 6)
			if r.ReadAt(head, 0); string(head) == "sniff!" {
				panic("in Sniff")
			}
			return false
		}})
	data := packTar(t, file{"a", []byte("panicopen")}, file{"b", []byte("paniclist")}, file{"c", []byte("sniff!")}, file{"d", []byte("fine")})
	want := []string{
		"in [tar]",
		"in//a [panicopen] gap in//a panic panicopen",
		"in//b [paniclist] gap in//b panic paniclist",
		"in//c [panicsniff] gap in//c panic panicsniff",
		`in//d "fine"`,
	}
	if diff := cmp.Diff(want, scan(t, opener(list), data, 2)); diff != "" {
		t.Error(diff)
	}
	c := opener(list).Expand(image.NewFile("in", strings.NewReader("panicopen"), 9))
	if d := c.Gaps[0].Detail; !strings.HasPrefix(d, "in Open in romscan/") || !strings.Contains(d, "walk_test") && !strings.Contains(d, "TestPanics") {
		t.Errorf("detail %q does not say where", d)
	}
}

type panicFS struct{}

func (panicFS) Open(string) (fs.File, error) { panic("in FS.Open") }

// TestHalfReadDirectory keeps the entries that came with an error, and the gap says which directory it was.
func TestHalfReadDirectory(t *testing.T) {
	half := box("half", func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) {
		x := image.NewIndex()
		for _, n := range []string{"d/one", "d/two", "e"} {
			if err := x.Add(n, image.Entry{Mode: 0o444}); err != nil {
				return nil, err
			}
		}
		return halfFS{x}, nil
	})
	want := []string{
		"in [half] gap in//d malformed half",
		"in//d", `in//d/one ""`, `in//d/two ""`, `in//e ""`,
	}
	if diff := cmp.Diff(want, scan(t, opener([]image.Format{half}), []byte("half"), 1)); diff != "" {
		t.Error(diff)
	}
}

type halfFS struct{ *image.Index }

func (h halfFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := h.Index.ReadDir(name)
	if name == "d" {
		err = image.Errorf(image.Malformed, 7, "the rest is broken")
	}
	return entries, err
}

// counted counts the handles of a format's files; a read through a closed one fails, as os.File's do.
func counted(f image.Format, opened, open *atomic.Int64) image.Format {
	under := f.Open
	f.Open = func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
		fsys, err := under(r, size, b)
		if err != nil {
			return nil, err
		}
		return countedFS{fsys.(fs.ReadLinkFS), opened, open}, nil
	}
	return f
}

type countedFS struct {
	fs.ReadLinkFS
	opened, open *atomic.Int64
}

func (c countedFS) Open(name string) (fs.File, error) {
	f, err := c.ReadLinkFS.Open(name)
	if info, _ := fs.Lstat(c.ReadLinkFS, name); err == nil && info.Mode().IsRegular() {
		c.opened.Add(1)
		c.open.Add(1)
		return &countedFile{File: f, open: c.open}, nil
	}
	return f, err
}

type countedFile struct {
	fs.File
	open   *atomic.Int64
	mu     sync.RWMutex
	closed bool
}

func (c *countedFile) ReadAt(p []byte, off int64) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return 0, fs.ErrClosed
	}
	return c.File.(io.ReaderAt).ReadAt(p, off)
}

func (c *countedFile) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fs.ErrClosed
	}
	c.closed = true
	c.open.Add(-1)
	return c.File.Close()
}

// TestHandlesAreClosed counts them over nested containers and sets, whose parts are read after their own turn.
func TestHandlesAreClosed(t *testing.T) {
	ext := makeExt(t)
	var files []file
	for i := range 12 {
		for k := range 4 {
			quarter := len(ext) / 4
			files = append(files, file{fmt.Sprintf("%d/system.img.%d", i, k), packSparse(ext, k*quarter, (k+1)*quarter)})
		}
		files = append(files, file{fmt.Sprintf("%d/x.tgz", i), packGzip(t, packTar(t, file{"a", []byte("A")}))})
	}
	data := packTar(t, files...)
	for _, jobs := range []int{1, 8} {
		var opened, open atomic.Int64
		var list []image.Format
		for _, f := range formats() {
			list = append(list, counted(f, &opened, &open))
		}
		lines := scan(t, opener(list), data, jobs)
		if open.Load() != 0 || opened.Load() == 0 {
			t.Errorf("%d jobs: %d of %d handles left open", jobs, open.Load(), opened.Load())
		}
		apks := 0
		for _, l := range lines {
			if strings.HasSuffix(l, `X.apk "apk"`) {
				apks++
			}
			if strings.Contains(l, "closed") || strings.Contains(l, " gap ") {
				t.Errorf("%d jobs: %s", jobs, l)
			}
		}
		if apks != 12 {
			t.Errorf("%d jobs: %d of 12 sets read", jobs, apks)
		}
	}
}
