package sony

import (
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Version 3, big endian: 03 "SIN", u32 size of the header, u32 kind of payload, u32 kind of hash (2 is SHA256),
// u32, u32 size of the hashes, the hashes, each u32 size of a stretch and its hash, u32 size of the certificate,
// certificate. What the stretches cover follows the header. It starts with a table of addresses, "MMCF", u32 size
// of what follows in the table, where there is one:
//
//	"GPTP" u32 size, UUID of the partition
//	"ADDR" u32 size, u64 offset behind the table, u64 length, u64 address, u32 kind of hash, hash
//	"LZ4A" u32 size, u64 offset, u64 length decoded, u64 length encoded, u64 address, u64, u32 kind of hash, hash
//
// The sizes of these count their own eight bytes.
const (
	newFixed = 24
	sha256ID = 2
)

func (f *file) openNew() error {
	b, err := bin.ReadAt(f.r, f.size, 0, newFixed, newFixed)
	if err != nil {
		return err
	}
	c := bin.Big(b, 0)
	if string(c.Bytes(4)) != "\x03SIN" {
		return image.Errorf(image.Malformed, 0, "no magic number of a SIN")
	}
	length := int64(c.U32())
	c.Skip(4)
	kind := c.U32()
	c.Skip(4)
	hashes := int64(c.U32())
	if length < newFixed || length > maxHeader || hashes > length-newFixed {
		return image.Errorf(image.Malformed, 4, "header of %d bytes with %d of hashes", length, hashes)
	}
	if length > f.size {
		return image.Errorf(image.Truncated, f.size, "ends inside of the header of %d bytes", length)
	}
	stated := f.readHashes(length, hashes, kind)
	mark := make([]byte, 4)
	if n, _ := f.r.ReadAt(mark, length); n == 4 && string(mark) == "MMCF" {
		return f.readTable(length)
	}
	end := f.size
	if stated > 0 {
		end = length + stated
	}
	if end > f.size {
		f.parts.Miss("", image.Errorf(image.Truncated, f.size, "%d bytes stated, %d there", end, f.size))
	}
	f.runs = []run{{at: 0, length: end - length, from: length}}
	return nil
}

// readHashes returns how many bytes the hashes cover.
func (f *file) readHashes(length, hashes int64, kind uint32) int64 {
	if hashes == 0 {
		return 0
	}
	if kind != sha256ID {
		f.parts.Miss("", image.Errorf(image.Unsupported, 12, "hashes of kind %d", kind))
		return 0
	}
	b, err := bin.ReadAt(f.r, f.size, newFixed, hashes, maxHeader)
	if err != nil {
		f.parts.Miss("", err)
		return 0
	}
	c := bin.Big(b, newFixed)
	from := length
	for c.Len() > 0 {
		n := int64(c.U32())
		sum := c.Bytes(32)
		if err := c.Err(); err != nil {
			f.parts.Miss("", image.Errorf(image.Malformed, newFixed, "%d bytes of hashes", hashes))
			break
		}
		f.hashes = append(f.hashes, hashed{from, n, sum})
		from += n
	}
	return from - length
}

// readTable reads the table of addresses at at.
func (f *file) readTable(at int64) error {
	b, err := bin.ReadAt(f.r, f.size, at, 8, 8)
	if err != nil {
		return err
	}
	length := int64(bin.Big(b[4:], at).U32())
	if length > maxTable {
		return image.Errorf(image.Malformed, at+4, "a table of %d bytes", length)
	}
	data := at + 8 + length
	there := min(length, f.size-at-8)
	if there < length {
		f.parts.Miss("", image.Errorf(image.Truncated, f.size, "ends inside of the table of addresses"))
	}
	if b, err = bin.ReadAt(f.r, f.size, at+8, there, maxTable); err != nil {
		return err
	}
	for pos := int64(0); pos+8 <= there; {
		c := bin.Big(b[pos:], at+8+pos)
		tag, n := string(c.Bytes(4)), int64(c.U32())
		if n < 8 {
			f.parts.Miss("", image.Errorf(image.Malformed, at+8+pos, "an entry %q of %d bytes", tag, n))
			break
		}
		if n > there-pos {
			if there == length {
				f.parts.Miss("", image.Errorf(image.Malformed, at+8+pos, "an entry %q of %d bytes in %d", tag, n, there-pos))
			}
			break
		}
		f.entry(tag, b[pos:pos+n], at+8+pos, data)
		pos += n
	}
	return nil
}

// entry takes one entry of the table; at is its offset, data where the offsets in it count from.
func (f *file) entry(tag string, b []byte, at, data int64) {
	c := bin.Big(b, at)
	c.Skip(8)
	x := run{header: at}
	var offset, length, packed, address uint64
	switch tag {
	case "GPTP":
		return
	case "ADDR":
		offset, length, address = c.U64(), c.U64(), c.U64()
	case "LZ4A":
		offset, length, packed, address = c.U64(), c.U64(), c.U64(), c.U64()
		c.Skip(8)
	default:
		f.parts.Miss("", image.Errorf(image.Unsupported, at, "an entry %q of %d bytes", tag, len(b)))
		return
	}
	if kind := c.U32(); kind == sha256ID && c.Len() >= 32 {
		x.sum = c.Bytes(32)
	}
	if c.Err() != nil || max(offset, length, packed, address) > maxImage {
		f.parts.Miss("", image.Errorf(image.Malformed, at, "an entry %q of %d bytes: %d bytes at %d to %d", tag, len(b), length, offset, address))
		return
	}
	x.at, x.length, x.from, x.packed = int64(address), int64(length), data+int64(offset), int64(packed)
	stored := max(x.packed, 0)
	if tag == "ADDR" {
		stored = x.length
	} else if x.packed == 0 && x.length > 0 || x.length > 255*x.packed+64 {
		f.parts.Miss("", image.Errorf(image.Malformed, at, "%d bytes out of %d of LZ4", x.length, x.packed))
		return
	}
	if x.from+stored > f.size {
		f.parts.Miss("", image.Errorf(image.Truncated, f.size, "%d bytes at %d lie past the end", stored, x.from))
	}
	f.runs = append(f.runs, x)
}
