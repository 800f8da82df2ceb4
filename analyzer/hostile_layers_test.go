package analyzer

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

var be = binary.BigEndian

// tool skips where a tool is not installed.
func tool(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// padded is s in n bytes.
func padded(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

// bombs makes archives in archives whose innermost entries are zeros: a small copy of 42.zip.
func bombs(t testing.TB, depth, width, mib int) []byte {
	data := zipBomb(t, "0.dll", mib)
	for level := range depth {
		var names []string
		for i := range width {
			names = append(names, fmt.Sprintf("lib %d-%d.zip", level, i))
		}
		data = zipOf(t, zip.Deflate, data, names...)
	}
	return data
}

// tarIn makes a tar archive of tar archives, each of them in a gzip stream.
func tarIn(t testing.TB, depth, width int) []byte {
	data := []byte("the innermost")
	for range depth {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := range width {
			if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d.tgz", i), Size: int64(len(data)), Mode: 0o644}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = gzipOf(t, b.Bytes())
	}
	return data
}

// extents are of an LP table: sectors, and where they lie.
type extents [][2]uint64

// superOf makes a super image of partitions that each have all the extents (liblp/include/liblp/metadata_format.h).
func superOf(partitions int, list extents, data []byte) []byte {
	const slot = 16 << 20
	sign := func(b []byte, off int) {
		sum := sha256.Sum256(b)
		copy(b[off:], sum[:])
	}
	var p, e []byte
	for i := range partitions {
		p = append(p, padded(fmt.Sprintf("part%d", i), 36)...)
		p = le.AppendUint32(le.AppendUint32(p, 1), 0)
		p = le.AppendUint32(le.AppendUint32(p, uint32(len(list))), 0)
	}
	for _, x := range list {
		e = le.AppendUint32(le.AppendUint64(e, x[0]), 0)
		e = le.AppendUint32(le.AppendUint64(e, x[1]), 0)
	}
	d := append(make([]byte, 24), padded("super", 40)...)
	all := bytes.Join([][]byte{p, e, d}, nil)
	h := le.AppendUint32([]byte("0PLA\x0a\x00\x00\x00"), 128)
	h = le.AppendUint32(append(h, make([]byte, 32)...), uint32(len(all)))
	sum := sha256.Sum256(all)
	h = append(h, sum[:]...)
	for _, v := range []int{0, partitions, 52, len(p), len(list), 24, len(p) + len(e), 0, 48, len(p) + len(e), 1, 64} {
		h = le.AppendUint32(h, uint32(v))
	}
	sign(h, 12)
	g := le.AppendUint32([]byte("gDla"), 52)
	g = le.AppendUint32(append(g, make([]byte, 32)...), slot)
	g = le.AppendUint32(le.AppendUint32(g, 1), 4096)
	sign(g, 8)
	img := append(make([]byte, 4096), padded(string(g), 4096)...)
	img = append(append(append(img, padded(string(g), 4096)...), h...), all...)
	for len(img)%512 != 0 {
		img = append(img, 0)
	}
	return append(img, data...)
}

// gptOf makes a disk of partitions that each are the whole disk (UEFI, chapter 5).
func gptOf(n int) []byte {
	sectors := 2 + n*128/512
	table := make([]byte, 0, n*128)
	for i := range n {
		e := make([]byte, 128)
		e[0], e[16] = 1, byte(i)
		le.PutUint64(e[40:], uint64(sectors-1))
		for k, c := range fmt.Sprintf("p%d", i) {
			e[56+2*k] = byte(c)
		}
		table = append(table, e...)
	}
	h := make([]byte, 512)
	copy(h, "EFI PART\x00\x00\x01\x00")
	le.PutUint32(h[12:], 92)
	le.PutUint64(h[72:], 2)
	le.PutUint32(h[80:], uint32(n))
	le.PutUint32(h[84:], 128)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(table))
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:92]))
	return append(append(make([]byte, 512), h...), table...)
}

// kdzOf makes a KDZ of four members that each are the whole.
func kdzOf() []byte {
	const size = 1320
	b := []byte("\x28\x05\x00\x00\x34\x31\x25\x80")
	for i := range 4 {
		if i == 2 {
			b = append(b, 3)
		}
		b = append(b, padded(fmt.Sprintf("%d.kdz", i), 256)...)
		b = le.AppendUint64(le.AppendUint64(b, size), 0)
	}
	return append(b, make([]byte, size-len(b))...)
}

// rkafOf makes a package of n parts, each of which begins with the next such package and goes on to the end.
func rkafOf(n, levels int) []byte {
	step := 140 + 112*n
	var out []byte
	for level := range levels {
		h := append([]byte("RKAF"), make([]byte, 132)...)
		le.PutUint32(h[4:], uint32(step*(levels-level)))
		h = le.AppendUint32(h, uint32(n))
		for i := range n {
			h = append(append(h, padded(fmt.Sprintf("p%d", i), 32)...), padded(fmt.Sprintf("%d.img", i), 60)...)
			for _, v := range []int{0, step, 0, 0, step * (levels - level - 1)} {
				h = le.AppendUint32(h, uint32(v))
			}
		}
		out = append(out, h...)
	}
	return append(out, 0, 0, 0, 0)
}

