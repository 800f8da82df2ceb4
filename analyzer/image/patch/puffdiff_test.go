package patch

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"testing"

	"romscan/analyzer/image"
)

// stream is bytes of which some ranges of bits are deflate streams.
type stream struct {
	raw      []byte
	deflates []puffExtent // bits
}

// zipOf lays deflate streams out as a zip does, between other bytes.
func zipOf(streams ...[]byte) stream {
	s := stream{raw: []byte("head of the file")}
	for k, z := range streams {
		at := uint64(len(s.raw)) * 8
		s.raw = append(append(s.raw, z...), noise(uint32(k), 30+k)...)
		s.deflates = append(s.deflates, puffExtent{at, at + 8*uint64(len(z))})
	}
	return s
}

// blocksOf gives the extents of single blocks, which share bytes, as puffin's finder of blocks does.
func blocksOf(t testing.TB, z []byte) stream {
	t.Helper()
	s := stream{raw: z}
	for bit := 0; ; {
		r := &bitReader{in: z, pos: bit}
		last := r.take(1)
		r.pos = bit
		p := &puffer{most: 1 << 30}
		if err := p.one(r); err != nil {
			t.Fatal(err)
		}
		s.deflates = append(s.deflates, puffExtent{uint64(bit), uint64(r.pos)})
		if bit = r.pos; last == 1 {
			return s
		}
	}
}

// info puffs a stream and says where its puffs lie.
func (s stream) info(t testing.TB) (puffInfo, []byte) {
	t.Helper()
	i := puffInfo{deflates: s.deflates}
	bit, at := uint64(0), uint64(0)
	for _, d := range s.deflates {
		r := &bitReader{in: s.raw[:(d.end+7)/8], pos: int(d.start)}
		p := &puffer{most: 1 << 30}
		if err := p.puff(r); err != nil {
			t.Fatal(err)
		}
		at += between(bit, d.start)
		i.puffs = append(i.puffs, puffExtent{at, at + uint64(len(p.out))})
		bit, at = d.end, at+uint64(len(p.out))
	}
	i.size = at + uint64(len(s.raw)) - bit/8
	puffs, err := i.puff(s.raw)
	if err != nil || uint64(len(puffs)) != i.size || !i.sound() {
		t.Fatalf("%d bytes of puffs, %d stated, %v", len(puffs), i.size, err)
	}
	return i, puffs
}

func (i puffInfo) message() []byte {
	field := func(b []byte, n int, v uint64) []byte {
		return binary.AppendUvarint(binary.AppendUvarint(b, uint64(n)<<3), v)
	}
	sub := func(b []byte, n int, m []byte) []byte {
		return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(n)<<3|2), uint64(len(m))), m...)
	}
	var m []byte
	for _, d := range i.deflates {
		m = sub(m, 1, field(field(nil, 1, d.start), 2, d.end-d.start))
	}
	for _, p := range i.puffs {
		m = sub(m, 2, field(field(nil, 1, 8*p.start), 2, 8*(p.end-p.start)))
	}
	return field(m, 3, i.size)
}

// puf1 writes a patch: header, and a bsdiff of the puffs.
func puf1(from, to puffInfo, diff []byte) []byte {
	var h []byte
	h = binary.AppendUvarint(h, 1<<3)
	h = binary.AppendUvarint(h, 1)
	for n, m := range [][]byte{from.message(), to.message()} {
		h = append(binary.AppendUvarint(binary.AppendUvarint(h, uint64(n+2)<<3|2), uint64(len(m))), m...)
	}
	return append(append(binary.BigEndian.AppendUint32([]byte("PUF1"), uint32(len(h))), h...), diff...)
}

func puffDiffOf(t testing.TB, before, after stream) []byte {
	t.Helper()
	from, a := before.info(t)
	to, b := after.info(t)
	return puf1(from, to, bsdiffOf(t, a, b))
}

