package dex

import "romscan/analyzer/image"

// Annotated is one member of a class with the offset of its annotation_set_item. For parameters the offset
// is that of an annotation_set_ref_list.
type Annotated struct {
	Index uint32 // field or method index
	Set   uint32
}

// AnnotationDirectory is an annotations_directory_item.
type AnnotationDirectory struct {
	Class      uint32 // offset of the class's own set, 0 for none
	Fields     []Annotated
	Methods    []Annotated
	Parameters []Annotated
}

// AnnotationDirectory reads the directory at off; offset 0 is an empty one.
func (f *File) AnnotationDirectory(off uint32) (AnnotationDirectory, error) {
	var d AnnotationDirectory
	if off == 0 {
		return d, nil
	}
	if uint64(off)+16 > uint64(len(f.Data)) {
		return d, image.Errorf(image.Malformed, int64(off), "annotations directory outside the file")
	}
	d.Class = f.u32(off)
	fields, methods, params := uint64(f.u32(off+4)), uint64(f.u32(off+8)), uint64(f.u32(off+12))
	at := uint64(off) + 16
	if have := (uint64(len(f.Data)) - at) / 8; fields+methods+params > have {
		return d, image.Errorf(image.Truncated, int64(off), "annotations directory claims %d items, %d there", fields+methods+params, have)
	}
	read := func(n uint64) []Annotated {
		var list []Annotated
		for range n {
			list = append(list, Annotated{Index: f.u32(uint32(at)), Set: f.u32(uint32(at) + 4)})
			at += 8
		}
		return list
	}
	d.Fields, d.Methods, d.Parameters = read(fields), read(methods), read(params)
	return d, nil
}

// AnnotationSet reads the annotations of the annotation_set_item at off.
func (f *File) AnnotationSet(off uint32) ([]Annotation, error) {
	offs, err := f.offsets(off)
	var out []Annotation
	for _, o := range offs {
		r := reader{data: f.Data, pos: uint64(o)}
		vis := r.byte()
		a := r.annotation(0)
		a.Visibility = vis
		out = append(out, *a)
		if r.bad && err == nil {
			err = image.Errorf(image.Malformed, int64(o), "annotation leaves the file, nests too deep or is too long")
		}
	}
	return out, err
}

// ParameterSets returns the offsets of the annotation sets of the annotation_set_ref_list at off.
func (f *File) ParameterSets(off uint32) ([]uint32, error) { return f.offsets(off) }

// offsets reads a count and that many offsets.
func (f *File) offsets(off uint32) ([]uint32, error) {
	if off == 0 {
		return nil, nil
	}
	if uint64(off)+4 > uint64(len(f.Data)) {
		return nil, image.Errorf(image.Malformed, int64(off), "annotation set outside the file")
	}
	n := uint64(f.u32(off))
	if have := (uint64(len(f.Data)) - uint64(off) - 4) / 4; n > have {
		return nil, image.Errorf(image.Truncated, int64(off), "annotation set claims %d items, %d there", n, have)
	}
	out := make([]uint32, 0, n)
	for i := range uint32(n) {
		out = append(out, f.u32(off+4+4*i))
	}
	return out, nil
}

// MethodHandle is a method_handle_item.
type MethodHandle struct {
	Type  uint16
	Index uint32 // of a field for types 0 to 3, else of a method
}

// NumCallSites returns the number of call sites the map list names.
func (f *File) NumCallSites() int { return len(f.callSites) / 4 }

// NumMethodHandles returns the number of method handles the map list names.
func (f *File) NumMethodHandles() int { return len(f.handles) / 8 }

// MethodHandle returns a method handle.
func (f *File) MethodHandle(i uint32) (MethodHandle, bool) {
	if uint64(i) >= uint64(f.NumMethodHandles()) {
		return MethodHandle{}, false
	}
	b := reader{data: f.handles, pos: uint64(i) * 8}
	kind := uint16(b.fixed(2))
	b.fixed(2)
	return MethodHandle{Type: kind, Index: uint32(b.fixed(2))}, true
}

// CallSite returns the values of a call site: the bootstrap method handle, the name, the type, then what the
// bootstrap method takes besides.
func (f *File) CallSite(i uint32) ([]Value, error) {
	if uint64(i) >= uint64(f.NumCallSites()) {
		return nil, image.Errorf(image.Malformed, -1, "call site %d of %d", i, f.NumCallSites())
	}
	b := reader{data: f.callSites, pos: uint64(i) * 4}
	return f.ReadArray(uint32(b.fixed(4)))
}