// pacOf makes a PAC of n entries, each of which begins with the next such PAC and goes on to the end.
func pacOf(n, levels int) []byte {
	step := 2124 + 2580*n
	wide := func(s string, n int) []byte {
		b := make([]byte, 2*n)
		for i, c := range s {
			b[2*i] = byte(c)
		}
		return b
	}
	var out []byte
	for level := range levels {
		rest := step * (levels - level)
		h := append(wide("BP_R1.0.0", 22), 0, 0, 0, 0)
		h = append(le.AppendUint32(h, uint32(rest)), make([]byte, 1024)...)
		h = le.AppendUint32(le.AppendUint32(h, uint32(n)), 2124)
		h = append(h, make([]byte, 2116-len(h))...)
		h = append(le.AppendUint32(h, 0xFFFAFFFA), 0, 0, 0, 0)
		for i := range n {
			e := le.AppendUint32(nil, 2580)
			e = append(append(append(e, wide("x", 256)...), wide(fmt.Sprintf("%d.img", i), 256)...), wide("", 252)...)
			for _, v := range []int{0, 0, rest - step, 1, 1, step} {
				e = le.AppendUint32(e, uint32(v))
			}
			h = append(h, padded(string(e), 2580)...)
		}
		out = append(out, h...)
	}
	return out
}

// updateAppOf makes an UPDATE.APP of n empty entries.
func updateAppOf(n int) []byte {
	out := make([]byte, 92)
	for i := range n {
		h := append([]byte("\x55\xAA\x5A\xA5"), 98, 0, 0, 0, 1, 0, 0, 0)
		h = append(h, "HW7x27\xFF\xFF\x01\x02\x03\x04"...)
		h = append(h, 0, 0, 0, 0)
		h = append(append(h, make([]byte, 32)...), padded(fmt.Sprintf("P%d", i), 16)...)
		h = append(h, make([]byte, 98-len(h))...)
		crc := uint16(0xFFFF) // X.25
		for _, b := range h {
			crc ^= uint16(b)
			for range 8 {
				crc = crc>>1 ^ crc&1*0x8408
			}
		}
		le.PutUint16(h[92:], ^crc)
		out = append(append(out, h...), 0, 0)
	}
	return out
}

// number, field and payloadOf write a payload of one partition (update_metadata.proto).
func number(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), v)
}

func field(b []byte, field int, m []byte) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|2), uint64(len(m))), m...)
}

func payloadOf(operations int, op func(i int) []byte, data []byte) []byte {
	p := field(nil, 1, []byte("system"))
	for i := range operations {
		p = field(p, 8, op(i))
	}
	m := field(number(nil, 3, 4096), 13, p)
	b := be.AppendUint64(be.AppendUint64([]byte("CrAU"), 2), uint64(len(m)))
	return append(append(be.AppendUint32(b, 0), m...), data...)
}

// writes is an operation of a kind with data at off, over extents.
func writes(kind, off, length uint64, list ...[2]uint64) []byte {
	o := number(number(number(nil, 1, kind), 2, off), 3, length)
	for _, e := range list {
		o = field(o, 6, number(number(nil, 1, e[0]), 2, e[1]))
	}
	return o
}

// isoOf makes a CD image with a directory that is its own, and n files that are the whole image (ECMA-119).
func isoOf(n int) []byte {
	const block = 2048
	var dir []byte
	record := func(name string, extent, size int, flags byte) []byte {
		r := make([]byte, 33, 64)
		le.PutUint32(r[2:], uint32(extent))
		le.PutUint32(r[10:], uint32(size))
		r[25], r[28], r[32] = flags, 1, byte(len(name))
		if r = append(r, name...); len(r)%2 == 1 {
			r = append(r, 0)
		}
		r[0] = byte(len(r))
		return r
	}
	add := func(r []byte) {
		if len(dir)%block+len(r) > block {
			dir = append(dir, make([]byte, block-len(dir)%block)...)
		}
		dir = append(dir, r...)
	}
	blocks := 18 + (n*48)/block + 2
	add(record("\x00", 18, block, 2))
	add(record("LOOP", 18, block, 2))
	for i := range n {
		add(record(fmt.Sprintf("F%06d.ISO", i), 0, blocks*block, 0))
	}
	img := make([]byte, 18*block)
	vd := img[16*block:]
	copy(vd, "\x01CD001\x01")
	le.PutUint32(vd[80:], uint32(blocks))
	le.PutUint16(vd[128:], block)
	copy(vd[156:], record("\x00", 18, len(dir), 2))
	copy(img[17*block:], "\xFFCD001\x01")
	return padded(string(append(img, dir...)), blocks*block)
}

