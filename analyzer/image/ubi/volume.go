package ubi

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	recordSize = 172 // struct ubi_vtbl_record
	maxVolumes = 128
	maxName    = 127
	maxLEBs    = 1 << 20

	autoresize = 1 // flag: the volume grows to what the flash has

	ubifsMagic = "\x31\x18\x10\x06"
)

// record is what the table of volumes says of one.
type record struct {
	id       uint32
	reserved uint32 // blocks
	dataPad  int64
	static   bool
	updating bool // an update was begun and not finished
	name     string
	flags    uint8
}

// volume is a file.
type volume struct {
	f      *flash
	name   string // of the file
	static bool
	leb    int64 // bytes of a logical block
	size   int64
	blocks map[uint32]block
}

// list makes a file of each volume.
func (f *flash) list() {
	byID := map[uint32][]block{}
	for _, b := range f.blocks {
		byID[b.volume] = append(byID[b.volume], b)
	}
	f.blocks = nil
	records := f.table(f.choose(byID[layoutVolume]))
	for _, r := range records {
		f.add(r, byID[r.id])
		delete(byID, r.id)
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if id >= internal {
			continue
		}
		first := byID[id][0]
		f.Miss("", image.Errorf(image.Malformed, first.at, "volume %d is not in the table of volumes", id))
		if len(records) < 2*maxVolumes {
			r := record{id: id, reserved: maxLEBs, dataPad: first.dataPad, static: first.static, name: fmt.Sprintf("volume-%d", id)}
			records = append(records, r)
			f.add(r, byID[id])
		}
	}
}

// table reads the table of volumes, of which there are two copies.
func (f *flash) table(layout map[uint32]block) (out []record) {
	if len(layout) == 0 {
		f.Miss("", image.Errorf(image.Malformed, -1, "no table of volumes"))
		return nil
	}
	tables := slices.Sorted(maps.Keys(layout))
	for id := range uint32(maxVolumes) {
		at := int64(id) * recordSize
		if at+recordSize > f.block-f.data {
			break
		}
		var err error
		for _, lnum := range tables {
			var r record
			if r, err = f.record(layout[lnum].at+f.data+at, id); err == nil {
				if r.reserved > 0 {
					out = append(out, r)
				}
				break
			}
		}
		if err != nil {
			f.Miss("", err)
		}
	}
	return out
}

func (f *flash) record(at int64, id uint32) (record, error) {
	raw, err := bin.ReadAt(f.r, f.have, at, recordSize, recordSize)
	if err != nil {
		return record{}, err
	}
	c := bin.Big(raw, at)
	r := record{id: id, reserved: c.U32()}
	c.Skip(4)
	r.dataPad = int64(c.U32())
	r.static, r.updating = c.U8() == typeStatic, c.U8() != 0
	size := min(int(c.U16()), maxName)
	r.name = string(bytes.TrimRight(c.Bytes(128)[:size], "\x00"))
	r.flags = c.U8()
	c.Skip(23)
	if found := crc(raw[:recordSize-4]); found != c.U32() {
		f.spoil(at, "record of the table of volumes")
		return record{}, image.Errorf(image.Malformed, at, "record %d of the table of volumes has a wrong checksum", id)
	}
	f.good++
	return r, nil
}

// add makes a file of the blocks of a volume.
func (f *flash) add(r record, blocks []block) {
	v := &volume{f: f, static: r.static, leb: f.block - f.data - r.dataPad, blocks: map[uint32]block{}}
	if v.leb <= 0 {
		f.Miss(r.name, image.Errorf(image.Malformed, -1, "volume %d leaves %d bytes of each block unused", r.id, r.dataPad))
		return
	}
	limit := min(r.reserved, maxLEBs)
	if r.flags&autoresize != 0 {
		limit = maxLEBs
	}
	if outside := slices.IndexFunc(blocks, func(b block) bool { return b.lnum >= limit }); outside >= 0 {
		f.Miss(r.name, image.Errorf(image.Malformed, blocks[outside].at, "volume %d has block %d of %d", r.id, blocks[outside].lnum, limit))
		blocks = slices.DeleteFunc(blocks, func(b block) bool { return b.lnum >= limit })
	}
	v.blocks = f.choose(blocks)
	v.measure(r)
	base, note, ok := image.ValidName(r.name)
	if !ok {
		base, note = fmt.Sprintf("volume-%d", r.id), fmt.Sprintf("named %q", r.name)
	}
	ext := ".img"
	if head := make([]byte, len(ubifsMagic)); v.size >= int64(len(head)) {
		if _, err := v.ReadAt(head, 0); err == nil && string(head) == ubifsMagic {
			ext = ".ubifs"
		}
	}
	v.name = f.Free(base + ext)
	if r.updating {
		f.Miss(v.name, image.Errorf(image.Malformed, -1, "an update of this volume was begun and not finished"))
	}
	v.missing()
	e := image.Entry{Mode: 0o444, Size: v.size, Attr: image.Attr{Offset: v.offset(), Note: note}, Open: func() (io.ReaderAt, error) { return v, nil }}
	if err := f.Add(v.name, e); err != nil {
		f.Miss(v.name, err)
		return
	}
	f.volumes = append(f.volumes, v)
}

// measure finds how long the volume is. The blocks of a static one say how many they are and how full; a dynamic one
// ends with the last block that is mapped.
func (v *volume) measure(r record) {
	var last uint32
	for lnum, b := range v.blocks {
		last = max(last, lnum+1)
		if v.static {
			last = max(last, min(b.usedEBs, r.reserved, maxLEBs))
		}
	}
	v.size = int64(last) * v.leb
	if b, ok := v.blocks[last-1]; ok && v.static {
		v.size -= v.leb - min(v.leb, b.dataSize)
	}
}

// missing tells of the blocks that a static volume lacks, and of those that end too early.
func (v *volume) missing() {
	last := uint32((v.size + v.leb - 1) / v.leb)
	lost := int64(0)
	for lnum := range last {
		b, ok := v.blocks[lnum]
		switch {
		case !ok:
			lost++
		case b.at+v.f.data+v.leb > v.f.have:
			v.f.Miss(v.name, image.Errorf(image.Truncated, v.f.have, "logical block %d is cut", lnum))
		}
	}
	if lost > 0 && v.static {
		v.f.Miss(v.name, image.Errorf(image.Truncated, -1, "%d of %d blocks of this static volume are missing", lost, last))
	}
}

// offset returns where the volume lies if it is in one block, else -1.
func (v *volume) offset() int64 {
	b, ok := v.blocks[0]
	if !ok || v.f.spare || v.size > v.leb {
		return -1
	}
	return b.at + v.f.data
}

// ReadAt implements [io.ReaderAt].
func (v *volume) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, v.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(p); {
		lnum, skip := (off+int64(done))/v.leb, (off+int64(done))%v.leb
		part := p[done:min(int64(len(p)), int64(done)+v.leb-skip)]
		b, ok := v.blocks[uint32(lnum)]
		switch {
		case !ok && v.static:
			return done, image.Errorf(image.Truncated, -1, "logical block %d is missing", lnum)
		case !ok:
			for k := range part {
				part[k] = 0xFF
			}
			done += len(part)
			continue
		}
		n, err := v.f.r.ReadAt(part, b.at+v.f.data+skip)
		if done += n; n < len(part) {
			if err == nil || err == io.EOF {
				err = image.Errorf(image.Truncated, b.at+v.f.data+skip+int64(n), "the input ends inside of a block")
			}
			return done, err
		}
	}
	return len(p), tail
}
