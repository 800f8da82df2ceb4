package patch

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// noise gives n bytes that do not repeat.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

// words gives n bytes of text that compresses as text does.
func words(seed uint32, n int) []byte {
	list := strings.Fields("android content intent provider service package manager activity the of and to in is permission string value id")
	var b []byte
	for len(b) < n {
		seed = seed*1664525 + 1013904223
		b = append(append(b, list[seed>>24%uint32(len(list))]...), " \n;="[seed>>20&3])
	}
	return b[:n]
}

// edited is data with some of it changed, moved and added.
func edited(data []byte) []byte {
	out := append(bytes.Clone(data[len(data)/3:]), data[:len(data)/3]...)
	for i := 100; i < len(out); i += 517 {
		out[i] += 3
	}
	return append(out[:len(out)/2:len(out)/2], append(noise(9, 300), out[len(out)/2:]...)...)
}

// bsdiffOf has the real bsdiff make a patch.
func bsdiffOf(t testing.TB, before, after []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath("bsdiff"); err != nil {
		t.Skip("no bsdiff")
	}
	dir := t.TempDir()
	a, b, p := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "p")
	for name, data := range map[string][]byte{a: before, b: after} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("bsdiff", a, b, p).CombinedOutput(); err != nil {
		t.Fatalf("bsdiff: %v %s", err, out)
	}
	raw, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// plain makes a BSDF2 patch of streams that are not compressed.
func plain(size int64, triples []int64, diff, extra []byte) []byte {
	put := func(b []byte, v int64) []byte {
		u := uint64(v)
		if v < 0 {
			u = uint64(-v) | 1<<63
		}
		return binary.LittleEndian.AppendUint64(b, u)
	}
	var control []byte
	for _, v := range triples {
		control = put(control, v)
	}
	p := append([]byte(bsdiff2), packNone, packNone, packNone)
	p = put(put(put(p, int64(len(control))), int64(len(diff))), size)
	return append(append(append(p, control...), diff...), extra...)
}

var wide = Limits{Output: 1 << 24, Work: 1 << 24}

func TestBSDiff(t *testing.T) {
	for _, before := range [][]byte{noise(1, 100000), words(2, 100000), words(3, 10)} {
		for _, after := range [][]byte{edited(words(2, 100000)), before, before[:5], words(4, 70000)} {
			if got, err := BSDiff(before, bsdiffOf(t, before, after), wide); err != nil || !bytes.Equal(got, after) {
				t.Errorf("%d to %d bytes: %d, %v", len(before), len(after), len(got), err)
			}
		}
	}
}

// TestBSDiffPlain: streams that are not packed; positions before the start of the old bytes and past their end.
func TestBSDiffPlain(t *testing.T) {
	old := []byte{10, 20, 30, 40}
	p := plain(9, []int64{2, 1, -5, 4, 0, 3, 2, 0, 0}, []byte{1, 1, 5, 6, 7, 8, 9, 10}, []byte{99})
	want := []byte{11, 21, 99, 5, 6, 7, 18, 9, 10} // at 0; at -3; at 4
	if got, err := BSDiff(old, p, wide); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBSDiffHostile(t *testing.T) {
	good := plain(4, []int64{4, 0, 0}, []byte{1, 2, 3, 4}, nil)
	edit := func(at int, v uint64) []byte {
		p := bytes.Clone(good)
		binary.LittleEndian.PutUint64(p[at:], v)
		return p
	}
	for name, p := range map[string][]byte{
		"cut":                 good[:31],
		"no magic":            append([]byte("BSDIFF39"), good[8:]...),
		"control of 2^60":     edit(8, 1<<60),
		"negative control":    edit(8, 1<<63|1),
		"diff of 2^62":        edit(16, 1<<62),
		"terabytes":           edit(24, 1<<44),
		"negative size":       edit(24, 1<<63|4),
		"no diff":             plain(4, []int64{4, 0, 0}, nil, nil),
		"no extra":            plain(4, []int64{0, 4, 0}, nil, nil),
		"no control":          plain(4, nil, nil, nil),
		"add too much":        plain(4, []int64{5, 0, 0}, make([]byte, 5), nil),
		"add below zero":      plain(4, []int64{-1, 0, 0}, make([]byte, 5), nil),
		"extra too much":      plain(4, []int64{3, 2, 0}, make([]byte, 3), make([]byte, 2)),
		"sum wraps":           plain(4, []int64{math.MaxInt64, math.MaxInt64, 0}, nil, nil),
		"never ends":          plain(4, make([]int64, 3000), nil, nil),
		"far away":            plain(4, []int64{1, 0, math.MaxInt64, 3, 0, 0}, make([]byte, 4), nil),
		"unknown compressor":  append([]byte("BSDF2\x00\x07\x00"), good[8:]...),
		"brotli of no brotli": append([]byte("BSDF2\x02\x02\x02"), good[8:]...),
		"bz2 of no bz2":       append([]byte("BSDIFF40"), good[8:]...),
	} {
		got, err := BSDiff([]byte{1, 2, 3, 4}, p, Limits{Output: 1 << 20})
		if err == nil || image.GapOf(nil, "", err).Reason == image.Unreadable {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func FuzzBSDiff(f *testing.F) {
	f.Add([]byte{10, 20, 30, 40}, plain(9, []int64{2, 1, -5, 4, 0, 3, 2, 0, 0}, []byte{1, 1, 5, 6, 7, 8, 9, 10}, []byte{99}))
	f.Add(words(1, 3000), bsdiffOf(f, words(1, 3000), edited(words(1, 3000))))
	f.Add(noise(1, 30), append([]byte("BSDF2\x02\x02\x02"), make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, old, p []byte) {
		got, err := BSDiff(old, p, Limits{Output: 1 << 16, Work: 1 << 16})
		if err == nil && len(got) > 1<<16 {
			t.Errorf("%d bytes", len(got))
		}
	})
}