// cpioOf makes an archive of n empty files in newc.
func cpioOf(n int) []byte {
	var b bytes.Buffer
	put := func(name string, mode int) {
		fmt.Fprintf(&b, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00", 1, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name)+1, 0, name)
		for b.Len()%4 != 0 {
			b.WriteByte(0)
		}
	}
	for i := range n {
		put(fmt.Sprintf("d%d/%d", i%100, i), 0o100644)
	}
	put("TRAILER!!!", 0)
	return b.Bytes()
}

// lz4Of makes a frame of n blocks of one byte each, stored.
func lz4Of(n int) []byte {
	b := []byte("\x04\x22\x4d\x18\x60\x40\x82")
	for range n {
		b = append(b, 1, 0, 0, 0x80, 'x')
	}
	return append(b, 0, 0, 0, 0)
}

// zstdOf makes a frame with a window of 2 GiB and n blocks of 128 KiB of one byte each (RFC 8878, 3.1.1).
func zstdOf(n int, window byte) []byte {
	b := []byte("\x28\xb5\x2f\xfd\x00")
	b = append(b, window)
	for i := range n {
		h := uint32(128<<10)<<3 | 1<<1
		if i == n-1 {
			h |= 1
		}
		b = append(b, byte(h), byte(h>>8), byte(h>>16), 0)
	}
	return b
}

// xzOf makes an xz stream of one block with a dictionary of a code (37: 1.5 GiB) and stored content.
func xzOf(dictionary byte, content string) []byte {
	sum := func(b []byte) []byte { return le.AppendUint32(nil, crc32.ChecksumIEEE(b)) }
	flags := []byte{0, 1}
	b := append(append([]byte("\xfd7zXZ\x00"), flags...), sum(flags)...)
	h := []byte{2, 0, 0x21, 1, dictionary, 0, 0, 0}
	start := len(b)
	b = append(append(b, h...), sum(h)...)
	b = append(append(b, 1, byte((len(content)-1)>>8), byte(len(content)-1)), content...)
	b = append(b, 0)
	size := len(b) - start
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b = append(b, sum([]byte(content))...)
	index := binary.AppendUvarint(binary.AppendUvarint([]byte{0, 1}, uint64(size+4)), uint64(len(content)))
	for len(index)%4 != 0 {
		index = append(index, 0)
	}
	b = append(append(b, index...), sum(index)...)
	foot := append(le.AppendUint32(nil, uint32(len(index)+4)/4-1), flags...)
	return append(append(append(b, sum(foot)...), foot...), "YZ"...)
}

// lzmaOf makes a stream of the old kind with a dictionary of so many bytes and content that is nothing.
func lzmaOf(dictionary uint32) []byte {
	b := le.AppendUint32([]byte{0x5d}, dictionary)
	return append(le.AppendUint64(b, 1<<40), make([]byte, 64<<10)...)
}

// newDat makes a package of a block-based update whose new.dat is zeros under brotli.
func newDat(t testing.TB, mib int) []byte {
	t.Helper()
	var packed, b bytes.Buffer
	w := brotli.NewWriterLevel(&packed, 1)
	zeros(t, w, mib)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&b)
	for name, data := range map[string][]byte{
		"system.transfer.list": fmt.Appendf(nil, "4\n%d\n0\n0\nnew 2,0,%d\n", mib<<8, mib<<8),
		"system.new.dat.br":    packed.Bytes(), "system.patch.dat": nil,
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// treeOf makes a small tree on the host.
func treeOf(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a/b/c/file", "a/self"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat(name, 1000)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ext4Loop makes a file system whose directory is in itself and whose file is the file system.
func ext4Loop(t testing.TB) []byte {
	t.Helper()
	tool(t, "mke2fs", "debugfs")
	name := filepath.Join(t.TempDir(), "img")
	run(t, ".", "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^metadata_csum,^has_journal,extent", "-d", treeOf(t), name, "2m")
	commands := []string{
		"link <2> /a/b/c/top", "link /a /a/b/again",
		"set_inode_field /a/self block[0] 0x1f30a", "set_inode_field /a/self block[3] 0", // an extent of 512 blocks at block 0
		"set_inode_field /a/self block[4] 512", "set_inode_field /a/self block[5] 0", "set_inode_field /a/self size 2097152",
	}
	script := filepath.Join(filepath.Dir(name), "commands")
	if err := os.WriteFile(script, []byte(strings.Join(commands, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "debugfs", "-w", "-f", script, name)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// erofsLoop makes a file system in which the directory c is the root.
func erofsLoop(t testing.TB) []byte {
	t.Helper()
	tool(t, "mkfs.erofs")
	name := filepath.Join(t.TempDir(), "img")
	run(t, ".", "mkfs.erofs", "-T0", "-Enosbcrc", name, treeOf(t))
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root := uint64(le.Uint16(raw[1024+14:]))
	patched := 0
	for at := 0; at+12 <= len(raw); at += 4 { // a directory's entries: ".", "..", "c" with the name behind them
		if le.Uint16(raw[at+8:]) == 39 && raw[at+10] == 2 && at >= 24 && bytes.HasPrefix(raw[at+12:], []byte("...c")) {
			le.PutUint64(raw[at:], root)
			patched++
		}
	}
	if patched == 0 {
		t.Skip("this mkfs.erofs lays directories out in another way")
	}
	return raw
}
