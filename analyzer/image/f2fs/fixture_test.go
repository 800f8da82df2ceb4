package f2fs

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// What no tool at hand makes, or makes small, is put together here by the definition in f2fs_fs.h: segments of 64
// blocks, all nodes in the journal of the checkpoint.

const (
	fixtureSegment = 6
	fixtureCP      = 2 // and the second a segment further
	fixtureNAT     = 75
	fixtureMain    = 142
	fixtureRoot    = 3
)

var le = binary.LittleEndian

type fixture struct {
	bits     int
	size     int // of blocks
	img      []byte
	journal  []byte
	nodes    uint16
	nat      bool // nodes go to the NAT, not to the journal
	flags    uint32
	features uint32
	names    []string
	nids     []uint32
}

func newFixture(bits int, features uint32) *fixture {
	return &fixture{bits: bits, size: 1 << bits, img: make([]byte, fixtureMain<<bits), features: features, flags: packUnmounted | packCompactSums}
}

// block appends a block and returns its address.
func (f *fixture) block(data []byte) uint32 {
	at := uint32(len(f.img) >> f.bits)
	f.img = append(f.img, data...)
	f.img = append(f.img, make([]byte, f.size-len(data))...)
	return at
}

// blocks appends data as blocks and returns their addresses.
func (f *fixture) blocks(data []byte) (list []uint32) {
	for ; len(data) > 0; data = data[min(f.size, len(data)):] {
		list = append(list, f.block(data[:min(f.size, len(data))]))
	}
	return list
}

// node appends a node and returns its address.
func (f *fixture) node(nid, ino uint32, body []byte) uint32 {
	b := make([]byte, f.size)
	copy(b, body)
	le.PutUint32(b[f.size-footerSize:], nid)
	le.PutUint32(b[f.size-footerSize+4:], ino)
	at := f.block(b)
	if f.nat {
		entry := f.img[fixtureNAT<<f.bits+int(nid)*natEntry:]
		le.PutUint32(entry[1:], ino)
		le.PutUint32(entry[5:], at)
		return at
	}
	f.journal = le.AppendUint32(f.journal, nid)
	f.journal = append(f.journal, 0)
	f.journal = le.AppendUint32(f.journal, ino)
	f.journal = le.AppendUint32(f.journal, at)
	f.nodes++
	return at
}

// inode appends an inode whose addresses are list; edit changes what is written.
func (f *fixture) inode(nid uint32, mode uint16, size int, list []uint32, edit func(b []byte)) uint32 {
	b := make([]byte, f.size)
	le.PutUint16(b, mode)
	le.PutUint64(b[16:], uint64(size))
	if edit != nil {
		edit(b)
	}
	at := addressOffset
	if b[3]&extraAttr != 0 {
		at += int(le.Uint16(b[addressOffset:]))
	}
	for k, a := range list {
		le.PutUint32(b[at+4*k:], a)
	}
	return f.node(nid, nid, b)
}

func (f *fixture) file(name string, nid uint32) {
	f.names, f.nids = append(f.names, name), append(f.nids, nid)
}

// compressedFile adds a file of clusters of 4 blocks; encode makes their data, nil for one that stays as it is.
func (f *fixture) compressedFile(name string, nid uint32, algorithm uint8, data []byte, encode func([]byte) []byte) {
	const bits = 2
	var list []uint32
	for rest := data; len(rest) > 0; rest = rest[min(len(rest), f.size<<bits):] {
		plain := make([]byte, f.size<<bits)
		copy(plain, rest)
		c := encode(plain)
		if c == nil {
			list = append(list, f.blocks(plain)...)
			continue
		}
		head := make([]byte, clusterHeader)
		le.PutUint32(head, uint32(len(c)))
		le.PutUint32(head[4:], checksum(superMagic, c))
		f.block(nil) // so that the cluster does not follow what is before it
		cluster := append([]uint32{compressAddress}, f.blocks(append(head, c...))...)
		for len(cluster) < 1<<bits {
			cluster = append(cluster, newAddress)
		}
		list = append(list, cluster...)
	}
	f.inode(nid, typeRegular|0o644, len(data), list, func(b []byte) {
		b[3] = extraAttr
		le.PutUint32(b[80:], flagCompressed)
		le.PutUint16(b[addressOffset:], 36)
		b[addressOffset+32], b[addressOffset+33], b[addressOffset+34] = algorithm, bits, 1
	})
	f.file(name, nid)
}

// dentryBlock makes a block of entries, or what lies in an inode, of n bytes.
func dentryBlock(n int, names []string, nids []uint32) []byte {
	b := make([]byte, n)
	count := n * 8 / ((11+8)*8 + 1)
	entries, slots := b[n-count*19:], b[n-count*8:]
	k := 0
	for j, name := range names {
		le.PutUint32(entries[11*k+4:], nids[j])
		le.PutUint16(entries[11*k+8:], uint16(len(name)))
		copy(slots[8*k:], name)
		for range (len(name) + 7) / 8 {
			b[k/8] |= 1 << (k % 8)
			k++
		}
	}
	return b
}

