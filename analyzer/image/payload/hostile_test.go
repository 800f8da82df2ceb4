package payload

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

// readBlocks reads block after block of the partition "p" and gives what could be read of each, "" for what could not.
func readBlocks(t testing.TB, fsys fs.FS, block int) (got []string, errs []error) {
	t.Helper()
	f, err := fsys.Open("p.img")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for off := int64(0); off < min(info.Size(), 100*int64(block)); off += int64(block) {
		b := make([]byte, block)
		if n, err := f.(io.ReaderAt).ReadAt(b, off); n < block {
			got, errs = append(got, ""), append(errs, err)
			continue
		}
		got = append(got, string(b[:1]))
	}
	return got, errs
}

func blocks(letters string) []byte {
	var b []byte
	for _, c := range []byte(letters) {
		b = append(b, bytes.Repeat([]byte{c}, 512)...)
	}
	return b
}

func TestHostile(t *testing.T) {
	set := func(field int, v uint64) func([]byte) []byte {
		return func(m []byte) []byte { return number(m, field, v) } // the last value of a field counts
	}
	whole := op{kind: replace, data: blocks("abcdef"), dst: []extent{{0, 6}}}
	for name, c := range map[string]struct {
		size int64
		ops  []op
		want string // of each block its byte, "-" where it cannot be read
		gaps []image.Reason
	}{
		"later covers earlier":     {-1, []op{whole, {kind: replace, data: blocks("XYZ"), dst: []extent{{2, 2}, {5, 1}}}}, "abXYeZ", []image.Reason{image.Malformed}},
		"earlier is longer":        {-1, []op{{kind: replace, data: blocks("Q"), dst: []extent{{3, 1}}}, whole}, "abcdef", []image.Reason{image.Malformed}},
		"covers itself":            {-1, []op{{kind: replace, data: blocks("abcdef"), dst: []extent{{0, 3}, {1, 1}, {0, 2}}}}, "efc", []image.Reason{image.Malformed}},
		"three deep":               {-1, []op{whole, {kind: replace, data: blocks("WXYZ"), dst: []extent{{1, 4}}}, {kind: zero, dst: []extent{{2, 1}}}}, "aW\x00YZf", []image.Reason{image.Malformed}},
		"the same again and again": {-1, slices.Repeat([]op{whole}, 50), "abcdef", []image.Reason{image.Malformed}},
		"no extents":               {512, []op{{kind: replace, data: blocks("a")}}, "-", []image.Reason{image.Unsupported}},
		"huge extent":              {512, []op{{kind: zero, dst: []extent{{0, 1 << 63}}}}, "-", []image.Reason{image.Malformed, image.Unsupported}},
		"extents that add up":      {512, []op{{kind: zero, dst: slices.Repeat([]extent{{0, maxPartition / 512}}, 3)}}, "-", []image.Reason{image.Malformed}},
		"start past everything":    {512, []op{{kind: zero, dst: []extent{{1<<64 - 2, 4}}}}, "-", []image.Reason{image.Malformed, image.Unsupported}},
		"only holes":               {512, []op{{kind: zero, dst: []extent{{hole, 4}}}}, "-", []image.Reason{image.Unsupported}},
		"smaller than its blocks":  {512 * 2, []op{whole}, "ab", nil},
		"data offset outside":      {-1, []op{{kind: replace, data: blocks("a"), dst: []extent{{0, 1}}, edit: set(operationDataOffset, 1<<62)}, {kind: zero, dst: []extent{{1, 1}}}}, "-\x00", []image.Reason{image.Truncated}},
		"data offset wraps":        {-1, []op{{kind: replace, data: blocks("a"), dst: []extent{{0, 1}}, edit: set(operationDataOffset, 1<<64-1)}}, "-", []image.Reason{image.Truncated}},
		"data length outside":      {-1, []op{{kind: replace, data: blocks("a"), dst: []extent{{0, 1}}, edit: set(operationDataLength, 1<<40)}}, "-", []image.Reason{image.Truncated}},
		"data too short":           {-1, []op{{kind: replace, data: blocks("a"), dst: []extent{{0, 2}}}}, "--", nil},
		"data too long":            {-1, []op{{kind: replace, data: blocks("ab"), dst: []extent{{0, 1}}}}, "-", nil},
		"data not of whole blocks": {-1, []op{{kind: replace, data: blocks("ab")[:600], dst: []extent{{0, 2}}}}, "ab", nil},
		"hash differs":             {-1, []op{{kind: replace, data: blocks("a"), dst: []extent{{0, 1}}, edit: func(m []byte) []byte { return message(m, operationDataHash, make([]byte, 32)) }}, {kind: zero, dst: []extent{{1, 1}}}}, "-\x00", nil},
		"no xz":                    {-1, []op{{kind: replaceXZ, data: blocks("a"), dst: []extent{{0, 1}}}}, "-", nil},
		"xz too long":              {-1, []op{{kind: replaceXZ, data: storedXZ(blocks("ab")), dst: []extent{{0, 1}}}}, "-", nil},
		"no zstd":                  {-1, []op{{kind: replaceZstd, data: blocks("a"), dst: []extent{{0, 1}}}}, "-", nil},
		"zstd too long":            {-1, []op{{kind: replaceZstd, data: zstdOf(blocks("ab")), dst: []extent{{0, 1}}}}, "-", nil},
		"no bzip2":                 {-1, []op{{kind: replaceBZ, data: blocks("a"), dst: []extent{{0, 1}}}}, "-", nil},
		"broken message":           {-1, []op{whole, {kind: zero, dst: []extent{{6, 1}}, edit: func(m []byte) []byte { return append(m, 0x32, 0x7F, 1) }}}, "abcdef-", []image.Reason{image.Malformed}},
		"a group":                  {-1, []op{{kind: zero, dst: []extent{{0, 1}}, edit: func(m []byte) []byte { return append(m, 0x0B) }}}, "-", []image.Reason{image.Malformed}},
		"a bomb":                   {-1, []op{{kind: replaceXZ, data: storedXZ(blocks("a")), dst: []extent{{0, 1 << 32}}}}, strings.Repeat("-", 100), nil},
	} {
		fsys := treetest.Load(t, Format(), build(512, part{"p", c.size, c.ops, nil}))
		got, errs := readBlocks(t, fsys, 512)
		for i := range got {
			if got[i] == "" {
				got[i] = "-"
			}
		}
		if s := strings.Join(got, ""); s != c.want || !slices.Equal(treetest.Reasons(fsys), c.gaps) {
			t.Errorf("%s: %q, gaps %v, errors %v", name, s, fsys.(image.Gapper).Gaps(), errs)
		}
		for _, err := range errs {
			if g := image.GapOf(nil, "", err); g.Reason == image.Unreadable || strings.Contains(name, "hash") && !strings.Contains(g.Detail, "operation 0 of p (REPLACE)") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	good := build(512, part{"p", 512, []op{{kind: zero, dst: []extent{{0, 1}}}}, nil})
	patch := func(at int, b ...byte) []byte {
		raw := bytes.Clone(good)
		copy(raw[at:], b)
		return raw
	}
	for name, c := range map[string]struct {
		raw  []byte
		want image.Reason
	}{
		"version 1":            {patch(11, 1), image.Unsupported},
		"version 3":            {patch(11, 3), image.Unsupported},
		"manifest past end":    {patch(12, 0x7F), image.Truncated},
		"manifest of 2^64":     {patch(12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), image.Truncated},
		"cut in the header":    {good[:20], image.Truncated},
		"cut in the manifest":  {good[:30], image.Truncated},
		"blocks of 0":          {wrapManifest(number(nil, manifestBlockSize, 0), 0, nil), image.Malformed},
		"blocks of 2^33":       {wrapManifest(number(nil, manifestBlockSize, 1<<33), 0, nil), image.Malformed},
		"manifest of nonsense": {wrapManifest([]byte{0xFF, 0xFF}, 0, nil), image.Malformed},
	} {
		r := bytes.NewReader(c.raw)
		_, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err == nil || image.GapOf(nil, "", err).Reason != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	fsys := treetest.Load(t, Format(), patch(20, 0xFF, 0xFF)) // a signature past the end
	if got, _ := readBlocks(t, fsys, 512); !slices.Equal(got, []string{"\x00"}) {
		t.Errorf("signature past the end: %q", got)
	}
}

func TestNames(t *testing.T) {
	zero := []op{{kind: zero, dst: []extent{{0, 1}}}}
	var parts []part
	for _, name := range []string{"system", "", "../../etc", "a/b", "system", "x\xFF", "..", "system"} {
		parts = append(parts, part{name, 512, zero, nil})
	}
	fsys := treetest.Load(t, Format(), build(512, parts...))
	var got []string
	entries, err := fs.ReadDir(fsys, ".")
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if want := []string{"...img", "system.4.img", "system.7.img", "system.img", "x\uFFFDff.img"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if n := len(treetest.Reasons(fsys)); n != 5 {
		t.Errorf("gaps %v", fsys.(image.Gapper).Gaps())
	}
}

// TestMany: a manifest of more than 10 MB, as real ones can be, in an order that is not that of the blocks.
func TestMany(t *testing.T) {
	const n = 210_000
	last := blocks("z")
	ops := []op{{kind: replace, data: last, dst: []extent{{n, 1}}}}
	for k := range uint64(n) {
		ops = append(ops, op{kind: zero, data: []byte{}, dst: []extent{{n - 1 - k, 1}}})
	}
	enc := build(512, part{"p", -1, ops, nil})
	fsys := treetest.Load(t, Format(), enc)
	if size := len(fsys.(*Payload).manifest); size < 10<<20 || len(treetest.Reasons(fsys)) > 0 {
		t.Errorf("manifest of %d bytes, gaps %v", size, treetest.Reasons(fsys))
	}
	f, err := fsys.Open("p.img")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1024)
	if _, err := f.(io.ReaderAt).ReadAt(b, (n-1)*512); err != nil || !bytes.Equal(b, append(make([]byte, 512), last...)) {
		t.Errorf("the last blocks: %v", err)
	}
}

// TestTruncated: what lies before the cut is read, what lies behind says so.
func TestTruncated(t *testing.T) {
	raw, ops := synthetic()
	enc := build(512, part{"p", int64(len(raw)), ops, nil})
	cut := len(enc) - len(ops[6].data) - len(ops[5].data) + 10
	fsys := treetest.Load(t, Format(), enc[:cut])
	got, errs := readBlocks(t, fsys, 512)
	for k, b := range got {
		if lost := k >= 13; lost != (b == "") || !lost && b[0] != raw[k*512] {
			t.Errorf("block %d: %q", k, b)
		}
	}
	for _, err := range errs {
		if image.GapOf(nil, "", err).Reason != image.Truncated {
			t.Error(err)
		}
	}
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Truncated}) {
		t.Errorf("gaps %v", fsys.(image.Gapper).Gaps())
	}
}

// guarded counts reads from limit on.
type guarded struct {
	*bytes.Reader
	limit int64
	reads int
}

func (g *guarded) ReadAt(p []byte, off int64) (int, error) {
	if off >= g.limit {
		g.reads++
	}
	return g.Reader.ReadAt(p, off)
}

// TestFailsOnce: an operation that is broken is not decoded for each of its blocks.
func TestFailsOnce(t *testing.T) {
	data := blocks("abcdefgh")
	enc := build(512, part{"p", -1, []op{{kind: replaceXZ, data: data, dst: []extent{{0, 8}}}}, nil})
	g := &guarded{Reader: bytes.NewReader(enc), limit: int64(len(enc) - len(data))}
	fsys, err := Format().Open(g, g.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := readBlocks(t, fsys, 512); len(errs) != 8 || g.reads != 1 {
		t.Errorf("%d errors, data read %d times", len(errs), g.reads)
	}
}

// TestLarge: operations beyond what memory is for are read in place or spooled.
func TestLarge(t *testing.T) {
	raw := append(noise(1, 400<<10), make([]byte, 212<<10)...)
	n := uint64(len(raw) / 512)
	for _, c := range []struct {
		kind kind
		data []byte
	}{
		{replace, raw}, {replaceZstd, zstdOf(raw)}, {replaceXZ, pack(t, replaceXZ, raw)}, {replaceBZ, pack(t, replaceBZ, raw)},
	} {
		enc := build(512, part{"p", -1, []op{{kind: c.kind, data: c.data, dst: []extent{{n / 2, n / 2}, {0, n / 2}}}}, nil})
		l := image.DefaultLimits()
		l.Memory = 8 << 20
		r := bytes.NewReader(enc)
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(l))
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "p.img")
		want := append(bytes.Clone(raw[len(raw)/2:]), raw[:len(raw)/2]...)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", c.kind, len(got), err)
		}
		short := build(512, part{"p", -1, []op{{kind: c.kind, data: c.data, dst: []extent{{0, n + 2}}}}, nil})
		r = bytes.NewReader(short)
		if fsys, err = Format().Open(r, r.Size(), image.NewBudget(l)); err != nil {
			t.Fatal(err)
		}
		if got, err = fs.ReadFile(fsys, "p.img"); err == nil || !bytes.HasPrefix(raw, got) {
			t.Errorf("%s, too short: %d bytes, %v", c.kind, len(got), err)
		}
	}
	l := image.DefaultLimits()
	l.Memory = 1 << 10
	enc := build(512, part{"p", -1, []op{{kind: zero, dst: slices.Repeat([]extent{{0, 1}}, 50)}}, nil})
	r := bytes.NewReader(enc)
	var e *image.Error
	if _, err := Format().Open(r, r.Size(), image.NewBudget(l)); !errors.As(err, &e) || e.Reason != image.OverBudget {
		t.Errorf("a manifest beyond memory: %v", err)
	}
}
