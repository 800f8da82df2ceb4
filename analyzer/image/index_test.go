package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func bytesOf(s string) func() (io.ReaderAt, error) {
	return func() (io.ReaderAt, error) { return bytes.NewReader([]byte(s)), nil }
}

func TestIndex(t *testing.T) {
	x := NewIndex()
	add := func(name string, e Entry) {
		t.Helper()
		if err := x.Add(name, e); err != nil {
			t.Error(err)
		}
	}
	add("a/b/c", Entry{Mode: 0o644, Size: 3, Open: bytesOf("old")})
	add("a/b/c", Entry{Mode: 0o600, Size: 5, Open: bytesOf("newer"), Attr: Attr{UID: 7}})
	add("a/b", Entry{Mode: fs.ModeDir | 0o700})
	add("link", Entry{Mode: fs.ModeSymlink | 0o777, Link: "nowhere"})
	add("null", Entry{Mode: fs.ModeDevice | fs.ModeCharDevice})
	if err := fstest.TestFS(x, "a/b/c", "link", "null"); err != nil {
		t.Error(err)
	}
	if data, err := fs.ReadFile(x, "a/b/c"); string(data) != "newer" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := fs.Stat(x, "a/b"); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("%v, %v", info, err)
	}
	for _, bad := range []string{"", "/a", "a//b", "../a", "a/b/c/d", "link/x", strings.Repeat("n/", 3000) + "n"} {
		if err := x.Add(bad, Entry{Mode: 0o644}); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
}

func TestIndexGapsAreBounded(t *testing.T) {
	x := NewIndex()
	for i := range 5000 {
		x.Miss(fmt.Sprint(i), Errorf(Malformed, int64(i), "odd"))
	}
	gaps := x.Gaps()
	if len(gaps) != maxGaps+1 || gaps[7].Detail != "7: odd" || gaps[7].Offset != 7 || gaps[maxGaps].Detail != "and 4000 more like these" {
		t.Errorf("%d gaps, %v", len(gaps), gaps[len(gaps)-1])
	}
}

func TestValidName(t *testing.T) {
	for raw, want := range map[string]string{
		"a": "a", "имя": "имя", "a\xffb": "a\uFFFDffb", "\xc3": "\uFFFDc3", "\uFFFD": "\uFFFD",
		"": "", ".": "", "..": "", "a/b": "", "a\x00": "",
	} {
		name, note, ok := ValidName(raw)
		if name != want || ok != (want != "") || (note != "") != (ok && name != raw) {
			t.Errorf("%q: %q, %q, %v", raw, name, note, ok)
		}
		if ok && !fs.ValidPath(name) {
			t.Errorf("%q is no path", name)
		}
	}
}

// breaking gives data and then err.
type breaking struct {
	io.Reader
	err error
}

func (b *breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func (*breaking) Close() error { return nil }

func TestDecode(t *testing.T) {
	broken := errors.New("broken")
	for _, size := range []int{0, 1, 1000, headSize, headSize + 1, 300_000} {
		for _, end := range []error{io.EOF, broken} {
			for _, memory := range []int64{1 << 20, 1 << 30} { // on disk above 64 KiB; in memory
				data := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
				opened := 0
				b := NewBudget(Limits{Memory: memory, Spool: 1 << 20, Ratio: 10})
				s, err := b.Decode(100_000, func() (io.ReadCloser, error) {
					opened++
					return &breaking{bytes.NewReader(data), end}, nil
				})
				if size == 0 && end == broken {
					if s != nil || !errors.Is(err, broken) {
						t.Errorf("nothing: %v, %v", s, err)
					}
					continue
				}
				if (err == nil) != (end == io.EOF) || err != nil && !errors.Is(err, broken) {
					t.Errorf("%d bytes: %v", size, err)
				}
				for round := 1; round < 3; round++ {
					h := s.Open()
					got, err := io.ReadAll(io.NewSectionReader(h, 0, s.Size()))
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%d bytes, %v, round %d: %d bytes, %v", size, end, round, len(got), err)
					}
					if round == 1 && opened != 1 {
						t.Errorf("%d bytes, %v: decoded %d times", size, end, opened)
					}
					if err := h.(io.Closer).Close(); err != nil {
						t.Error(err)
					}
				}
				if used := b.spool.Load(); used != 0 {
					t.Errorf("%d bytes: %d of the disk not given back", size, used)
				}
			}
		}
	}
}

// TestDecodeHandles keeps the bytes as long as anyone has a handle.
func TestDecodeHandles(t *testing.T) {
	opened := 0
	b := NewBudget(Limits{Memory: 1 << 20, Spool: 1 << 20, Ratio: 10})
	s, err := b.Decode(100_000, func() (io.ReadCloser, error) {
		opened++
		return &breaking{bytes.NewReader(make([]byte, 200_000)), io.EOF}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	one, two := s.Open(), s.Open()
	one.(io.Closer).Close()
	one.(io.Closer).Close() // does not count twice
	if n, err := two.ReadAt(make([]byte, 10), 150_000); n != 10 || err != nil || opened != 1 {
		t.Errorf("%d bytes, %v, decoded %d times", n, err, opened)
	}
}

// TestStreamOverBudget says that a limit, not the stream, ended the bytes.
func TestStreamOverBudget(t *testing.T) {
	b := NewBudget(Limits{Memory: 1 << 20, Spool: 100_000, Ratio: 1000})
	s := b.NewStream(1<<20, 10_000, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(make([]byte, 1<<20))), nil
	})
	if n, err := s.ReadAt(make([]byte, 10), 50_000); n != 10 || err != nil {
		t.Errorf("before the limit: %d bytes, %v", n, err)
	}
	if _, err := s.ReadAt(make([]byte, 10), 500_000); GapOf(nil, "", err).Reason != OverBudget {
		t.Errorf("behind the limit: %v", err)
	}
	if err := s.Close(); err != nil || b.spool.Load() != 0 {
		t.Errorf("%v, %d bytes not given back", err, b.spool.Load())
	}
	if diff := cmp.Diff(int64(1<<20), s.Size()); diff != "" {
		t.Error(diff)
	}
}
