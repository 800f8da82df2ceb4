package image

import (
	"context"
	"crypto/md5"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPartsNames(t *testing.T) {
	p := NewParts(strings.NewReader("0123456789"), 10)
	for _, c := range []struct{ raw, want string }{
		{"boot.img", "boot.img"}, {"boot.img", "boot.img.2"}, {"boot.img", "boot.img.3"}, {"boot.img.2", "boot.img.2.2"},
		{`a\b/./c`, "a/b/c"}, {"/abs", "abs"}, {"../up", "_/up"}, {"", "unnamed"}, {"//", "unnamed.2"}, {"x\xff", "x\uFFFDff"},
		{"boot.img/x", ""}, // a file is no directory
	} {
		if got := p.AddStretch(c.raw, 2, 3, Attr{}); got != c.want {
			t.Errorf("%q: %q, want %q", c.raw, got, c.want)
		}
	}
	if err := fstest.TestFS(p, "boot.img.3", "a/b/c"); err != nil {
		t.Error(err)
	}
	if got, err := fs.ReadFile(p, "boot.img.2"); err != nil || string(got) != "234" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPartsBounds(t *testing.T) {
	p := NewParts(strings.NewReader("0123456789"), 10)
	for _, c := range []struct {
		name      string
		off, size int64
		listed    bool
		reason    Reason
		length    int64
	}{
		{"whole", 0, 10, true, "", 10}, {"nothing at the end", 10, 0, true, "", 0}, {"cut", 8, 5, true, Truncated, 5}, {"behind", 11, 1, false, Truncated, 0},
		{"negative", -1, 1, false, Malformed, 0}, {"negative size", 0, -1, false, Malformed, 0}, {"endless", 4, 1 << 62, true, Truncated, 6},
	} {
		before := len(p.Gaps())
		name := p.AddStretch(c.name, c.off, c.size, Attr{})
		if (name != "") != c.listed {
			t.Errorf("%s: %q", c.name, name)
		}
		if e, _ := p.Get(c.name); e.Size != c.length {
			t.Errorf("%s: %d bytes", c.name, e.Size)
		}
		g := p.Gaps()[before:]
		if c.reason == "" && len(g) > 0 || c.reason != "" && (len(g) != 1 || g[0].Reason != c.reason) {
			t.Errorf("%s: %v", c.name, g)
		}
	}
	if got, err := fs.ReadFile(p, "cut"); string(got) != "89" || GapOf(nil, "", err).Reason != Truncated {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPartsVerify(t *testing.T) {
	r := strings.NewReader("0123456789")
	p := NewParts(r, 10)
	want := md5.Sum([]byte("2345"))
	sum := func() Summer { return md5.New() }
	p.LaterSum(Check{Name: "good"}, r, 2, 4, sum, want[:])
	p.LaterSum(Check{Name: "bad"}, r, 1, 4, sum, want[:])
	p.LaterSum(Check{Name: "cut"}, r, 8, 4, sum, want[:])
	var got []string
	p.Verify(context.Background(), func(c Check) bool {
		got = append(got, c.Name+" "+string(c.Outcome))
		return true
	})
	if s := strings.Join(got, ","); s != "good match,bad mismatch,cut unverified" {
		t.Error(s)
	}
	got = nil
	p.Verify(context.Background(), func(c Check) bool { got = append(got, c.Name); return false })
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p.Verify(ended, func(c Check) bool { got = append(got, c.Name); return true })
	if len(got) != 1 {
		t.Error(got)
	}
	if err := Feed(ended, io.Discard, r, 0, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
