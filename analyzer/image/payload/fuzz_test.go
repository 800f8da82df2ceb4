package payload

import (
	"bytes"
	"io"
	"io/fs"
	"testing"

	"romscan/analyzer/image"
)

// small is a budget that a fuzzer's input must not get beyond.
func small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 2000, Ratio: 100, Depth: 4, Memory: 4 << 20, Spool: 1 << 20, MaxFile: 1 << 20})
}

// FuzzPayload takes a manifest and the data behind it, so that a changed length does not hide all else.
func FuzzPayload(f *testing.F) {
	raw, ops := synthetic()
	add := func(enc []byte) {
		h, err := readHeader(bytes.NewReader(enc), int64(len(enc)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(enc[headerSize:headerSize+h.manifest], enc[h.data():])
	}
	add(build(512, part{"system", int64(len(raw)), ops, make([]byte, 32)}))
	for k := range ops {
		ops[k].noHash = true
		add(build(512, part{"system", -1, ops[k : k+1], nil}, part{"vendor", 4096, []op{{kind: sourceCopy, dst: []extent{{0, 2}, {1, 9}}}}, nil}))
	}
	add(build(512, part{"p", -1, append(ops, ops...), nil}))
	before := noise(5, 4*512)
	diff := bsdiffOf(f, before[:512], before[512:1024])
	add(buildDelta(512, base{"system": before}, part{"system", -1, []op{
		{kind: sourceCopy, dst: []extent{{0, 2}}, src: []extent{{3, 1}, {0, 1}}, before: append(bytes.Clone(before[3*512:]), before[:512]...)},
		{kind: sourceBSDiff, data: diff, dst: []extent{{2, 1}}, src: []extent{{0, 1}}, before: before[:512], noHash: true},
		{kind: puffDiff, data: puf1(512, 512, diff), dst: []extent{{3, 1}}, src: []extent{{0, 1}}, noHash: true},
	}, nil}))
	f.Fuzz(func(t *testing.T, manifest, data []byte) {
		enc := wrapManifest(manifest, 0, data)
		r := bytes.NewReader(enc)
		budget := small()
		budget.Base = base{"system": before}
		fsys, err := Format().Open(r, r.Size(), budget)
		if err != nil {
			return
		}
		fsys.(image.Gapper).Gaps()
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries[:min(len(entries), 20)] {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			readSome(t, fsys, info)
		}
	})
}

// readSome reads the start, the middle and the end of a partition, twice: the second time from the cache.
func readSome(t *testing.T, fsys fs.FS, info fs.FileInfo) {
	file, err := fsys.Open(info.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, off := range []int64{0, info.Size() / 2, info.Size() - 100} {
		var first []byte
		for range 2 {
			b := make([]byte, 8<<10)
			n, err := file.(io.ReaderAt).ReadAt(b, max(off, 0))
			if n < len(b) && err == nil {
				t.Errorf("%s: %d bytes at %d of %d without an error", info.Name(), n, off, info.Size())
			}
			if first != nil && !bytes.Equal(first, b[:n]) {
				t.Errorf("%s: reads at %d differ", info.Name(), off)
			}
			first = b[:n]
		}
	}
	if info.Size() < 1<<20 {
		verdicts(fsys)
	}
}
