package payload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/klauspost/compress/zstd"
)

// There is no generator of payloads outside of Android's build; this one writes what update_engine's does: blobs
// one behind the other, in the order of the operations.

// noise gives n bytes that no two blocks have alike.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

func number(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), v)
}

func message(b []byte, field int, m []byte) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|wireBytes), uint64(len(m)))
	return append(b, m...)
}

// op is an operation to write. Its data is the encoded one.
type op struct {
	kind   kind
	data   []byte
	dst    []extent
	edit   func(m []byte) []byte // lies
	noHash bool
	src    []extent // of the old partition
	before []byte   // what they hold, hashed
}

type part struct {
	name string
	size int64 // -1: not stated
	ops  []op
	hash []byte
}

// build writes a payload.
func build(block uint64, parts ...part) []byte { return buildDelta(block, nil, parts...) }

// buildDelta writes a payload that starts from old partitions.
func buildDelta(block uint64, old map[string][]byte, parts ...part) []byte {
	manifest := number(nil, manifestBlockSize, block)
	var blobs []byte
	for _, p := range parts {
		m := message(nil, partitionName, []byte(p.name))
		for _, o := range p.ops {
			body := number(nil, operationType, uint64(o.kind))
			if o.data != nil {
				body = number(number(body, operationDataOffset, uint64(len(blobs))), operationDataLength, uint64(len(o.data)))
				blobs = append(blobs, o.data...)
			}
			for _, e := range o.src {
				body = message(body, operationSrc, number(number(nil, extentStart, e.start), extentCount, e.count))
			}
			if sum := sha256.Sum256(o.before); o.before != nil {
				body = message(body, operationSrcHash, sum[:])
			}
			for _, e := range o.dst {
				body = message(body, operationDst, number(number(nil, extentStart, e.start), extentCount, e.count))
			}
			if sum := sha256.Sum256(o.data); o.data != nil && !o.noHash {
				body = message(body, operationDataHash, sum[:])
			}
			if o.edit != nil {
				body = o.edit(body)
			}
			m = message(m, partitionOperations, body)
		}
		if b, ok := old[p.name]; ok {
			sum := sha256.Sum256(b)
			m = message(m, partitionOldInfo, message(number(nil, infoSize, uint64(len(b))), infoHash, sum[:]))
		}
		var info []byte
		if p.size >= 0 {
			info = number(info, infoSize, uint64(p.size))
		}
		if p.hash != nil {
			info = message(info, infoHash, p.hash)
		}
		m = message(m, partitionNewInfo, info)
		manifest = message(manifest, manifestPartitions, m)
	}
	const signature = 17 // bytes, of no meaning
	return wrapManifest(manifest, signature, append(bytes.Repeat([]byte{0xEE}, signature), blobs...))
}

func wrapManifest(manifest []byte, signature uint32, rest []byte) []byte {
	b := binary.BigEndian.AppendUint64([]byte(magic), majorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(len(manifest)))
	b = binary.BigEndian.AppendUint32(b, signature)
	return append(append(b, manifest...), rest...)
}

// pack encodes data as an operation of a kind does; a tool that is absent skips the test.
func pack(t testing.TB, k kind, data []byte) []byte {
	t.Helper()
	switch k {
	case replaceXZ:
		// The flags of update_engine's payload_generator/xz_android.cc.
		return tool(t, data, "xz", "-c", "--check=none", "--armthumb", "--lzma2=preset=6,dict=2MiB")
	case replaceBZ:
		return tool(t, data, "bzip2", "-9c")
	case replaceZstd:
		return zstdOf(data)
	}
	return data
}

func tool(t testing.TB, in []byte, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(in)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args, err, errs.String())
	}
	return out
}

// packImage makes the operations of an image, 2 MiB each: of every pair, one writes the end of the first 2 MiB and
// the start of the second, the other the end of the second and the start of the first. kinds are used in turn.
func packImage(t testing.TB, raw []byte, block int, kinds ...kind) []op {
	const size = 2 << 20
	half := uint64(size / 2 / block)
	gather := func(dst []extent) []byte {
		var b []byte
		for _, e := range dst {
			b = append(b, raw[e.start*uint64(block):(e.start+e.count)*uint64(block)]...)
		}
		return b
	}
	var ops []op
	add := func(dst ...extent) {
		data := gather(dst)
		if bytes.Count(data, []byte{0}) == len(data) {
			ops = append(ops, op{kind: []kind{zero, discard}[len(ops)%2], dst: dst})
			return
		}
		k := kinds[len(ops)%len(kinds)]
		ops = append(ops, op{kind: k, data: pack(t, k, data), dst: dst})
	}
	at := uint64(0)
	for ; (at+4*half)*uint64(block) <= uint64(len(raw)); at += 4 * half {
		add(extent{at + half, 2 * half})
		add(extent{at + 3*half, half}, extent{at, half})
	}
	if rest := uint64(len(raw)/block) - at; rest > 0 {
		add(extent{at, rest})
	}
	return ops
}

// packPlain makes operations of 2 MiB in the order of the image, without DISCARD.
func packPlain(t testing.TB, raw []byte, block int, kinds ...kind) []op {
	var ops []op
	for at := 0; at < len(raw); at += 2 << 20 {
		data := raw[at:min(at+2<<20, len(raw))]
		o := op{kind: zero, dst: []extent{{uint64(at / block), uint64(len(data) / block)}}}
		if bytes.Count(data, []byte{0}) < len(data) {
			o.kind = kinds[len(ops)%len(kinds)]
			o.data = pack(t, o.kind, data)
		}
		ops = append(ops, o)
	}
	return ops
}

// systemImage makes an ext4 image of a tree of real firmware, or skips the test.
func systemImage(t testing.TB, name, size string) []byte {
	t.Helper()
	tree := corpustest.Dir(t, "trees/trees", name)
	img := filepath.Join(t.TempDir(), "system.img")
	tool(t, nil, "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^has_journal", "-d", tree, img, size)
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// zstdOf encodes with zstd.
func zstdOf(data []byte) []byte {
	e, err := zstd.NewWriter(nil)
	if err != nil {
		return nil
	}
	defer e.Close()
	return e.EncodeAll(data, nil)
}

// storedXZ makes an .xz stream of at most 64 KiB that is not compressed.
func storedXZ(data []byte) []byte {
	sum := func(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }
	pad := func(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }
	flags := []byte{0, 0}
	head := sum([]byte{2, 0, 0x21, 1, 10, 0, 0, 0})
	chunk := append([]byte{1, byte((len(data) - 1) >> 8), byte(len(data) - 1)}, data...)
	chunk = append(chunk, 0)
	index := binary.AppendUvarint(binary.AppendUvarint([]byte{0, 1}, uint64(len(head)+len(chunk))), uint64(len(data)))
	index = sum(pad(index))
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1))
	footer := append(size, flags...)
	footer = append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(footer)), footer...)
	return slices.Concat([]byte("\xFD7zXZ\x00"), flags, binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(flags)),
		head, pad(chunk), index, footer, []byte("YZ"))
}
