package dex

import (
	"fmt"
	"strconv"
	"strings"
)

// maxListing bounds a listing in bytes; operands may repeat long names without end.
const maxListing = 16 << 20

// Disassemble prints a method: a line that names it, then a line for every instruction with its code-unit
// address, as dexdump prints addresses, then its guarded ranges.
//
//	# Lcom/x/Y;->m()V  registers=2 ins=1 outs=1
//	0000: const-string v0, "http://x.example/"
func (f *File) Disassemble(m EncodedMethod) string {
	var b strings.Builder
	b.WriteString("# " + f.MethodRef(m.Method))
	if m.Code == 0 {
		b.WriteString("  no code\n")
		return b.String()
	}
	code, err := f.Code(m.Code)
	fmt.Fprintf(&b, "  registers=%d ins=%d outs=%d\n", code.Registers, code.Ins, code.Outs)
	it := code.Insns()
	last := uint32(0)
	for it.Next() {
		if b.Len() > maxListing {
			b.WriteString("# cut: the listing is too long\n")
			return b.String()
		}
		f.payloads(&b, &code, last, it.Addr())
		fmt.Fprintf(&b, "%04x: %s\n", it.Addr(), f.Text(&code, it.Insn(code.Set)))
		last = uint32(it.next / 2)
	}
	f.payloads(&b, &code, last, code.Units()-uint32(it.Rest()/2))
	if it.Rest() > 0 || err != nil {
		fmt.Fprintf(&b, "# the code ends inside an instruction\n")
	}
	for _, t := range f.Tries(&code) {
		for _, c := range t.Catches {
			name := "catch-all"
			if c.Type != NoIndex {
				name = "catch " + f.Type(c.Type)
			}
			fmt.Fprintf(&b, "# %s %04x..%04x -> %04x\n", name, t.Start, uint64(t.Start)+uint64(t.Count), c.Addr)
		}
	}
	return b.String()
}

// payloads prints the payloads that the walk stepped over between two addresses.
func (f *File) payloads(b *strings.Builder, code *Code, from, to uint32) {
	for from < to {
		n := payloadSize(code.Bytes[from*2:])
		if n == 0 {
			return
		}
		name := map[byte]string{
			packedSwitchPayload: "packed-switch-data", sparseSwitchPayload: "sparse-switch-data", fillArrayPayload: "array-data",
		}[code.Bytes[from*2+1]]
		fmt.Fprintf(b, "%04x: %s (%d units)\n", from, name, n/2)
		from += uint32(n / 2)
	}
}

// Text prints one instruction without its address.
func (f *File) Text(code *Code, in Insn) string {
	var parts []string
	switch in.Format {
	case f35c, f35mi, f35ms, f3rc, f3rmi, f3rms, f45cc, f4rcc:
		parts = append(parts, in.list())
	default:
		for i := range in.NRegs {
			parts = append(parts, "v"+strconv.Itoa(int(in.Regs[i])))
		}
	}
	switch in.Format {
	case f11n, f21s, f21h, f31i, f51l, f22b, f22s:
		parts = append(parts, "#"+strconv.FormatInt(in.Lit, 10))
	case f10t, f20t, f30t, f21t, f22t:
		parts = append(parts, fmt.Sprintf("%04x", uint32(int64(in.Addr)+int64(in.Target))))
	case f31t:
		parts = append(parts, fmt.Sprintf("%08x", uint32(int64(in.Addr)+int64(in.Target))))
	case f22cs, f35mi, f3rmi, f35ms, f3rms:
		parts = append(parts, fmt.Sprintf("[%04x]", in.Index))
	case f20bc:
		parts = append(parts, fmt.Sprintf("#%d, [%04x]", in.Lit, in.Index))
	}
	if in.Kind != indexNone {
		parts = append(parts, f.operand(in.Kind, in.Index))
	}
	if in.Format == f45cc || in.Format == f4rcc {
		parts = append(parts, f.operand(indexProto, in.Proto))
	}
	text := code.Set.OpName(in.Op)
	if len(parts) > 0 {
		text += " " + strings.Join(parts, ", ")
	}
	if in.Op == OpFillArrayData {
		if width, data, ok := code.ArrayPayload(in.Addr + uint32(in.Target)); ok {
			if s, ok := textOf(width, data); ok {
				text += " # " + strconv.Quote(s)
			}
		}
	}
	return text
}

// list prints the registers of a call: {v0, v1} or {v4 .. v9}.
func (in *Insn) list() string {
	if in.Range {
		if in.NRegs == 0 {
			return "{}"
		}
		return fmt.Sprintf("{v%d .. v%d}", in.Reg(0), in.Reg(int(in.NRegs)-1))
	}
	regs := make([]string, in.NRegs)
	for i := range regs {
		regs[i] = "v" + strconv.Itoa(int(in.Regs[i]))
	}
	return "{" + strings.Join(regs, ", ") + "}"
}

// operand spells an index out, or prints it as unknown where the table does not hold it.
func (f *File) operand(kind Index, i uint32) string {
	var s string
	switch kind {
	case indexString:
		if _, ok := f.MUTF8(i); ok {
			return strconv.Quote(f.String(i))
		}
	case indexType:
		s = f.Type(i)
	case indexField:
		s = f.FieldRef(i)
	case indexMethod:
		s = f.MethodRef(i)
	case indexProto:
		if _, ok := f.Proto(i); ok {
			s = string(f.AppendProto(nil, i))
		}
	case indexCallSite:
		s = f.callSiteText(i)
	case indexMethodHandle:
		s = f.handleText(i)
	}
	if s == "" {
		return fmt.Sprintf("<unknown@%04x>", i)
	}
	return s
}

func (f *File) callSiteText(i uint32) string {
	v, err := f.CallSite(i)
	if err != nil || len(v) < 3 {
		return ""
	}
	return fmt.Sprintf("call_site_%d(%q, %s, %s)", i, f.String(v[1].Index),
		f.operand(indexProto, v[2].Index), f.operand(indexMethodHandle, v[0].Index))
}

// handleKinds are the method handle types by code, as smali spells them.
var handleKinds = [...]string{
	"static-put", "static-get", "instance-put", "instance-get", "invoke-static", "invoke-instance",
	"invoke-constructor", "invoke-direct", "invoke-interface",
}

func (f *File) handleText(i uint32) string {
	h, ok := f.MethodHandle(i)
	if !ok || int(h.Type) >= len(handleKinds) {
		return ""
	}
	kind := indexMethod
	if h.Type < 4 {
		kind = indexField
	}
	return handleKinds[h.Type] + "@" + f.operand(kind, h.Index)
}
