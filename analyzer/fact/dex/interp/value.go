package interp

import (
	"math"
	"slices"
)

// Kind is what a Value is.
type Kind uint8

// The kinds. A method that returns nothing gives null.
const (
	KindNull   Kind = iota
	KindInt         // int, short, byte, char and boolean
	KindLong        // long
	KindFloat       // float
	KindDouble      // double
	KindObject      // a string, an array or another object
)

// Value is an argument or a result. The zero Value is null. Arrays and strings are copied on their way in and out.
type Value struct {
	kind Kind
	n    int64
	o    *object
}

// Kind tells what v is.
func (v Value) Kind() Kind { return v.kind }

// Null returns null.
func Null() Value { return Value{} }

// IntValue returns an int; boolean, byte, char and short arguments are ints too.
func IntValue(i int32) Value { return Value{kind: KindInt, n: int64(i)} }

// LongValue returns a long.
func LongValue(i int64) Value { return Value{kind: KindLong, n: i} }

// FloatValue returns a float.
func FloatValue(f float32) Value { return Value{kind: KindFloat, n: int64(math.Float32bits(f))} }

// DoubleValue returns a double.
func DoubleValue(f float64) Value { return Value{kind: KindDouble, n: int64(math.Float64bits(f))} }

func objectValue(native any) Value { return Value{kind: KindObject, o: &object{native: native}} }

// StringValue returns a java.lang.String of UTF-8 text.
func StringValue(s string) Value { return objectValue(units(s)) }

// UTF16Value returns a java.lang.String of code units, where lone surrogates count.
func UTF16Value(u []uint16) Value { return objectValue(text(slices.Clone(u))) }

// BytesValue returns a byte[].
func BytesValue(b []byte) Value { return objectValue(toInt8(b)) }

// CharsValue returns a char[].
func CharsValue(u []uint16) Value { return objectValue(slices.Clone(u)) }

// IntsValue returns an int[].
func IntsValue(i []int32) Value { return objectValue(slices.Clone(i)) }

// LongsValue returns a long[].
func LongsValue(i []int64) Value { return objectValue(slices.Clone(i)) }

// ShortsValue returns a short[].
func ShortsValue(i []int16) Value { return objectValue(slices.Clone(i)) }

// StringsValue returns a String[].
func StringsValue(list []string) Value {
	out := make([]*object, len(list))
	for i, s := range list {
		out[i] = &object{native: units(s)}
	}
	return objectValue(out)
}

func native[T any](v Value) (t T, ok bool) {
	if v.o == nil {
		return t, false
	}
	t, ok = v.o.native.(T)
	return t, ok
}

// AsString returns a String as UTF-8, U+FFFD for lone surrogates; ok is false for anything else.
func (v Value) AsString() (string, bool) {
	t, ok := native[text](v)
	return t.String(), ok
}

// AsUTF16 returns the code units of a String.
func (v Value) AsUTF16() ([]uint16, bool) {
	t, ok := native[text](v)
	return slices.Clone(t), ok
}

// AsInt returns an int, a long, or one of them boxed.
func (v Value) AsInt() (int64, bool) {
	switch v.kind {
	case KindInt, KindLong:
		return v.n, true
	case KindObject:
		if n, ok := boxedInt(v.o); ok {
			return n, true
		}
	}
	return 0, false
}

// AsFloat returns a float or a double.
func (v Value) AsFloat() (float64, bool) {
	switch v.kind {
	case KindFloat:
		return float64(math.Float32frombits(uint32(v.n))), true
	case KindDouble:
		return math.Float64frombits(uint64(v.n)), true
	}
	return 0, false
}

// AsBytes returns the elements of a byte[].
func (v Value) AsBytes() ([]byte, bool) {
	b, ok := native[[]int8](v)
	return toBytes(b), ok
}

// AsChars returns the elements of a char[].
func (v Value) AsChars() ([]uint16, bool) {
	u, ok := native[[]uint16](v)
	return slices.Clone(u), ok
}

// AsInts returns the elements of an int[].
func (v Value) AsInts() ([]int32, bool) {
	u, ok := native[[]int32](v)
	return slices.Clone(u), ok
}

// AsStrings returns the elements of an array of strings; null elements are "".
func (v Value) AsStrings() ([]string, bool) {
	list, ok := native[[]*object](v)
	out := make([]string, len(list))
	for i, o := range list {
		if o == nil {
			continue
		}
		t, isText := o.native.(text)
		if !isText {
			return nil, false
		}
		out[i] = t.String()
	}
	return out, ok
}

// Class returns the descriptor of an object's class, "" for other values and for arguments not yet passed.
func (v Value) Class() string {
	if v.o == nil || v.o.class == nil {
		return ""
	}
	return v.o.class.name
}
