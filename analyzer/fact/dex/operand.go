package dex

import "encoding/binary"

// AppendInsn appends what an instruction says, spelled in names: the same instruction in another file, where all has other
// numbers, gives the same bytes, and what can be told apart by its operands gives others. Of call sites, method handles and
// prototypes the text of [File.Text] counts. Example: digests of a class that outlast a new build of its file.
//
// Limit: payloads are appended with the instruction that names them.
func (f *File) AppendInsn(dst []byte, code *Code, in Insn) []byte {
	le := binary.LittleEndian
	dst = append(le.AppendUint32(dst, in.Addr), byte(in.Op), byte(in.Format), byte(in.Kind), byte(in.Width))
	dst = le.AppendUint64(le.AppendUint32(dst, uint32(in.Target)), uint64(in.Lit))
	dst = le.AppendUint32(dst, in.NRegs)
	for _, r := range in.Regs {
		dst = le.AppendUint16(dst, r)
	}
	switch in.Kind {
	case indexNone:
		dst = le.AppendUint32(dst, in.Index) // of a virtual table, of a field's place
	case indexString:
		dst = appendSized(dst, f.String(in.Index))
	case indexType:
		dst = appendSized(dst, f.Type(in.Index))
	case indexField:
		dst = f.AppendField(dst, in.Index)
	case indexMethod:
		dst = f.AppendMethod(dst, in.Index)
	}
	dst = appendSized(dst, f.Text(code, in)) // as listings show it, out of range indices included
	switch in.Op {
	case OpPackedSwitch, OpSparseSwitch:
		keys, targets := code.SwitchTargets(in.Addr + uint32(in.Target))
		dst = le.AppendUint32(dst, uint32(len(keys)))
		for i := range keys {
			dst = le.AppendUint32(le.AppendUint32(dst, uint32(keys[i])), uint32(targets[i]))
		}
	case OpFillArrayData:
		width, data, ok := code.ArrayPayload(in.Addr + uint32(in.Target))
		if ok {
			dst = appendSized(le.AppendUint32(dst, uint32(width)), string(data))
		}
	}
	return dst
}

// AppendField appends what an index of a field means, each name after its length.
func (f *File) AppendField(dst []byte, i uint32) []byte {
	id, ok := f.Field(i)
	if !ok {
		return append(dst, 0)
	}
	dst = appendSized(append(dst, 1), f.Type(id.Class))
	return appendSized(appendSized(dst, f.String(id.Name)), f.Type(id.Type))
}

// AppendMethod appends what an index of a method means, each name after its length.
func (f *File) AppendMethod(dst []byte, i uint32) []byte {
	id, ok := f.Method(i)
	if !ok {
		return append(dst, 0)
	}
	p, _ := f.Proto(id.Proto)
	dst = appendSized(append(dst, 1), f.Type(id.Class))
	dst = appendSized(appendSized(dst, f.String(id.Name)), f.Type(p.Return))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(p.Params)))
	for l := p.Params[:min(len(p.Params), 2*maxParams)]; len(l) >= 2; l = l[2:] {
		dst = appendSized(dst, f.Type(uint32(binary.LittleEndian.Uint16(l))))
	}
	return dst
}

func appendSized(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
}
