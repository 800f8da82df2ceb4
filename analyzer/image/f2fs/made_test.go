package f2fs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/anchore/go-lzo"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// TestClusters reads all four algorithms, clusters that lie apart or are not compressed, holes beside them.
func TestClusters(t *testing.T) {
	for _, bits := range []int{12, 14} {
		f := newFixture(bits, featureCompression)
		data := append(treetest.Prose(1, 5<<bits), make([]byte, 3<<bits)...)
		data = append(data, treetest.Prose(2, 6<<bits-77)...)
		turn := 0
		f.compressedFile("lz4", 10, algorithmLZ4, data, lz4ed)
		f.compressedFile("lzo", 11, algorithmLZO, data, func(b []byte) []byte { return lzoed(b, false) })
		f.compressedFile("lzo-rle", 12, algorithmLZORLE, data, func(b []byte) []byte { return lzoed(b, true) })
		f.compressedFile("turns", 13, algorithmLZ4, data, func(b []byte) []byte {
			if turn++; turn%2 == 0 {
				return nil
			}
			return lz4ed(b)
		})
		f.compressedFile("unknown", 14, 9, data, lz4ed)
		f.compressedFile("zstd", 15, algorithmZstd, data, zstandarded)
		img := f.finish(nil)
		fsys := openFixture(t, img)
		for _, g := range gaps(fsys) {
			t.Error(g)
		}
		for _, name := range []string{"lz4", "lzo", "lzo-rle", "turns", "zstd"} {
			expect(t, fsys, name, data)
		}
		if _, err := fs.ReadFile(fsys, "unknown"); err == nil || !strings.Contains(err.Error(), "algorithm 9") {
			t.Errorf("unknown: %v", err)
		}
		if n := verify(t, fsys); n < 8 {
			t.Errorf("%d checks", n)
		}
		// A changed byte in one cluster: its checksum differs, and no other.
		at := bytes.Index(img, lz4ed(data[:4<<bits])[:64])
		img[at+60] ^= 1
		openFixture(t, img).(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
			bad := c.Name == "lz4" && c.What == "cluster crc32"
			if bad != (c.Outcome == image.Mismatched) || bad && c.Offset != int64(at)-clusterHeader+4 {
				t.Errorf("%+v", c)
			}
			return true
		})
	}
}

// TestLZO compares the decoder with another one.
func TestLZO(t *testing.T) {
	for _, data := range [][]byte{treetest.Prose(3, 50000), treetest.Noise(4, 3000), make([]byte, 10000), append(make([]byte, 300), treetest.Prose(1, 3000)...)} {
		for _, runs := range []bool{false, true} {
			src := lzoed(data, runs)
			dst := make([]byte, len(data))
			if n, err := decodeLZO(dst, src); err != nil || n != len(data) || !bytes.Equal(dst, data) {
				t.Errorf("%d bytes, %v: %d, %v", len(data), runs, n, err)
			}
			if _, err := decodeLZO(make([]byte, len(data)-1), src); err == nil {
				t.Error("writes beyond the output")
			}
			for cut := 5; cut < len(src); cut += 1 + cut/50 { // shorter ones have no version
				if n, err := decodeLZO(dst, src[:cut]); err == nil {
					t.Errorf("cut at %d: %d bytes without an error", cut, n)
				}
			}
			if runs {
				continue
			}
			if n, err := lzo.Decompress(src, dst); err != nil || n != len(data) {
				t.Fatalf("the other decoder: %d, %v", n, err)
			}
		}
	}
}