// finish writes root, checkpoints and superblocks.
func (f *fixture) finish(edit func(super []byte)) []byte {
	dir := f.block(dentryBlock(f.size, f.names, f.nids))
	f.inode(fixtureRoot, typeDir|0o755, f.size, []uint32{dir}, nil)
	sb := make([]byte, superSize)
	for at, v := range map[int]uint32{
		0: superMagic, 8: 9, 12: uint32(f.bits) - 9, 16: uint32(f.bits), 20: fixtureSegment, 32: superCRC, 36: uint32(len(f.img) >> f.bits),
		60: 2, 76: fixtureCP, 84: fixtureNAT, 92: fixtureMain, 96: fixtureRoot, 2180: f.features,
	} {
		le.PutUint32(sb[at:], v)
	}
	if edit != nil {
		edit(sb)
	}
	le.PutUint32(sb[superCRC:], checksum(superMagic, sb[:superCRC]))
	copy(f.img[superOffset:], sb)
	copy(f.img[f.size+superOffset:], sb)
	f.checkpoint(fixtureCP, 7)
	f.checkpoint(fixtureCP+1<<fixtureSegment, 6)
	return f.img
}

// checkpoint writes a pack: its first block, summaries, compact in one block or in one for each log, and its last.
func (f *fixture) checkpoint(start int, version uint64) {
	blocks, journal := 3, f.size
	switch {
	case f.flags&packCompactSums != 0:
	case f.flags&packUnmounted != 0:
		blocks, journal = 8, f.size+f.size/8*summaryEntry
	default:
		blocks, journal = 5, f.size+f.size/8*summaryEntry
	}
	b := make([]byte, f.size)
	le.PutUint64(b, version)
	for at, v := range map[int]uint32{132: f.flags, 136: uint32(blocks), 140: 1, 156: 64, 160: 64, 164: uint32(f.size - 4)} {
		le.PutUint32(b[at:], v)
	}
	le.PutUint32(b[f.size-4:], checksum(superMagic, b[:f.size-4]))
	at := start << f.bits
	copy(f.img[at:], b)
	copy(f.img[at+(blocks-1)*f.size:], b)
	le.PutUint16(f.img[at+journal:], f.nodes)
	copy(f.img[at+journal+2:], f.journal)
}

func openFixture(t testing.TB, img []byte) fs.FS {
	t.Helper()
	fsys, err := treetest.Open(Format(), img)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func expect(t *testing.T, fsys fs.FS, name string, want []byte) {
	t.Helper()
	got, err := fs.ReadFile(fsys, name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
	}
}

func zstandarded(b []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithWindowSize(64<<10), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil
	}
	return w.EncodeAll(b, nil)
}

func lz4ed(b []byte) []byte {
	out := make([]byte, lz4.CompressBlockBound(len(b)))
	n, err := lz4.CompressBlock(b, out, nil)
	if err != nil {
		return nil
	}
	return out[:n]
}

// lzoed makes LZO1X of literals and of matches within 16 KiB; with runs, LZO-RLE.
func lzoed(b []byte, runs bool) []byte {
	var out, lit []byte
	if runs {
		out = append(out, lzoVersionMark, 1)
	}
	// after is where the count of literals of the last instruction is to be written, -1 for none.
	after := -1
	flush := func() {
		switch n := len(lit); {
		case n == 0:
		case n < 4 && after >= 0:
			out[after] |= byte(n)
		case n <= 18 && n >= 4:
			out = append(out, byte(n-3))
		default:
			out = append(out, 0)
			for n -= 18; n > 255; n -= 255 {
				out = append(out, 0)
			}
			out = append(out, byte(n))
		}
		out, lit = append(out, lit...), lit[:0]
	}
	last := map[[4]byte]int{}
	for i := 0; i < len(b); {
		zeros := 0
		for runs && i+zeros < len(b) && b[i+zeros] == 0 && zeros < 2047+lzoRunLength {
			zeros++
		}
		n, distance := 0, 0
		if i+4 <= len(b) {
			key := [4]byte(b[i:])
			if p, ok := last[key]; ok && i-p <= 16384 {
				distance = i - p
				for n < 33 && i+n < len(b) && b[p+n] == b[i+n] {
					n++
				}
			}
			last[key] = i
		}
		// The first instruction, and one without room for few literals, takes no fewer than 4.
		short := len(lit) < 4 && after < 0
		switch {
		case short:
		case zeros >= 16:
			flush()
			k := zeros - lzoRunLength
			out = append(out, 0x18|byte(k&7), 0xFC, 0xFF, byte(k>>3))
			after, i = len(out)-3, i+zeros
			continue
		case n >= 4:
			flush()
			w := uint16(distance-1) << 2
			out = append(out, 0x20|byte(n-2), byte(w), byte(w>>8))
			after, i = len(out)-2, i+n
			continue
		}
		lit = append(lit, b[i])
		i++
	}
	flush()
	return append(out, 0x11, 0, 0)
}