// TestPuffForm: the puff of a known stream, written out by hand.
func TestPuffForm(t *testing.T) {
	// A fixed block: "abc", a match of 5 bytes 3 back, end. Then a stored one, last, "xy".
	var w bitWriter
	w.put(blockFixed<<1, 3)
	l, d := fixedLengths()
	lit, dist := canonical(l[:]), canonical(d[:])
	for _, k := range []int{'a', 'b', 'c', endOfBlock + 1 + 2} {
		w.put(uint64(lit[k]), uint(l[k]))
	}
	w.put(uint64(dist[2]), 5)
	w.put(uint64(lit[endOfBlock]), 7)
	w.put(1|blockStored<<1, 3)
	w.align()
	w.out = append(w.out, 2, 0, 0xFD, 0xFF, 'x', 'y')
	if plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(w.out))); err != nil || string(plain) != "abcabcabxy" {
		t.Fatalf("%q, %v", plain, err)
	}
	p := &puffer{most: 100}
	if err := p.puff(&bitReader{in: w.out}); err != nil {
		t.Fatal(err)
	}
	const want = "0000" + "20" + "02616263" + "820002" + "ff81" + "0000" + "80" + "017879" + "ff81"
	if got := hex.EncodeToString(p.out); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestPuffAndBack: of what zlib and others pack, at any bit, puffs give the same streams again.
func TestPuffAndBack(t *testing.T) {
	ins := [][]byte{nil, words(1, 100), words(2, 60000), noise(3, 40000), bytes.Repeat([]byte{7}, 70000), skewed(50000)}
	var streams [][]byte
	for _, params := range [][5]int{{6, 8, -15, 8, 0}, {9, 8, -15, 8, 0}, {0, 8, -15, 8, 0}, {6, 8, -15, 8, 2}, {6, 8, -15, 8, 4}} {
		streams = append(streams, zlibOf(t, params, ins...)...)
	}
	for _, in := range ins {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.HuffmanOnly)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		streams = append(streams, b.Bytes())
	}
	list := []stream{zipOf(streams...), {raw: words(1, 50)}, {}}
	for _, z := range streams {
		list = append(list, blocksOf(t, z), zipOf(z))
	}
	for k, s := range list {
		i, puffs := s.info(t)
		if got, err := i.huff(puffs, int64(len(s.raw))); err != nil || !bytes.Equal(got, s.raw) {
			t.Errorf("stream %d of %d bytes: %d, %v", k, len(s.raw), len(got), err)
		}
	}
}

