package dex

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// ClassDef is a class definition. Offsets are from the start of Data, 0 for none; indices are NoIndex for none.
type ClassDef struct {
	Class        uint32 // type index
	Access       uint32
	Super        uint32 // type index
	Interfaces   []byte // type indices, two bytes each, little-endian
	Source       uint32 // string index
	Annotations  uint32 // offset of annotations_directory_item
	Data         uint32 // offset of class_data_item
	StaticValues uint32 // offset of encoded_array_item
}

// Bits of access flags that decide something here.
const (
	AccStatic    = 0x8
	AccNative    = 0x100
	AccInterface = 0x200
	AccAbstract  = 0x400
)

// EncodedField is a field of a class, in class data.
type EncodedField struct {
	Field  uint32 // field index
	Access uint32
}

// EncodedMethod is a method of a class, in class data.
type EncodedMethod struct {
	Method uint32 // method index
	Access uint32
	Code   uint32 // offset of code_item, 0 for abstract and native methods
}

// ClassData lists the members of a class.
type ClassData struct {
	StaticFields, InstanceFields  []EncodedField
	DirectMethods, VirtualMethods []EncodedMethod
}

// Class returns a class definition.
func (f *File) Class(i int) (ClassDef, bool) {
	if i < 0 || i >= f.NumClasses() {
		return ClassDef{}, false
	}
	b := f.classes[i*classDefSize:]
	word := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	return ClassDef{
		Class: word(0), Access: word(4), Super: word(8), Interfaces: f.typeList(word(12)), Source: word(16),
		Annotations: word(20), Data: word(24), StaticValues: word(28),
	}, true
}

// ReadClassData fills d, whose slices are used again, from the class_data_item at off. Offset 0 is an empty
// class. Members read before an error stay in d.
func (f *File) ReadClassData(off uint32, d *ClassData) error {
	d.StaticFields, d.InstanceFields = d.StaticFields[:0], d.InstanceFields[:0]
	d.DirectMethods, d.VirtualMethods = d.DirectMethods[:0], d.VirtualMethods[:0]
	if off == 0 {
		return nil
	}
	r := reader{data: f.Data, pos: uint64(off)}
	sf, inf, dm, vm := r.uleb(), r.uleb(), r.uleb(), r.uleb()
	// a field takes two bytes at least and a method three
	if 2*(uint64(sf)+uint64(inf))+3*(uint64(dm)+uint64(vm)) > r.left() || r.bad {
		return image.Errorf(image.Malformed, int64(off), "class data claims %d fields and %d methods in %d bytes",
			uint64(sf)+uint64(inf), uint64(dm)+uint64(vm), r.left())
	}
	d.StaticFields = readFields(&r, d.StaticFields, sf)
	d.InstanceFields = readFields(&r, d.InstanceFields, inf)
	d.DirectMethods = readMethods(&r, d.DirectMethods, dm)
	d.VirtualMethods = readMethods(&r, d.VirtualMethods, vm)
	if r.bad {
		return image.Errorf(image.Truncated, int64(off), "class data ends outside the file")
	}
	return nil
}

func readFields(r *reader, list []EncodedField, n uint32) []EncodedField {
	var index uint32
	for range n {
		index += r.uleb()
		list = append(list, EncodedField{Field: index, Access: r.uleb()})
		if r.bad {
			return list[:len(list)-1]
		}
	}
	return list
}

func readMethods(r *reader, list []EncodedMethod, n uint32) []EncodedMethod {
	var index uint32
	for range n {
		index += r.uleb()
		list = append(list, EncodedMethod{Method: index, Access: r.uleb(), Code: r.uleb()})
		if r.bad {
			return list[:len(list)-1]
		}
	}
	return list
}
