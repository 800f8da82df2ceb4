package iscab

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/flate"
)

var le = binary.LittleEndian

// entry is a file to be packed.
type entry struct {
	dir, name string
	data      []byte
	flags     uint16
	same      int // 1 and more: this file is the one before it by so many
	beside    bool
}

// Versions as headers state them.
const (
	version0  = 0x01000004
	version5  = 0x01005201
	version6  = 0x01006000
	version12 = 0x02000000 + 1200
	version17 = 0x04000000 + 1700
)

func major(version uint32) int {
	if version>>24 == 1 {
		return int(version >> 12 & 15)
	}
	return int(version&0xFFFF) / 100
}

// encode gives a file's bytes as they are in a volume; each says how many bytes a chunk gives.
func (e *entry) encode(t testing.TB, version, each int) []byte {
	out := bytes.Clone(e.data)
	if e.flags&4 != 0 {
		out = nil
		for rest := e.data; len(rest) > 0; {
			n := min(each, len(rest))
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, 6)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			finish := w.Close
			if version == 0 {
				finish = w.Flush
			}
			if err := finish(); err != nil {
				t.Fatal(err)
			}
			if version > 0 {
				out = le.AppendUint16(out, uint16(b.Len()))
			}
			out = append(out, b.Bytes()...)
			rest = rest[n:]
		}
	}
	if e.flags&2 != 0 {
		for i := range out {
			out[i] = bits.RotateLeft8(out[i]+byte(i%0x47), 2) ^ 0xD5
		}
	}
	return out
}

// place is where a file, or a part of one, lies.
type place struct{ index, volume, off, size, packed int }

// layVolumes writes volumes of at most limit bytes, 0 meaning any, without their headers.
func layVolumes(t testing.TB, files []entry, version, each, limit int) (volumes [][]byte, places []place, encoded []int) {
	volumes = [][]byte{make([]byte, 512)}
	for i := range files {
		e := &files[i]
		data := e.encode(t, version, each)
		encoded = append(encoded, len(data))
		if e.same > 0 {
			places = append(places, place{i, 0, 0, 0, 0})
			continue
		}
		for first := true; first || len(data) > 0; first = false {
			v := len(volumes) - 1
			n := len(data)
			if limit > 0 && len(volumes[v])+n > limit {
				if n = limit - len(volumes[v]); n <= 0 {
					volumes = append(volumes, make([]byte, 512))
					first = false
					n, v = min(len(data), limit-512), v+1
				}
				if n < len(data) && version > 5 {
					e.flags |= 1
				}
			}
			size := n
			if e.flags&4 != 0 {
				size = 0 // nobody reads it
			}
			places = append(places, place{i, v, len(volumes[v]), size, n})
			volumes[v] = append(volumes[v], data[:n]...)
			data = data[n:]
		}
	}
	return volumes, places, encoded
}

func startOf(version uint32, offset, length int) []byte {
	b := append([]byte("ISc("), make([]byte, 508)...)
	le.PutUint32(b[4:], version)
	le.PutUint32(b[12:], uint32(offset))
	le.PutUint32(b[16:], uint32(length))
	return b
}

// volumeHeader writes the header over a volume's first bytes.
func volumeHeader(volume []byte, v int, version uint32, places []place) {
	copy(volume, startOf(version, 512, 0))
	var in []place
	for _, p := range places {
		if p.volume == v && p.packed > 0 {
			in = append(in, p)
		}
	}
	if len(in) == 0 {
		in = []place{{}}
	}
	first, last := in[0], in[len(in)-1]
	if major(version) <= 5 {
		for i, n := range []int{512, 0, first.index, last.index, first.off, first.size, first.packed, last.off, last.size, last.packed} {
			le.PutUint32(volume[20+4*i:], uint32(n))
		}
		return
	}
	le.PutUint64(volume[20:], 512)
	le.PutUint32(volume[28:], uint32(first.index))
	le.PutUint32(volume[32:], uint32(last.index))
	for i, n := range []int{first.off, first.size, first.packed, last.off, last.size, last.packed} {
		le.PutUint64(volume[36+8*i:], uint64(n))
	}
}