func TestPuffDiff(t *testing.T) {
	a, b := words(1, 90000), edited(words(1, 90000))
	z := zlibOf(t, [5]int{6, 8, -15, 8, 0}, a, b, a[:500], b[100:600])
	for k, c := range [][2]stream{{zipOf(z[0], z[2]), zipOf(z[2], z[1], z[3])}, {blocksOf(t, z[0]), blocksOf(t, z[1])}, {{raw: noise(1, 100)}, zipOf(z[3])}, {zipOf(z[2]), {raw: a[:100]}}} {
		p := puffDiffOf(t, c[0], c[1])
		if got, err := PuffDiff(c[0].raw, p, wide); err != nil || !bytes.Equal(got, c[1].raw) {
			t.Errorf("%d: %d bytes of %d, %v", k, len(got), len(c[1].raw), err)
		}
		if dir := os.Getenv("PUFFDIR"); dir != "" {
			name := dir + "/" + string(rune('0'+k))
			for ext, data := range map[string][]byte{".old": c[0].raw, ".new": c[1].raw, ".p": p} {
				if err := os.WriteFile(name+ext, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestPuffDiffHostile(t *testing.T) {
	s := zipOf(zlibOf(t, [5]int{6, 8, -15, 8, 0}, words(1, 1000))...)
	i, puffs := s.info(t)
	same := plain(int64(len(puffs)), []int64{int64(len(puffs)), 0, 0}, make([]byte, len(puffs)), nil)
	edit := func(f func(from, to *puffInfo)) []byte {
		from, to := i, i
		from.deflates, to.deflates = bytesOf(i.deflates), bytesOf(i.deflates)
		from.puffs, to.puffs = bytesOf(i.puffs), bytesOf(i.puffs)
		f(&from, &to)
		return puf1(from, to, same)
	}
	limits := Limits{Output: int64(len(s.raw)), Work: 1 << 20}
	if got, err := PuffDiff(s.raw, edit(func(_, _ *puffInfo) {}), limits); err != nil || !bytes.Equal(got, s.raw) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for name, p := range map[string][]byte{
		"cut":                   []byte("PUF1\x00"),
		"no magic":              []byte("PUF2\x00\x00\x00\x00"),
		"header past the end":   []byte("PUF1\xFF\xFF\xFF\xFF"),
		"header of nonsense":    []byte("PUF1\x00\x00\x00\x02\x12\x05"),
		"source of petabytes":   edit(func(from, _ *puffInfo) { from.size = 1 << 50 }),
		"result of petabytes":   edit(func(_, to *puffInfo) { to.size = 1 << 50 }),
		"result of 2^63":        edit(func(_, to *puffInfo) { to.size = 1 << 63 }),
		"source too long":       edit(func(from, _ *puffInfo) { from.size++ }),
		"result of other size":  edit(func(_, to *puffInfo) { to.size++ }),
		"stream outside":        edit(func(from, _ *puffInfo) { from.deflates[0].end += 1 << 40 }),
		"stream elsewhere":      edit(func(from, _ *puffInfo) { from.deflates[0].start -= 8 }),
		"stream too short":      edit(func(from, _ *puffInfo) { from.deflates[0].end -= 80 }),
		"puff too short":        edit(func(from, _ *puffInfo) { from.puffs[0].end-- }),
		"puff before the last":  edit(func(from, _ *puffInfo) { from.puffs[0].end = 0 }),
		"puff of result moved":  edit(func(_, to *puffInfo) { to.puffs[0].end-- }),
		"more puffs than bits":  edit(func(_, to *puffInfo) { to.deflates = nil }),
		"result ends elsewhere": edit(func(_, to *puffInfo) { to.deflates[0].end += 8 }),
		"ends inside a byte":    edit(func(from, _ *puffInfo) { from.size = from.puffs[0].end; from.deflates[0].end -= 3 }),
		"of zucchini":           append(binary.BigEndian.AppendUint32([]byte("PUF1"), 2), 4<<3, 1),
		"no bsdiff":             puf1(i, i, []byte("BSDIFF40")),
		"puffs of zeros":        puf1(puffInfo{}, i, plain(int64(len(puffs)), []int64{0, int64(len(puffs)), 0}, nil, make([]byte, len(puffs)))),
		"puffs of ones":         puf1(puffInfo{}, i, plain(int64(len(puffs)), []int64{0, int64(len(puffs)), 0}, nil, bytes.Repeat([]byte{255}, len(puffs)))),
	} {
		got, err := PuffDiff(s.raw, p, limits)
		if err == nil || image.GapOf(nil, "", err).Reason == image.Unreadable {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func bytesOf(e []puffExtent) []puffExtent { return append([]puffExtent(nil), e...) }

func FuzzPuffDiff(f *testing.F) {
	s := zipOf(zlibOf(f, [5]int{6, 8, -15, 8, 0}, words(1, 300), words(2, 40))...)
	f.Add(s.raw, puffDiffOf(f, s, s))
	i, puffs := s.info(f)
	f.Add(s.raw, puf1(i, i, plain(int64(len(puffs)), []int64{int64(len(puffs)), 0, 0}, make([]byte, len(puffs)), nil)))
	f.Add(s.raw, puf1(puffInfo{}, i, plain(int64(len(puffs)), []int64{0, int64(len(puffs)), 0}, nil, puffs)))
	f.Fuzz(func(t *testing.T, old, p []byte) {
		if got, err := PuffDiff(old, p, Limits{Output: 1 << 16, Work: 1 << 20}); err == nil && len(got) > 1<<16 {
			t.Errorf("%d bytes", len(got))
		}
	})
}

// FuzzPuff: a stream that can be puffed is the same again after.
func FuzzPuff(f *testing.F) {
	for _, z := range zlibOf(f, [5]int{6, 8, -15, 8, 0}, words(1, 300), noise(2, 40), nil) {
		f.Add(z)
	}
	f.Fuzz(func(t *testing.T, z []byte) {
		p := &puffer{most: 1 << 20}
		r := &bitReader{in: z}
		if p.puff(r) != nil {
			return
		}
		var w bitWriter
		h := &huffer{bits: &w, in: p.out}
		if err := h.huff(); err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
		w.align()
		again, err2 := io.ReadAll(flate.NewReader(bytes.NewReader(w.out)))
		if err == nil && (err2 != nil || !bytes.Equal(plain, again)) {
			t.Errorf("%d and %d bytes, %v", len(plain), len(again), err2)
		}
	})
}
