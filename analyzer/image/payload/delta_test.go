package payload

import (
	"bytes"
	"compress/bzip2"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/ext4"
)

// base gives old partitions by their names.
type base map[string][]byte

func (b base) Partition(name string, size int64) (io.ReaderAt, int64, error) {
	raw, ok := b[name]
	if !ok || size > 0 && size != int64(len(raw)) {
		return nil, 0, image.Errorf(image.Unsupported, -1, "old.zip has no partition %s", name)
	}
	return bytes.NewReader(raw), int64(len(raw)), nil
}

func loadOn(t testing.TB, raw []byte, b image.Base) fs.FS {
	t.Helper()
	budget := image.NewBudget(image.DefaultLimits())
	budget.Base = b
	fsys, err := Format().Open(bytes.NewReader(raw), int64(len(raw)), budget)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// bsdiffOf has the real bsdiff make a patch, BSDIFF40.
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
	tool(t, nil, "bsdiff", a, b, p)
	raw, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// bsdf2 packs the streams of a BSDIFF40 anew, as AOSP's bsdiff does: control and differences under brotli, the extra
// bytes as they were.
func bsdf2(t testing.TB, p []byte) []byte {
	t.Helper()
	control, diff := int(binary.LittleEndian.Uint64(p[8:])), int(binary.LittleEndian.Uint64(p[16:]))
	body := p[32:]
	out := append([]byte("BSDF2\x02\x02\x01"), make([]byte, 16)...)
	out = append(out, p[24:32]...)
	for k, raw := range [][]byte{body[:control], body[control : control+diff]} {
		plain, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := brotli.NewWriterLevel(&packed, 6)
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		binary.LittleEndian.PutUint64(out[8+8*k:], uint64(packed.Len()))
		out = append(out, packed.Bytes()...)
	}
	return append(out, body[control+diff:]...)
}

// puf1 wraps a bsdiff as puffin does where there is no deflate stream to puff.
func puf1(before, after int, diff []byte) []byte {
	h := number(nil, 1, 1)
	h = message(h, 2, number(nil, 3, uint64(before)))
	h = message(h, 3, number(nil, 3, uint64(after)))
	return append(append(binary.BigEndian.AppendUint32([]byte("PUF1"), uint32(len(h))), h...), diff...)
}

// deltaOps makes the operations from one image to another, as generators do: blocks that are somewhere in the old one
// are copied, zeros written, runs of others patched against the same place, small ones replaced.
func deltaOps(t testing.TB, before, after []byte, block int) []op {
	at := map[[sha256.Size]byte]uint64{}
	for k := len(before)/block - 1; k >= 0; k-- {
		at[sha256.Sum256(before[k*block:(k+1)*block])] = uint64(k)
	}
	const none, zeros = -1, -2
	from := make([]int64, len(after)/block)
	for k := range from {
		b := after[k*block : (k+1)*block]
		from[k] = none
		if bytes.Count(b, []byte{0}) == block {
			from[k] = zeros
		} else if old, ok := at[sha256.Sum256(b)]; ok {
			from[k] = int64(old)
		}
	}
	kindOf := func(k int) int64 { return min(from[k], 0) }
	var ops []op
	patches := 0
	for k := 0; k < len(from); {
		end := k
		for end < len(from) && kindOf(end) == kindOf(k) && end-k < 128 {
			end++
		}
		dst := []extent{{uint64(k), uint64(end - k)}}
		data := after[k*block : end*block]
		switch {
		case from[k] == zeros:
			ops = append(ops, op{kind: zero, dst: dst})
		case from[k] >= 0:
			o := op{kind: sourceCopy, dst: dst, before: data}
			for i := k; i < end; i++ {
				if n := len(o.src); n > 0 && o.src[n-1].start+o.src[n-1].count == uint64(from[i]) {
					o.src[n-1].count++
				} else {
					o.src = append(o.src, extent{uint64(from[i]), 1})
				}
			}
			ops = append(ops, o)
		case end-k < 8 || end*block > len(before) || patches == 16:
			ops = append(ops, op{kind: replace, data: data, dst: dst})
		default:
			old := before[k*block : end*block]
			o := op{kind: sourceBSDiff, data: bsdiffOf(t, old, data), dst: dst, src: dst, before: old}
			switch patches++; patches % 3 {
			case 0:
				o.kind, o.data = brotliBSDiff, bsdf2(t, o.data)
			case 1:
				o.kind, o.data = puffDiff, puf1(len(old), len(data), bsdf2(t, o.data))
			}
			ops = append(ops, o)
		}
		k = end
	}
	return ops
}

// TestDeltaImage reads the update from one build of a phone to the next, on the first.
func TestDeltaImage(t *testing.T) {
	before, after := systemImage(t, "mi1-4.12.5", "16M"), systemImage(t, "mi1-JMACNBL18", "16M")
	ops := deltaOps(t, before, after, 4096)
	count := map[kind]int{}
	for _, o := range ops {
		count[o.kind]++
	}
	if count[sourceCopy] < 20 || count[sourceBSDiff] < 3 || count[brotliBSDiff] < 3 || count[puffDiff] < 3 {
		t.Fatalf("operations %v", count)
	}
	sum := sha256.Sum256(after)
	enc := buildDelta(4096, base{"system": before}, part{"system", int64(len(after)), ops, sum[:]})
	fsys := loadOn(t, enc, base{"system": before})
	if g := fsys.(image.Gapper).Gaps(); len(g) > 0 {
		t.Errorf("gaps %v", g)
	}
	got, err := fs.ReadFile(fsys, "system.img")
	if err != nil || !bytes.Equal(got, after) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	var checks []string
	fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
		checks = append(checks, fmt.Sprint(c.Name, " ", c.What, " ", c.Outcome, " ", c.Whole))
		return true
	})
	if d := cmp.Diff([]string{"system.img base partition sha256 match false", "system.img partition sha256 match true"}, checks); d != "" {
		t.Error(d)
	}
	plain, err := ext4.Format().Open(bytes.NewReader(after), int64(len(after)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	want := digests(t, plain)
	if d := cmp.Diff(want, digests(t, ext4On(t, fsys, int64(len(after)), image.NewBudget(image.DefaultLimits())))); d != "" || len(want) < 200 {
		t.Errorf("%d files: %s", len(want), d)
	}
	dumperOn(t, enc, before, after)
}

// dumperOn has another program apply the update, where it is installed: payload_dumper of crates.io.
func dumperOn(t *testing.T, enc, before, after []byte) {
	if _, err := exec.LookPath("payload_dumper"); err != nil {
		t.Log("no payload_dumper")
		return
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"payload.bin": enc, "old/system.img": before} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tool(t, nil, "payload_dumper", filepath.Join(dir, "payload.bin"), "--source-dir", filepath.Join(dir, "old"), "--out", filepath.Join(dir, "out"))
	if theirs, err := os.ReadFile(filepath.Join(dir, "out", "system.img")); err != nil || !bytes.Equal(theirs, after) {
		t.Errorf("payload_dumper: %d bytes, %v", len(theirs), err)
	}
}

// TestWrongBase: on another build than the one an update starts from, what does not need it is read, the rest says
// where it differs; nothing is guessed.
func TestWrongBase(t *testing.T) {
	right, wrong := noise(1, 8*512), noise(1, 8*512)
	wrong[5*512]++
	copyOf := func(dst, src uint64) op {
		return op{kind: sourceCopy, dst: []extent{{dst, 1}}, src: []extent{{src, 1}}, before: right[src*512:][:512]}
	}
	enc := buildDelta(512, base{"p": right}, part{"p", -1, []op{copyOf(0, 4), copyOf(1, 5), {kind: replace, data: noise(2, 512), dst: []extent{{2, 1}}}, copyOf(3, 6)}, nil})
	for name, c := range map[string]struct {
		base image.Base
		want string
		gap  string
	}{
		"right":    {base{"p": right}, "yyyy", ""},
		"wrong":    {base{"p": wrong}, "y-yy", ""},
		"other":    {base{"p": noise(3, 8*512)}, "--y-", "the base is not the build the update starts from: 1 blocks from block 4 on of its p"},
		"no base":  {nil, "--y-", "1536 of 2048 bytes need a base: SOURCE_COPY 1536"},
		"no part":  {base{"q": right}, "--y-", "need a base: SOURCE_COPY 1536; old.zip has no partition p"},
		"smaller":  {base{"p": right[:512]}, "--y-", "old.zip has no partition p"},
		"nil base": {base(nil), "--y-", "need a base"},
	} {
		fsys := loadOn(t, enc, c.base)
		got, errs := readBlocks(t, fsys, 512)
		if name == "right" {
			if err := fstest.TestFS(fsys, "p.img"); err != nil {
				t.Error(err)
			}
		}
		s := ""
		for _, b := range got {
			s += map[bool]string{true: "y", false: "-"}[b != ""]
		}
		gaps := fmt.Sprint(fsys.(image.Gapper).Gaps())
		if s != c.want || !strings.Contains(gaps, c.gap) || c.gap == "" && gaps != "[]" {
			t.Errorf("%s: %s, gaps %s, errors %v", name, s, gaps, errs)
		}
		if name == "wrong" && (len(errs) != 1 || !strings.Contains(errs[0].Error(), "operation 1 of p (SOURCE_COPY): the base is not the build the update starts from: 1 blocks from block 5 on")) {
			t.Errorf("errors %v", errs)
		}
	}
}

// TestHostileDelta: sources outside, patches that claim too much.
func TestHostileDelta(t *testing.T) {
	old := noise(1, 8*512)
	p := bsdiffOf(t, old[:512], old[512:1024])
	claims := bytes.Clone(p)
	binary.LittleEndian.PutUint64(claims[24:], 1<<46)
	diff := func(data []byte, src ...extent) op {
		return op{kind: sourceBSDiff, data: data, dst: []extent{{0, 1}}, src: src}
	}
	for name, c := range map[string]struct {
		op   op
		want string // of the error; "" where the block reads
	}{
		"a patch":              {diff(p, extent{0, 1}), ""},
		"source outside":       {op{kind: sourceCopy, dst: []extent{{0, 1}}, src: []extent{{8, 1}}}, "of an old partition of 8"},
		"source wraps":         {op{kind: sourceCopy, dst: []extent{{0, 2}}, src: []extent{{1<<64 - 1, 2}}}, "of an old partition of 8"},
		"source is a hole":     {op{kind: sourceCopy, dst: []extent{{0, 1}}, src: []extent{{hole, 1}}}, "of an old partition of 8"},
		"source too short":     {op{kind: sourceCopy, dst: []extent{{0, 2}}, src: []extent{{0, 1}}}, "1 blocks for 2"},
		"no source":            {op{kind: sourceCopy, dst: []extent{{0, 1}}}, "0 blocks for 1"},
		"source of 2^40":       {op{kind: sourceCopy, dst: []extent{{0, 1}}, src: []extent{{0, 1 << 60}}}, "in no operation"},
		"patch outside":        {diff(p, extent{7, 2}), "of an old partition of 8"},
		"patch of much":        {diff(p, extent{0, 1 << 30}), "a patch of"},
		"patch of terabytes":   {diff(claims, extent{0, 1}), "the patch makes 70368744177664 bytes"},
		"patch makes too much": {diff(bsdiffOf(t, old[:512], old[:2048]), extent{0, 1}), "the patch makes 2048 bytes"},
		"patch makes nothing":  {diff(append([]byte("BSDIFF40"), make([]byte, 24)...), extent{0, 1}), "0 bytes for blocks of 512"},
		"no patch":             {diff([]byte("BSDIFF41"), extent{0, 1}), "a patch of 8 bytes"},
		"no puffdiff":          {op{kind: puffDiff, data: []byte("PUF2\x00\x00\x00\x00"), dst: []extent{{0, 1}}, src: []extent{{0, 1}}}, "puffdiff: magic"},
		"puffdiff":             {op{kind: puffDiff, data: puf1(512, 512, p), dst: []extent{{0, 1}}, src: []extent{{0, 1}}}, ""},
		"zucchini":             {op{kind: zucchini, data: []byte("Zucc"), dst: []extent{{0, 1}}, src: []extent{{0, 1}}}, "(ZUCCHINI): not applied"},
		"lz4diff":              {op{kind: lz4diffBSDiff, data: []byte("LZ4DIFF"), dst: []extent{{0, 1}}, src: []extent{{0, 1}}}, "(LZ4DIFF_BSDIFF): not applied"},
		"in place":             {op{kind: move, dst: []extent{{0, 1}}, src: []extent{{0, 1}}}, "(MOVE): not applied"},
	} {
		fsys := loadOn(t, buildDelta(512, base{"p": old}, part{"p", 1024, []op{c.op}, nil}), base{"p": old})
		f, err := fsys.Open("p.img")
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 512)
		_, err = f.(io.ReaderAt).ReadAt(b, 0)
		if c.want == "" && (err != nil || !bytes.Equal(b, old[512:1024])) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