// TestNodes reads blocks that indirect and double indirect nodes lead to, through the NAT.
func TestNodes(t *testing.T) {
	f := newFixture(12, 0)
	f.nat = true
	const own, direct = 923, 1018
	data := f.block(bytes.Repeat([]byte("far"), 1000))
	word := func(k int, v uint32) []byte {
		b := make([]byte, 4096)
		le.PutUint32(b[4*k:], v)
		return b
	}
	f.node(20, 10, word(5, data)) // direct
	f.node(21, 10, word(7, 20))   // indirect
	f.node(22, 10, word(2, 21))   // double indirect
	n := own + 2*direct + 2*direct*direct + 2*direct*direct + 7*direct + 5
	f.inode(10, typeRegular|0o644, n<<12+3000, nil, func(b []byte) { le.PutUint32(b[4096-24-4:], 22) })
	f.file("far", 10)
	fsys := openFixture(t, f.finish(nil))
	for _, g := range gaps(fsys) {
		t.Error(g)
	}
	file, err := fsys.Open("far")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got := make([]byte, 4096+3000)
	k, err := file.(io.ReaderAt).ReadAt(got, int64(n-1)<<12)
	if want := append(make([]byte, 4096), bytes.Repeat([]byte("far"), 1000)...); k != len(got) || err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d, %v", k, err)
	}
	if k, err = file.(io.ReaderAt).ReadAt(got, 12345); k != len(got) || err != nil || !bytes.Equal(got, make([]byte, len(got))) {
		t.Errorf("the hole: %d, %v", k, err)
	}
}

// TestCompressedNodes reads clusters whose addresses lie in direct nodes: these hold whole clusters only.
func TestCompressedNodes(t *testing.T) {
	f := newFixture(12, featureCompression)
	plain := treetest.Prose(5, 4<<12)
	c := lz4ed(plain)
	head := append(le.AppendUint32(nil, uint32(len(c))), make([]byte, clusterHeader-4)...)
	cluster := append([]uint32{compressAddress}, f.blocks(append(head, c...))...)
	const own, direct = (923 - 9) / 4 * 4, 1018 / 4 * 4
	node := make([]byte, 4096)
	for k, at := range cluster {
		le.PutUint32(node[4*(direct-4+k):], at) // the last of the first node
	}
	f.node(20, 10, node)
	node = make([]byte, 4096)
	for k, at := range cluster {
		le.PutUint32(node[4*k:], at) // the first of the second
	}
	f.node(21, 10, node)
	f.inode(10, typeRegular|0o644, (own+direct+4)<<12, nil, func(b []byte) {
		b[3] = extraAttr
		le.PutUint32(b[80:], flagCompressed)
		le.PutUint16(b[addressOffset:], 36)
		b[addressOffset+32], b[addressOffset+33] = algorithmLZ4, 2
		le.PutUint32(b[4096-24-20:], 20)
		le.PutUint32(b[4096-24-16:], 21)
	})
	f.file("far", 10)
	got, err := fs.ReadFile(openFixture(t, f.finish(nil)), "far")
	if err != nil {
		t.Fatal(err)
	}
	if want := append(make([]byte, (own+direct-4)<<12), append(plain, plain...)...); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

// TestJournals reads the journal from all three places it can have.
func TestJournals(t *testing.T) {
	for _, flags := range []uint32{packUnmounted | packCompactSums, packUnmounted, 0} {
		f := newFixture(12, 0)
		f.flags = flags
		f.inode(10, typeRegular|0o644, 4, f.blocks([]byte("here")), nil)
		f.file("file", 10)
		fsys := openFixture(t, f.finish(nil))
		expect(t, fsys, "file", []byte("here"))
		if g := gaps(fsys); (len(g) == 1) != (flags&packUnmounted == 0) {
			t.Errorf("flags %x: gaps %v", flags, g)
		}
	}
}

// TestFlexibleXattr reads a label from as many words as the inode sets aside.
func TestFlexibleXattr(t *testing.T) {
	const words = 80
	attrs := append(le.AppendUint32(nil, xattrMagic), make([]byte, xattrHeader-4)...)
	attrs = append(attrs, xattrSecurity, 7, 6, 0)
	attrs = append(attrs, "selinuxu:a:s0"...)
	f := newFixture(12, featureFlexXattr)
	f.inode(10, typeRegular|0o644, 0, nil, func(b []byte) {
		b[3] = inlineXattr | extraAttr
		le.PutUint16(b[addressOffset:], 36)
		le.PutUint16(b[addressOffset+2:], words)
		copy(b[4096-24-20-4*words:], attrs)
	})
	f.file("file", 10)
	info, err := fs.Lstat(openFixture(t, f.finish(nil)), "file")
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*image.Attr).Label; got != "u:a:s0" {
		t.Errorf("label %q", got)
	}
}

