package blockota

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/ext4"
	"romscan/analyzer/image/streamtest"
)

// old gives base partitions by their names.
type old map[string][]byte

func (b old) Partition(name string, _ int64) (io.ReaderAt, int64, error) {
	if raw, ok := b[name]; ok {
		return bytes.NewReader(raw), int64(len(raw)), nil
	}
	return nil, 0, image.Errorf(image.Unsupported, -1, "old.zip has no partition %s", name)
}

func mountOn(t testing.TB, b image.Base, parts ...image.Part) fs.FS {
	t.Helper()
	budget := image.NewBudget(image.DefaultLimits())
	budget.Base = b
	fsys, err := openSet(parts, budget)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// rangesOf writes blocks as a range set.
func rangesOf(blocks []int) string {
	var nums []string
	for i := 0; i < len(blocks); {
		k := i + 1
		for k < len(blocks) && blocks[k] == blocks[k-1]+1 {
			k++
		}
		nums = append(nums, fmt.Sprint(blocks[i]), fmt.Sprint(blocks[k-1]+1))
		i = k
	}
	return fmt.Sprintf("%d,%s", len(nums), strings.Join(nums, ","))
}

func gather(img []byte, blocks []int) []byte {
	var b []byte
	for _, k := range blocks {
		b = append(b, img[k*blockSize:(k+1)*blockSize]...)
	}
	return b
}

func sha(b []byte) string { return fmt.Sprintf("%x", sha1.Sum(b)) }

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
	streamtest.Tool(t, nil, "bsdiff", a, b, p)
	raw, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// delta writes the update from one image to another as releasetools do: blocks that stay are in no command, what a later
// command reads and an earlier one writes is stashed first.
type delta struct {
	lines          []string
	patches, fresh bytes.Buffer
	written        map[int]bool
	stashes        []string
}

// source gives the words for what a command reads, taking blocks already written from a stash.
func (d *delta) source(before []byte, blocks []int) string {
	var kept, keptAt, gone, goneAt []int
	for i, k := range blocks {
		if d.written[k] {
			gone, goneAt = append(gone, k), append(goneAt, i)
		} else {
			kept, keptAt = append(kept, k), append(keptAt, i)
		}
	}
	if len(gone) == 0 {
		return fmt.Sprintf("%d %s", len(blocks), rangesOf(kept))
	}
	id := sha(gather(before, gone))
	d.stashes = append(d.stashes, fmt.Sprintf("stash %s %s", id, rangesOf(gone)))
	if len(kept) == 0 {
		return fmt.Sprintf("%d - %s:%s", len(blocks), id, rangesOf(goneAt))
	}
	return fmt.Sprintf("%d %s %s %s:%s", len(blocks), rangesOf(kept), rangesOf(keptAt), id, rangesOf(goneAt))
}

func deltaOf(t testing.TB, before, after []byte) *delta {
	d := &delta{written: map[int]bool{}}
	n := len(after) / blockSize
	at := map[[32]byte]int{}
	for k := len(before)/blockSize - 1; k >= 0; k-- {
		at[sha256.Sum256(before[k*blockSize:(k+1)*blockSize])] = k
	}
	const stays, none, zeroed = -1, -2, -3
	from := make([]int, n)
	for k := range from {
		b := after[k*blockSize : (k+1)*blockSize]
		src, ok := at[sha256.Sum256(b)]
		switch {
		case k*blockSize < len(before) && bytes.Equal(before[k*blockSize:(k+1)*blockSize], b):
			from[k] = stays
		case bytes.Count(b, []byte{0}) == blockSize:
			from[k] = zeroed
		case ok:
			from[k] = src
		default:
			from[k] = none
		}
	}
	patches := 0
	for k := 0; k < n; {
		end := k
		for end < n && min(from[end], 0) == min(from[k], 0) && end-k < 128 {
			end++
		}
		var dst []int
		for i := k; i < end; i++ {
			dst = append(dst, i)
		}
		data := gather(after, dst)
		switch {
		case from[k] == stays:
			k = end
			continue
		case from[k] == zeroed:
			d.lines = append(d.lines, "zero "+rangesOf(dst))
		case from[k] >= 0:
			d.lines = append(d.lines, fmt.Sprintf("move %s %s %s", sha(data), rangesOf(dst), d.source(before, from[k:end])))
		case len(dst) < 8 || end*blockSize > len(before) || patches == 20:
			d.lines = append(d.lines, "new "+rangesOf(dst))
			d.fresh.Write(data)
		default:
			patches++
			was := gather(before, dst)
			p := bsdiffOf(t, was, data)
			d.lines = append(d.lines, fmt.Sprintf("bsdiff %d %d %s %s %s %s", d.patches.Len(), len(p), sha(was), sha(data), rangesOf(dst), d.source(before, dst)))
			d.patches.Write(p)
		}
		for _, i := range dst {
			d.written[i] = true
		}
		k = end
	}
	return d
}

func (d *delta) list() string {
	return fmt.Sprintf("4\n%d\n%d\n0\n%s\n", len(d.written), len(d.stashes), strings.Join(append(d.stashes, d.lines...), "\n"))
}

func (d *delta) parts() []image.Part {
	return []image.Part{part("sub/system.transfer.list", []byte(d.list())), part("sub/system.new.dat", d.fresh.Bytes()), part("sub/system.patch.dat", d.patches.Bytes())}
}

func systemImage(t testing.TB, tree string) []byte {
	t.Helper()
	tree = corpustest.Dir(t, "trees/trees", tree)
	img := filepath.Join(t.TempDir(), "system.img")
	streamtest.Tool(t, nil, "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^has_journal", "-d", tree, img, "16M")
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestDeltaImage reads the update from one build of a phone to the next, on the first.
func TestDeltaImage(t *testing.T) {
	before, after := systemImage(t, "gionee-gbl7360-60-a"), systemImage(t, "gionee-gbl7360-60-b")
	d := deltaOf(t, before, after)
	list := d.list()
	for what, least := range map[string]int{"\nmove ": 20, "\nbsdiff ": 5, "\nstash ": 5, "\nnew ": 3} {
		if n := strings.Count(list, what); n < least {
			t.Errorf("%d lines of%s", n, what)
		}
	}
	fsys := mountOn(t, old{"system": before}, d.parts()...)
	if g := fsys.(image.Gapper).Gaps(); len(g) > 0 {
		t.Errorf("gaps %v", g)
	}
	got, err := fs.ReadFile(fsys, Name)
	if err != nil || !bytes.Equal(got, after) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
		if c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
	want := files(t, bytes.NewReader(after), int64(len(after)))
	f, err := fsys.Open(Name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, files(t, f.(io.ReaderAt), int64(len(after)))); d != "" || len(want) < 200 {
		t.Errorf("%d files: %s", len(want), d)
	}
	// The wrong base, and none.
	for name, c := range map[string]struct {
		base image.Base
		want string
	}{
		"the new build": {old{"system": after}, "the base is not the build the update starts from: "},
		"none":          {nil, "bytes come from the image before it"},
		"another":       {old{"vendor": before}, "bytes come from the image before it; old.zip has no partition system"},
	} {
		g := mountOn(t, c.base, d.parts()...).(image.Gapper).Gaps()
		if len(g) != 1 || !strings.Contains(g[0].Detail, c.want) {
			t.Errorf("%s: %v", name, g)
		}
	}
}

// files gives the sha256 of every file of an ext4 image.
func files(t *testing.T, r io.ReaderAt, size int64) map[string][32]byte {
	t.Helper()
	fsys, err := ext4.Format().Open(r, size, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][32]byte{}
	err = fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		out[name] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// disk carries out the commands of a list as the updater does: in place, one after the other.
type disk struct {
	now   []byte
	stash map[string][]byte
	fresh []byte
}

func (d *disk) write(blocks []int, data []byte) {
	for i, k := range blocks {
		copy(d.now[k*blockSize:], data[i*blockSize:(i+1)*blockSize])
	}
}

// some picks blocks of a small disk, in runs.
func some(rng *rand.Rand, size, n int) []int {
	var out []int
	used := map[int]bool{}
	for len(out) < n {
		k := rng.IntN(size)
		for run := 1 + rng.IntN(4); run > 0 && len(out) < n && k < size && !used[k]; run, k = run-1, k+1 {
			used[k] = true
			out = append(out, k)
		}
	}
	return out
}

// TestInPlace: commands that read what commands before them wrote, stashes that are used after their blocks were
// overwritten, targets that overlap their sources: reads see what the updater would have left.
func TestInPlace(t *testing.T) {
	const size = 60
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		before := make([]byte, size*blockSize)
		for k := range size {
			copy(before[k*blockSize:], fmt.Sprintf("old %d", k))
		}
		d := &disk{now: bytes.Clone(before), stash: map[string][]byte{}}
		version := 1 + int(seed%4)
		var lines []string
		stashed := []string{}
		for n := range 25 {
			count := 1 + rng.IntN(12)
			dst, src := some(rng, size, count), some(rng, size, count)
			switch pick := rng.IntN(6); {
			case pick == 0:
				lines = append(lines, "zero "+rangesOf(dst))
				d.write(dst, make([]byte, count*blockSize))
			case pick == 1:
				data := make([]byte, count*blockSize)
				for i := range count {
					copy(data[i*blockSize:], fmt.Sprintf("new %d.%d", n, i))
				}
				lines = append(lines, "new "+rangesOf(dst))
				d.fresh = append(d.fresh, data...)
				d.write(dst, data)
			case pick == 2 && version > 1:
				data := gather(d.now, src)
				id := fmt.Sprint(n)
				if version > 2 {
					id = sha(data)
				}
				lines = append(lines, "stash "+id+" "+rangesOf(src))
				d.stash[id], stashed = data, append(stashed, id)
			default:
				data := gather(d.now, src)
				words := fmt.Sprintf("%d %s", count, rangesOf(src))
				if len(stashed) > 0 && rng.IntN(2) == 0 { // some blocks of the disk, then those of a stash, mixed
					id := stashed[rng.IntN(len(stashed))]
					put := d.stash[id]
					count += len(put) / blockSize
					dst = some(rng, size, count)
					all := rng.Perm(count)
					data = append(data, put...)
					mixed := make([]byte, len(data))
					for i, k := range all {
						copy(mixed[k*blockSize:], data[i*blockSize:(i+1)*blockSize])
					}
					data = mixed
					words = fmt.Sprintf("%d %s %s %s:%s", count, rangesOf(src), rangesOf(all[:len(src)]), id, rangesOf(all[len(src):]))
				}
				switch version {
				case 1:
					lines = append(lines, fmt.Sprintf("move %s %s", rangesOf(src), rangesOf(dst)))
				case 2:
					lines = append(lines, fmt.Sprintf("move %s %s", rangesOf(dst), words))
				default:
					lines = append(lines, fmt.Sprintf("move %s %s %s", sha(data), rangesOf(dst), words))
				}
				d.write(dst, data)
			}
		}
		head := fmt.Sprintf("%d\n0\n", version)
		if version > 1 {
			head += "0\n0\n"
		}
		list := head + strings.Join(lines, "\n") + "\n"
		fsys := mountOn(t, old{"x": before}, part("x.transfer.list", []byte(list)), part("x.new.dat", d.fresh))
		got, err := fs.ReadFile(fsys, Name)
		if g := fsys.(image.Gapper).Gaps(); err != nil || len(g) > 0 || !bytes.Equal(got, d.now) {
			t.Fatalf("seed %d: %d bytes, %v, gaps %v\n%s", seed, len(got), err, g, list)
		}
		if seed == 3 {
			if err := fstest.TestFS(fsys, Name); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestHostileDelta: each list reads "y", or not "-", block by block, on a base of four blocks.
func TestHostileDelta(t *testing.T) {
	before := make([]byte, 4*blockSize)
	for k := range 4 {
		copy(before[k*blockSize:], []byte{byte('a' + k), byte(k)})
	}
	p := bsdiffOf(t, before[:blockSize], before[blockSize:2*blockSize])
	huge := bytes.Clone(p)
	huge[29] = 1 // 2^40 bytes
	raw := append([]byte("IMGDIFF2\x01\x00\x00\x00\x03\x00\x00\x00\x00\x10\x00\x00"), before[:blockSize]...)
	chain := "move 2,0,1 1 2,1,2\n"
	for k := range maxDepth + 10 {
		chain += fmt.Sprintf("move 2,%d,%d 1 2,%d,%d\n", (k+1)%2, (k+1)%2+1, k%2, k%2+1)
	}
	for name, c := range map[string]struct {
		list string
		want string
		gap  string
	}{
		"a patch":                 {fmt.Sprintf("bsdiff 0 %d 2,0,1 1 2,0,1", len(p)), "yyyy", ""},
		"an imgdiff":              {fmt.Sprintf("imgdiff %d %d 2,0,1 1 2,0,1", 2*len(p), len(raw)), "yyyy", ""},
		"imgdiff of no imgdiff":   {fmt.Sprintf("imgdiff 0 %d 2,0,1 1 2,0,1", len(p)), "-yyy", ""},
		"patch of terabytes":      {fmt.Sprintf("bsdiff %d %d 2,0,1 1 2,0,1", len(p), len(p)), "-yyy", ""},
		"patch outside":           {"bsdiff 0 99999999 2,0,1 1 2,0,1", "-yyy", ""},
		"patch before":            {"bsdiff -1 5 2,0,1 1 2,0,1", "-yyy", "without the place"},
		"patch of too many":       {"bsdiff 0 5 2,0,1 4000000000 2,0,4000000000", "-yyy", ""},
		"patch without a source":  {"bsdiff 0 5 2,0,1", "-yyy", "without a source"},
		"source outside":          {"move 2,0,1 1 2,9,10", "-yyy", ""},
		"source of other size":    {"move 2,0,1 2 2,1,2", "-yyy", "move of 1 blocks, 2 stated"},
		"target of other size":    {"move 2,0,2 1 2,1,2", "--yy", "a move of 1 blocks to 2"},
		"stash that is not there": {"move 2,0,1 1 - 7:2,0,1", "-yyy", "a stash that is not there"},
		"stash freed":             {"stash 7 2,1,2\nfree 7\nmove 2,0,1 1 - 7:2,0,1", "-yyy", "a stash that is not there"},
		"stash of itself":         {"stash 7 2,1,2\nmove 2,1,2 1 - 7:2,0,1\nstash 7 2,1,2\nmove 2,1,2 1 - 7:2,0,1", "yyyy", ""},
		"stash too large":         {"stash 7 2,1,3\nmove 2,0,1 1 - 7:2,0,1", "-yyy", "2 blocks are to lie at 1"},
		"stash outside":           {"stash 7 2,1,2\nmove 2,0,1 1 - 7:2,5,6", "-yyy", "block 5 of a source of 1"},
		"holes in the source":     {"stash 7 2,1,2\nmove 2,0,2 2 - 7:2,0,1", "--yy", "blocks that are not known"},
		"chain":                   {strings.TrimSpace(chain), "--yy", "made, one on the other"},
		"unknown command":         {"frobnicate 2,0,1", "yyyy", "unknown command"},
		"no place for a stash":    {"stash 7", "yyyy", "stash of 2 words"},
	} {
		list := "2\n0\n0\n0\n" + c.list + "\nmove 2,3,4 1 2,3,4\n"
		fsys := mountOn(t, old{"x": before}, part("x.transfer.list", []byte(list)), part("x.new.dat", nil), part("x.patch.dat", slices.Concat(p, huge, raw)))
		f, err := fsys.Open(Name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for k := range int64(4) {
			_, err := f.(io.ReaderAt).ReadAt(make([]byte, 1), k*blockSize)
			got += map[bool]string{true: "y", false: "-"}[err == nil]
		}
		gaps := fmt.Sprint(fsys.(image.Gapper).Gaps())
		if got != c.want || !strings.Contains(gaps, c.gap) || c.gap == "" && gaps != "[]" && !strings.Contains(c.want, "-") {
			t.Errorf("%s: %s, gaps %s", name, got, gaps)
		}
	}
}