// pack writes a header and volumes.
func pack(t testing.TB, version uint32, each, limit int, files ...entry) (hdr []byte, volumes [][]byte) {
	m := major(version)
	volumes, places, encoded := layVolumes(t, files, m, each, limit)
	for v := range volumes {
		volumeHeader(volumes[v], v, version, places)
	}
	str := func(s string) []byte {
		if m < 17 {
			return append([]byte(s), 0)
		}
		var out []byte
		for _, u := range utf16.Encode([]rune(s)) {
			out = le.AppendUint16(out, u)
		}
		return append(out, 0, 0)
	}
	var dirs []string
	dirOf := map[string]int{}
	for _, e := range files {
		if _, ok := dirOf[e.dir]; !ok {
			dirOf[e.dir] = len(dirs)
			dirs = append(dirs, e.dir)
		}
	}
	// The file table: offsets, names, descriptors.
	offsets := len(dirs)
	if m <= 5 {
		offsets += len(files)
	}
	table := make([]byte, 4*offsets)
	for i, d := range dirs {
		le.PutUint32(table[4*i:], uint32(len(table)))
		table = append(table, str(d)...)
	}
	names := make([]int, len(files))
	for i, e := range files {
		names[i] = len(table)
		table = append(table, str(e.name)...)
	}
	second := len(table)
	for i, e := range files {
		var p place
		for k := len(places) - 1; k >= 0; k-- {
			if places[k].index == i {
				p = places[k]
			}
		}
		if e.beside {
			p.off = len(volumes[p.volume])
		}
		if m <= 5 {
			le.PutUint32(table[4*(len(dirs)+i):], uint32(len(table)))
			b := make([]byte, 0x3A)
			le.PutUint32(b, uint32(names[i]))
			le.PutUint16(b[4:], uint16(dirOf[e.dir]))
			le.PutUint16(b[8:], e.flags)
			le.PutUint32(b[10:], uint32(len(e.data)))
			le.PutUint32(b[14:], uint32(encoded[i]))
			le.PutUint32(b[0x26:], uint32(p.off))
			table = append(table, b...)
			continue
		}
		b := make([]byte, 0x57)
		le.PutUint16(b, e.flags)
		le.PutUint64(b[2:], uint64(len(e.data)))
		le.PutUint64(b[10:], uint64(encoded[i]))
		le.PutUint64(b[18:], uint64(max(p.off, 1)))
		sum := md5.Sum(e.data)
		copy(b[26:], sum[:])
		le.PutUint32(b[58:], uint32(names[i]))
		le.PutUint16(b[62:], uint16(dirOf[e.dir]))
		if e.same > 0 {
			le.PutUint32(b[76:], uint32(i-e.same))
			b[84] = 1
		}
		le.PutUint16(b[85:], uint16(p.volume+1))
		table = append(table, b...)
	}
	// The descriptor, with the one file group that unshield wants.
	d := make([]byte, 0x3E+4*71*2)
	group := len(d)
	le.PutUint32(d[0x3E:], uint32(group))
	d = append(d, make([]byte, 12+0x60)...)
	le.PutUint32(d[group:], uint32(len(d)))
	le.PutUint32(d[group+4:], uint32(group+12))
	le.PutUint32(d[group+12:], uint32(len(d)))
	for _, at := range []int{0x12, 0x48} { // releases of unshield differ on where it is in version 0
		le.PutUint32(d[group+12+4+at+4:], uint32(len(files)-1))
	}
	d = append(d, str("G")...)
	for i, n := range map[int]int{12: len(d), 20: len(table), 24: len(table), 28: len(dirs), 40: len(files), 44: second} {
		le.PutUint32(d[i:], uint32(n))
	}
	return append(append(startOf(version, 512, len(d)), d...), table...), volumes
}

// single makes one file of a header and a volume: the header stands behind the content.
func single(hdr []byte, volume []byte) []byte {
	out := bytes.Clone(volume)
	le.PutUint32(out[12:], uint32(len(volume)))
	copy(out[16:20], hdr[16:20])
	return append(out, hdr[512:]...)
}