// TestXattrNode reads a label that begins in the inode and ends in a node.
func TestXattrNode(t *testing.T) {
	label := "u:object_r:" + strings.Repeat("long_", 30) + "file:s0"
	attrs := le.AppendUint32(nil, xattrMagic)
	attrs = append(attrs, make([]byte, xattrHeader-4)...)
	add := func(index byte, name, value string) {
		attrs = append(append(append(attrs, index, byte(len(name)), byte(len(value)), 0), name...), value...)
		attrs = append(attrs, make([]byte, -len(attrs)&3)...)
	}
	add(1, "note", strings.Repeat("x", 80))
	add(xattrSecurity, "selinux", label+"\x00")
	f := newFixture(12, 0)
	const inline = 4 * defaultXattr
	f.node(20, 10, attrs[inline:])
	f.inode(10, typeRegular|0o644, 0, nil, func(b []byte) {
		b[3] = inlineXattr
		copy(b[4096-24-20-inline:], attrs[:inline])
		le.PutUint32(b[76:], 20)
	})
	f.file("file", 10)
	info, err := fs.Lstat(openFixture(t, f.finish(nil)), "file")
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Sys().(*image.Attr).Label; got != label {
		t.Errorf("label %q", got)
	}
}

// TestEncrypted names the files that a key would be needed for.
func TestEncrypted(t *testing.T) {
	f := newFixture(12, 0)
	encrypted := func(b []byte) { b[2] = adviseEncrypted }
	f.inode(10, typeRegular|0o600, 100, f.blocks(treetest.Noise(1, 100)), encrypted)
	names := f.block(dentryBlock(4096, []string{"\x01\x02\xff/", "\x03\x04"}, []uint32{10, 11}))
	f.inode(11, typeDir|0o700, 4096, []uint32{names}, encrypted)
	f.inode(12, typeLink|0o777, 10, f.blocks(treetest.Noise(2, 10)), encrypted)
	f.inode(13, typeRegular|0o644, 4, f.blocks([]byte("open")), nil)
	for k, name := range []string{"file", "dir", "link", "plain"} {
		f.file(name, uint32(10+k))
	}
	fsys := openFixture(t, f.finish(nil))
	found := map[string]bool{}
	for _, g := range gaps(fsys) {
		name, _, _ := strings.Cut(g.Detail, ":")
		found[name] = g.Reason == image.Encrypted
	}
	if !found["file"] || !found["dir"] || !found["link"] || len(found) != 3 {
		t.Errorf("%v", gaps(fsys))
	}
	_, err := fs.ReadFile(fsys, "file")
	if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Encrypted {
		t.Errorf("file: %v", err)
	}
	expect(t, fsys, "plain", []byte("open"))
}

// TestDevices refuses what lies on a second device, file by file.
func TestDevices(t *testing.T) {
	f := newFixture(12, 0)
	f.inode(10, typeRegular|0o644, 4, f.blocks([]byte("here")), nil)
	f.inode(11, typeRegular|0o644, 4, []uint32{1000}, nil)
	f.file("here", 10)
	f.file("there", 11)
	img := f.finish(func(sb []byte) {
		le.PutUint32(sb[36:], 2000)
		copy(sb[2201:], "/dev/one")
		le.PutUint32(sb[2201+64:], 10) // segments
		copy(sb[2201+68:], "/dev/two")
		le.PutUint32(sb[2201+68+64:], 20)
	})
	img = append(img, make([]byte, 640<<12-len(img))...)
	fsys := openFixture(t, img)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Unsupported {
		t.Errorf("gaps: %v", g)
	}
	expect(t, fsys, "here", []byte("here"))
	_, err := fs.ReadFile(fsys, "there")
	if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Unsupported {
		t.Errorf("there: %v", err)
	}
}
