package dex

import (
	"math"

	"romscan/analyzer/image"
)

// ValueType is the type of an encoded_value.
type ValueType uint8

// The types, "Dalvik executable format", section "encoded_value encoding".
const (
	ValueByte         ValueType = 0x00
	ValueShort        ValueType = 0x02
	ValueChar         ValueType = 0x03
	ValueInt          ValueType = 0x04
	ValueLong         ValueType = 0x06
	ValueFloat        ValueType = 0x10
	ValueDouble       ValueType = 0x11
	ValueMethodType   ValueType = 0x15
	ValueMethodHandle ValueType = 0x16
	ValueString       ValueType = 0x17
	ValueTypeRef      ValueType = 0x18
	ValueField        ValueType = 0x19
	ValueMethod       ValueType = 0x1a
	ValueEnum         ValueType = 0x1b
	ValueArray        ValueType = 0x1c
	ValueAnnotation   ValueType = 0x1d
	ValueNull         ValueType = 0x1e
	ValueBoolean      ValueType = 0x1f
)

// Value is an encoded_value.
type Value struct {
	Type       ValueType
	Offset     uint32 // of its first byte in Data
	Int        int64  // byte to long, and boolean as 0 or 1
	Float      float64
	Index      uint32 // of a string, type, field, method, prototype or method handle
	Array      []Value
	Annotation *Annotation
}

// Annotation is an encoded_annotation; Visibility is meaningful for an annotation_item.
type Annotation struct {
	Visibility uint8  // 0 build, 1 runtime, 2 system
	Type       uint32 // type index
	Elements   []Element
}

// Element is a named value of an annotation.
type Element struct {
	Name  uint32 // string index
	Value Value
}

// maxValueDepth bounds arrays in arrays and annotations in annotations; compilers nest two or three deep.
const maxValueDepth = 16

// maxValues bounds the values of one item: a value takes a byte in the file and much more in memory.
const maxValues = 1 << 16

// ReadArray reads the encoded_array_item at off, as static values and call sites are stored. Offset 0 is
// an empty array; values read before an error are returned beside it.
func (f *File) ReadArray(off uint32) ([]Value, error) {
	if off == 0 {
		return nil, nil
	}
	r := reader{data: f.Data, pos: uint64(off)}
	v := r.array(0)
	if r.bad {
		return v, image.Errorf(image.Malformed, int64(off), "encoded array leaves the file, nests too deep or is too long")
	}
	return v, nil
}

func (r *reader) array(depth int) []Value {
	n := uint64(r.uleb())
	if n > r.left() || depth > maxValueDepth { // a value takes a byte at least
		r.bad = true
		return nil
	}
	var out []Value
	for range n {
		v := r.value(depth + 1)
		if r.bad {
			break
		}
		out = append(out, v)
	}
	return out
}

func (r *reader) annotation(depth int) *Annotation {
	a := &Annotation{Type: r.uleb()}
	n := uint64(r.uleb())
	if n > r.left()/2 || depth > maxValueDepth {
		r.bad = true
		return a
	}
	for range n {
		e := Element{Name: r.uleb(), Value: r.value(depth + 1)}
		if r.bad {
			break
		}
		a.Elements = append(a.Elements, e)
	}
	return a
}

func (r *reader) value(depth int) Value {
	v := Value{Offset: uint32(r.pos)}
	if r.values++; r.values > maxValues {
		r.bad = true
		return v
	}
	head := r.byte()
	v.Type = ValueType(head & 0x1f)
	arg := int(head >> 5)
	size := arg + 1
	signed := func() int64 {
		shift := 64 - 8*size
		return int64(r.fixed(size)<<shift) >> shift
	}
	switch v.Type {
	case ValueByte, ValueShort, ValueInt, ValueLong:
		v.Int = signed()
	case ValueChar:
		v.Int = int64(r.fixed(size))
	case ValueFloat:
		v.Float = float64(math.Float32frombits(uint32(r.fixed(size) << (8 * uint(max(4-size, 0))))))
	case ValueDouble:
		v.Float = math.Float64frombits(r.fixed(size) << (64 - 8*size))
	case ValueMethodType, ValueMethodHandle, ValueString, ValueTypeRef, ValueField, ValueMethod, ValueEnum:
		v.Index = uint32(r.fixed(size))
	case ValueArray:
		v.Array = r.array(depth)
	case ValueAnnotation:
		v.Annotation = r.annotation(depth)
	case ValueNull:
	case ValueBoolean:
		v.Int = int64(arg & 1)
	default:
		r.bad = true
	}
	return v
}
