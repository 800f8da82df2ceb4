package dex

import (
	"bytes"
	"encoding/binary"
)

// Proto is a method prototype.
type Proto struct {
	Shorty uint32 // string index
	Return uint32 // type index
	Params []byte // type indices, two bytes each, little-endian
}

// FieldID names a field.
type FieldID struct {
	Class, Type uint32 // type indices
	Name        uint32 // string index
}

// MethodID names a method.
type MethodID struct {
	Class uint32 // type index
	Proto uint32 // prototype index
	Name  uint32 // string index
}

// NumStrings returns the number of string identifiers.
func (f *File) NumStrings() int { return len(f.stringIDs) / stringIDSize }

// NumTypes returns the number of type identifiers.
func (f *File) NumTypes() int { return len(f.typeIDs) / typeIDSize }

// NumProtos returns the number of prototypes.
func (f *File) NumProtos() int { return len(f.protoIDs) / protoIDSize }

// NumFields returns the number of field identifiers.
func (f *File) NumFields() int { return len(f.fieldIDs) / fieldIDSize }

// NumMethods returns the number of method identifiers.
func (f *File) NumMethods() int { return len(f.methodIDs) / methodIDSize }

// NumClasses returns the number of class definitions.
func (f *File) NumClasses() int { return len(f.classes) / classDefSize }

// MUTF8 returns the bytes of a string as they are stored, without the final zero; ok is false where the
// index or the offset is out of range or the zero is missing.
func (f *File) MUTF8(i uint32) (s []byte, ok bool) {
	if uint64(i) >= uint64(f.NumStrings()) {
		return nil, false
	}
	off := binary.LittleEndian.Uint32(f.stringIDs[i*stringIDSize:])
	if uint64(off) >= uint64(len(f.Data)) {
		return nil, false
	}
	r := reader{data: f.Data, pos: uint64(off)}
	r.uleb() // utf16_size; the zero byte decides, as it does for ART
	if r.bad {
		return nil, false
	}
	rest := f.Data[r.pos:]
	n := bytes.IndexByte(rest, 0)
	if n < 0 {
		return nil, false
	}
	return rest[:n], true
}

// String returns a string as UTF-8, see [AppendMUTF8]; "" where there is none.
func (f *File) String(i uint32) string {
	s, _ := f.MUTF8(i)
	for _, c := range s {
		if c >= 0x80 {
			return string(AppendMUTF8(make([]byte, 0, len(s)), s))
		}
	}
	return string(s)
}

// maxName bounds a name inside a reference; the class file format, where names come from, has no longer ones.
const maxName = 65535

// appendString appends a name as UTF-8.
func (f *File) appendString(dst []byte, i uint32) []byte {
	s, _ := f.MUTF8(i)
	return AppendMUTF8(dst, s[:min(len(s), maxName)])
}

// TypeString returns the string index of a type's descriptor, NoIndex where the type is out of range.
func (f *File) TypeString(i uint32) uint32 {
	if uint64(i) >= uint64(f.NumTypes()) {
		return NoIndex
	}
	return binary.LittleEndian.Uint32(f.typeIDs[i*typeIDSize:])
}

// Type returns a type descriptor: "Lcom/x/Y;", "[I"; "" where there is none.
func (f *File) Type(i uint32) string { return f.String(f.TypeString(i)) }

// Proto returns a prototype.
func (f *File) Proto(i uint32) (Proto, bool) {
	if uint64(i) >= uint64(f.NumProtos()) {
		return Proto{}, false
	}
	b := f.protoIDs[uint64(i)*protoIDSize:]
	return Proto{
		Shorty: binary.LittleEndian.Uint32(b),
		Return: binary.LittleEndian.Uint32(b[4:]),
		Params: f.typeList(binary.LittleEndian.Uint32(b[8:])),
	}, true
}

// typeList returns the type indices of a type_list, two bytes each; nil for offset 0 and for a list that
// reaches outside the file.
func (f *File) typeList(off uint32) []byte {
	if off == 0 || uint64(off)+4 > uint64(len(f.Data)) {
		return nil
	}
	n := uint64(f.u32(off)) * 2
	if start := uint64(off) + 4; n <= uint64(len(f.Data))-start {
		return f.Data[start : start+n]
	}
	return nil
}

// Field returns a field identifier.
func (f *File) Field(i uint32) (FieldID, bool) {
	if uint64(i) >= uint64(f.NumFields()) {
		return FieldID{}, false
	}
	b := f.fieldIDs[uint64(i)*fieldIDSize:]
	return FieldID{
		Class: uint32(binary.LittleEndian.Uint16(b)),
		Type:  uint32(binary.LittleEndian.Uint16(b[2:])),
		Name:  binary.LittleEndian.Uint32(b[4:]),
	}, true
}

// Method returns a method identifier.
func (f *File) Method(i uint32) (MethodID, bool) {
	if uint64(i) >= uint64(f.NumMethods()) {
		return MethodID{}, false
	}
	b := f.methodIDs[uint64(i)*methodIDSize:]
	return MethodID{
		Class: uint32(binary.LittleEndian.Uint16(b)),
		Proto: uint32(binary.LittleEndian.Uint16(b[2:])),
		Name:  binary.LittleEndian.Uint32(b[4:]),
	}, true
}

// FieldRef returns "Lcom/x/Y;->name:Type", or "" where there is no such field.
func (f *File) FieldRef(i uint32) string {
	id, ok := f.Field(i)
	if !ok {
		return ""
	}
	b := f.appendString(nil, f.TypeString(id.Class))
	b = append(b, "->"...)
	b = f.appendString(b, id.Name)
	b = append(b, ':')
	return string(f.appendString(b, f.TypeString(id.Type)))
}

// MethodRef returns "Lcom/x/Y;->name(args)ret", or "" where there is no such method.
func (f *File) MethodRef(i uint32) string { return string(f.AppendMethodRef(nil, i)) }

// AppendMethodRef appends what [File.MethodRef] returns.
func (f *File) AppendMethodRef(dst []byte, i uint32) []byte {
	id, ok := f.Method(i)
	if !ok {
		return dst
	}
	return f.appendCall(dst, id.Class, id)
}

// appendCall appends a method reference as seen from class.
func (f *File) appendCall(dst []byte, class uint32, id MethodID) []byte {
	dst = f.appendString(dst, f.TypeString(class))
	dst = append(dst, "->"...)
	dst = f.appendString(dst, id.Name)
	return f.AppendProto(dst, id.Proto)
}

// maxParams bounds the parameters that are spelled out: a call passes at most 255 registers.
const maxParams = 255

// AppendProto appends "(args)ret".
func (f *File) AppendProto(dst []byte, i uint32) []byte {
	p, _ := f.Proto(i)
	dst = append(dst, '(')
	params := p.Params[:min(len(p.Params), 2*maxParams)]
	for ; len(params) >= 2; params = params[2:] {
		dst = f.appendString(dst, f.TypeString(uint32(binary.LittleEndian.Uint16(params))))
	}
	dst = append(dst, ')')
	return f.appendString(dst, f.TypeString(p.Return))
}
