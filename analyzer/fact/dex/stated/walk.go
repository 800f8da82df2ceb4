package stated

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// walker follows registers through the methods of one file.
type walker struct {
	*finder
	d       *dex.File
	callees map[uint32]callee
	fields  map[uint32]string
	regs    map[uint32]known
	bases   map[string]bool // of the method being walked
	made    []string        // interfaces that it makes clients of
}

// known is what a register holds: a text, a class, or meta-data of an object of a class.
type known struct {
	kind  byte // 's', 'c', 'm'
	value string
}

func (w *walker) walk() {
	var data dex.ClassData
	left := 16*int64(len(w.d.Data)) + 1<<20
	for i := range w.d.NumClasses() {
		def, _ := w.d.Class(i)
		_ = w.d.ReadClassData(def.Data, &data)
		if b, _ := w.d.MUTF8(w.d.TypeString(def.Class)); strings.HasPrefix(string(b[:min(len(b), maxClass)]), "Lretrofit") { // the library hands on what it is given
			continue
		}
		for _, list := range [][]dex.EncodedMethod{data.DirectMethods, data.VirtualMethods} {
			for _, m := range list {
				if m.Code == 0 {
					continue
				}
				code, err := w.d.Code(m.Code)
				if left -= int64(len(code.Bytes)) + 16; left < 0 || err != nil {
					w.unknown = true
					if left < 0 {
						return
					}
					continue
				}
				if w.concerns(&code) {
					w.method(m.Method, &code)
				}
			}
		}
	}
}

// concerns tells whether a method calls anything of interest.
func (w *walker) concerns(code *dex.Code) bool {
	for it := code.Insns(); it.Next(); {
		if it.Op().Invoke() {
			if _, ok := w.callees[uint32(it.Unit(1))]; ok {
				return true
			}
		}
	}
	return false
}

func (w *walker) method(m uint32, code *dex.Code) {
	w.regs, w.bases, w.made = map[uint32]known{}, map[string]bool{}, nil
	leaders := leadersOf(w.d, code)
	for it := code.Insns(); it.Next(); {
		if leaders[it.Addr()] {
			clear(w.regs)
		}
		w.step(m, code, &it)
	}
	for _, iface := range w.made {
		if w.tied[iface] == nil {
			w.tied[iface] = map[string]bool{}
		}
		for base := range w.bases {
			w.tied[iface][base] = true
		}
		if len(w.bases) == 0 {
			w.tied[iface][anyBase] = true
		}
	}
}

func (w *walker) step(m uint32, code *dex.Code, it *dex.Insns) {
	op := it.Op()
	in := it.Insn(code.Set)
	switch {
	case op.Invoke():
		w.call(m, code, it, &in)
		return
	case op == dex.OpConstString || op == dex.OpConstStringJumbo:
		if b, _ := w.d.MUTF8(in.Index); len(b) <= maxText {
			w.regs[in.Reg(0)] = known{'s', w.d.String(in.Index)}
			return
		}
	case op == 0x1c: // const-class
		if b, _ := w.d.MUTF8(w.d.TypeString(in.Index)); len(b) <= maxText {
			w.regs[in.Reg(0)] = known{'c', w.d.Type(in.Index)}
			return
		}
	case op >= 0x07 && op <= 0x09: // move-object
		if v, ok := w.regs[in.Reg(1)]; ok {
			w.regs[in.Reg(0)] = v
			return
		}
	case op == 0x54: // iget-object
		if info := w.fields[in.Index]; info != "" {
			w.regs[in.Reg(0)] = known{'m', info}
			return
		}
	case op == 0x1f: // check-cast leaves what it holds
		return
	}
	if writes(op) {
		delete(w.regs, in.Reg(0))
		delete(w.regs, in.Reg(0)+1) // of a pair; forgetting more than that is no harm
	}
}

// writes tells whether an instruction may give its first register a value.
func writes(op dex.Op) bool {
	switch {
	case op >= 0x0e && op <= 0x11, op >= 0x26 && op <= 0x2c, op >= 0x32 && op <= 0x3d, op >= 0x4b && op <= 0x51, op >= 0x59 && op <= 0x5f, op >= 0x67 && op <= 0x6d:
		return false // returns, throws and branches, puts
	}
	return true
}

func (w *walker) call(m uint32, code *dex.Code, it *dex.Insns, in *dex.Insn) {
	c, ok := w.callees[in.Index]
	if !ok || in.NRegs < 2 {
		return
	}
	receiver, arg := w.regs[in.Reg(0)], w.regs[in.Reg(1)]
	switch {
	case c.key && receiver.kind == 'm' && arg.kind == 's':
		w.keys = append(w.keys, Key{File: w.d, Member: w.d.MethodRef(m), Addr: it.Addr(), Offset: code.Offset + 2*it.Addr(), Name: arg.value, Of: receiver.value})
	case c.base:
		base := ""
		if arg.kind == 's' {
			base = arg.value
		}
		if w.finder.bases[c.lib] == nil {
			w.finder.bases[c.lib] = map[string]bool{}
		}
		w.finder.bases[c.lib][base], w.bases[base] = true, true
	case c.create && arg.kind == 'c':
		w.made = append(w.made, arg.value)
	}
}

// maxText bounds an address, a key and the name of an interface.
const maxText = 4096

// leadersOf marks the instructions that branches and handlers lead to: there, what registers hold is forgotten.
func leadersOf(d *dex.File, code *dex.Code) map[uint32]bool {
	out := map[uint32]bool{}
	for it := code.Insns(); it.Next(); {
		switch op := it.Op(); {
		case op >= dex.OpGoto && op <= dex.OpGoto32 || op >= dex.OpIfEq && op <= dex.OpIfLez:
			out[uint32(int64(it.Addr())+int64(it.Insn(code.Set).Target))] = true
		case op == dex.OpPackedSwitch || op == dex.OpSparseSwitch:
			_, targets := code.SwitchTargets(it.Addr() + uint32(it.Insn(code.Set).Target))
			for _, to := range targets[:min(len(targets), 1<<12)] {
				out[uint32(int64(it.Addr())+int64(to))] = true
			}
		}
	}
	for _, try := range d.Tries(code) {
		for _, c := range try.Catches {
			out[c.Addr] = true
		}
	}
	return out
}
