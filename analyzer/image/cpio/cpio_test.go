package cpio

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

func TestKinds(t *testing.T) {
	want := "drwxr-xr-x d\n" +
		"Lrwxrwxrwx d/link -> ../init\n" +
		"urwxr-xr-x d/odd \"12345\"\n" +
		"Dcrw------- dev\n" +
		"-rw-r--r-- empty \"\"\n" +
		"-rw-r--r-- init \"#!\\n\"\n"
	for _, magic := range magics {
		t.Run(title(magic), func(t *testing.T) {
			img := pack(magic, item{name: ".", mode: 0o40700}, item{name: "d", mode: 0o40755}, item{name: "d/odd", mode: 0o104755, data: "12345"},
				item{name: "/d/link", mode: 0o120777, data: "../init"}, item{name: "./dev", mode: 0o20600}, file("init", "#!\n"), file("empty", ""))
			fsys := mount(t, append(img, make([]byte, 300)...))
			if err := fstest.TestFS(fsys, "init", "d/odd", "empty"); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
				t.Error(diff)
			}
			if g := fsys.Gaps(); len(g) != 0 {
				t.Error(g)
			}
			info, err := fsys.Lstat("init")
			if err != nil {
				t.Fatal(err)
			}
			at := info.Sys().(*image.Attr)
			if at.UID != 10 || at.GID != 20 || string(img[at.Offset:at.Offset+3]) != "#!\n" {
				t.Errorf("owner or place: %+v", at)
			}
		})
	}
}

// TestHardLinks: newc keeps the data of a file with its last name; the others have it too. A new archive starts
// its own count of files.
func TestHardLinks(t *testing.T) {
	img := pack("070701",
		item{name: "a", mode: 0o100644, ino: 5, links: 3},
		item{name: "b", mode: 0o100600, ino: 5, links: 3},
		item{name: "other", mode: 0o100600, ino: 6, links: 2},
		item{name: "c", mode: 0o100644, ino: 5, links: 3, data: "shared"},
		item{name: "late", mode: 0o100644, ino: 5, links: 3})
	img = append(img, pack("070701", item{name: "again", mode: 0o100644, ino: 5, links: 2})...)
	fsys := mount(t, img)
	want := "-rw-r--r-- a \"shared\"\n-rw-r--r-- again \"\"\n-rw------- b \"shared\"\n-rw-r--r-- c \"shared\"\n-rw-r--r-- late \"shared\"\n-rw------- other \"\"\n"
	if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
		t.Error(diff)
	}
}

// TestConcatenated: the later archive wins, whatever its kind and however many zeros are between.
func TestConcatenated(t *testing.T) {
	img := append(pack("070701", file("a", "first"), file("b", "kept")), make([]byte, 70_000)...)
	img = append(img, pack("\xC7\x71", file("a", "second"), file("c", "new"))...)
	img = append(img, pack("070701")...)
	fsys := mount(t, img)
	want := "-rw-r--r-- a \"second\"\n-rw-r--r-- b \"kept\"\n-rw-r--r-- c \"new\"\n"
	if diff := cmp.Diff(want, list(t, fsys)); diff != "" {
		t.Error(diff)
	}
	if info, _ := fsys.Lstat("a"); info.Sys().(*image.Attr).Note == "" {
		t.Error("nothing is said of the file that was replaced")
	}
	if g := fsys.Gaps(); len(g) != 0 {
		t.Error(g)
	}
}

func TestGaps(t *testing.T) {
	good := pack("070701", file("a", "content"), file("b", "more"))
	whole := string(good)
	for _, c := range []struct {
		name   string
		img    string
		gap    string
		reason image.Reason
		files  int
	}{
		{"compressed behind it", whole + "\x00\x00\x1F\x8B\x08\x00abcd", "8 bytes follow the archive: gzip", image.Unsupported, 2},
		{"something behind it", whole + "SEANDROIDENFORCE", "16 bytes follow the archive: not", image.Unsupported, 2},
		{"no trailer", whole[:strings.Index(whole, trailer)-110], "without a trailer", image.Truncated, 2},
		{"cut in a file", whole[:strings.Index(whole, "more")+2], "4 bytes stated, 2 there", image.Truncated, 2},
		{"cut in a header", whole[:strings.Index(whole, "content")+30], "cut after", image.Truncated, 1},
		{"a broken header", strings.Replace(whole, "070701000003E9", "070701zz0003E9", 1), "no number", image.Malformed, 1},
		{"leaves the root", string(pack("070701", file("a", ""), file("x/../../etc/passwd", ""))), "a path with \"..\"", image.Malformed, 1},
		{"a file as a directory", string(pack("070701", file("a", ""), file("a/b", ""))), "has files in it", image.Malformed, 1},
		{"no type", string(pack("070701", file("a", ""), item{name: "b", mode: 0o644})), "mode 644", image.Malformed, 1},
		{"a long name", string(pack("070701", file("a", ""), file(strings.Repeat("n", 5000), ""), file("b", ""))), "name of 5001 bytes", image.Malformed, 2},
		{"a long link", string(pack("070701", file("a", ""), item{name: "b", mode: 0o120777, data: strings.Repeat("n", 5000)})), "limit", image.Unreadable, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := mount(t, []byte(c.img))
			g := fsys.Gaps()
			if len(g) != 1 || g[0].Reason != c.reason || !strings.Contains(g[0].Detail, c.gap) {
				t.Errorf("gaps %v", g)
			}
			if n, _ := fsys.ReadDir("."); len(n) != c.files {
				t.Errorf("%d files, want %d", len(n), c.files)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	img := pack("070702", file("a", "content"), file("b", "more"), item{name: "l", mode: 0o120777, data: "b"})
	check := func(want ...image.Outcome) {
		t.Helper()
		var got []image.Outcome
		mount(t, img).Verify(context.Background(), func(c image.Check) bool {
			got = append(got, c.Outcome)
			return true
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	check(image.Matched, image.Matched)
	img[bytes.Index(img, []byte("more"))]++
	check(image.Matched, image.Mismatched)
}

// TestSniff: two bytes of magic are met by chance; what does not go on like an archive is none.
func TestSniff(t *testing.T) {
	for name, img := range map[string][]byte{
		"zeros":                make([]byte, 512),
		"magic only":           []byte("070701"),
		"binary magic":         append([]byte("\xC7\x71"), make([]byte, 200)...),
		"binary without next":  pack("\xC7\x71", file("a", "b"))[:30],
		"digits in a text":     []byte(strings.Repeat("070701", 100)),
		"name without its end": bytes.Replace(pack("070701", file("abc", "")), []byte("abc\x00"), []byte("abcd"), 1),
	} {
		if sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("%s is taken for an archive", name)
		}
	}
	if img := pack("070701"); !sniff(bytes.NewReader(img), int64(len(img))) {
		t.Error("an empty archive is not recognised")
	}
}
