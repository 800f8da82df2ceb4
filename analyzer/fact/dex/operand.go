package dex

import "encoding/binary"

// AppendInsn appends what an instruction says but for what its index means, and the payload that it names.
func (c *Code) AppendInsn(dst []byte, in *Insn) []byte {
	le := binary.LittleEndian
	dst = append(le.AppendUint32(dst, in.Addr), byte(in.Op), byte(in.Format), byte(in.Kind), byte(in.Width))
	dst = le.AppendUint64(le.AppendUint32(dst, uint32(in.Target)), uint64(in.Lit))
	dst = le.AppendUint32(dst, in.NRegs)
	for _, r := range in.Regs {
		dst = le.AppendUint16(dst, r)
	}
	switch in.Op {
	case OpPackedSwitch, OpSparseSwitch:
		keys, targets := c.SwitchTargets(in.Addr + uint32(in.Target))
		dst = le.AppendUint32(dst, uint32(len(keys)))
		for i := range keys {
			dst = le.AppendUint32(le.AppendUint32(dst, uint32(keys[i])), uint32(targets[i]))
		}
	case OpFillArrayData:
		width, data, _ := c.ArrayPayload(in.Addr + uint32(in.Target))
		dst = appendSized(le.AppendUint32(dst, uint32(width)), string(data))
	}
	return dst
}

// AppendOperand appends what the index of an instruction means, spelled in names: the same in another file, where all has other
// numbers, gives the same bytes, and what can be told apart gives others. Example: a digest of a class that outlasts a new build
// of its file. Of call sites, method handles and prototypes the text of [File.Text] counts.
func (f *File) AppendOperand(dst []byte, code *Code, in *Insn) []byte {
	switch in.Kind {
	case indexNone: // of a virtual table, of a field's place
		return binary.LittleEndian.AppendUint32(dst, in.Index)
	case indexString:
		if _, ok := f.MUTF8(in.Index); ok {
			return appendSized(append(dst, 1), f.String(in.Index))
		}
	case indexType:
		if name := f.Type(in.Index); name != "" {
			return appendSized(append(dst, 1), name)
		}
	case indexField:
		if _, ok := f.Field(in.Index); ok {
			return f.AppendField(dst, in.Index)
		}
	case indexMethod:
		if _, ok := f.Method(in.Index); ok && in.Format != f45cc && in.Format != f4rcc {
			return f.AppendMethod(dst, in.Index)
		}
	}
	return appendSized(append(dst, 2), f.Text(code, *in)) // which shows the number of what is not there
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
