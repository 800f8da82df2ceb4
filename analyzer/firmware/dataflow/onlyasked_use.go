package dataflow

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// nameUse is what a register holds of the name that is looked for, in bits.
type nameUse uint8

const (
	namedText nameUse = 1 << iota
	namedFile
)

func loadsText(in *dex.Insn, texts map[uint32]bool) bool {
	return (in.Op == dex.OpConstString || in.Op == dex.OpConstStringJumbo) && texts[in.Index]
}

// joinNamed adds what registers hold on one way to what they hold on others; true where that is more, or the first.
func joinNamed(to *map[uint32]nameUse, state map[uint32]nameUse) bool {
	if *to == nil {
		*to = maps.Clone(state)
		return true
	}
	more := false
	for reg, what := range state {
		if (*to)[reg]|what != (*to)[reg] {
			(*to)[reg] |= what
			more = true
		}
	}
	return more
}

// askedBy follows registers over one instruction; false where it does more with what they hold than to ask.
func askedBy(f *dex.File, in *dex.Insn, regs map[uint32]nameUse, texts map[uint32]bool) bool {
	op := in.Op
	switch {
	case loadsText(in, texts):
		regs[in.Reg(0)] = namedText
		return true
	case op >= 0x07 && op <= 0x09: // move-object
		if what := regs[in.Reg(1)]; what != 0 {
			regs[in.Reg(0)] = what
			return true
		}
	case op == 0x1f, op == 0x1d, op == 0x1e, op >= dex.OpIfEq && op <= dex.OpIfLez: // a cast, a lock, a test
		return true
	case op.Invoke():
		return askedCall(f, in, regs)
	default:
		for i := range int(in.NRegs) {
			if (i > 0 || op >= opOptimised || !sets(in, in.Reg(0))) && regs[in.Reg(i)] != 0 {
				return false
			}
		}
	}
	maps.DeleteFunc(regs, func(reg uint32, _ nameUse) bool { return sets(in, reg) })
	return true
}

// opOptimised is the first of the instructions that only optimised code has.
const opOptimised = 0xe3

// asksFile are the methods of File that change nothing, readsFile the classes whose constructors read a file.
var (
	asksFile = map[string]bool{
		"exists": true, "isFile": true, "isDirectory": true, "canRead": true, "canWrite": true, "length": true, "lastModified": true, "isHidden": true,
	}
	readsFile = map[string]bool{"Ljava/io/FileInputStream;": true, "Ljava/io/FileReader;": true}
)

// askedCall is askedBy for a call: a file may be made of the name, be asked for and be read.
func askedCall(f *dex.File, in *dex.Insn, regs map[uint32]nameUse) bool {
	if !slices.ContainsFunc(slices.Collect(maps.Keys(regs)), func(reg uint32) bool { return gives(in, reg) }) {
		return true
	}
	if in.Op >= dex.OpInvokePolymorphic || in.Op < dex.OpInvokeVirtual {
		return false // of optimised code too
	}
	class, rest, _ := strings.Cut(f.MethodRef(in.Index), "->")
	name, proto, _ := strings.Cut(rest, "(")
	for i := range int(in.NRegs) {
		last := i == int(in.NRegs)-1
		switch what := regs[in.Reg(i)]; {
		case what == 0:
		case name == "<init>" && readsFile[class] && i == 1:
		case what == namedText && name == "<init>" && class == "Ljava/io/File;" && i > 0 && last && !strings.HasPrefix(proto, "Ljava/net/URI;"):
			regs[in.Reg(0)] = namedFile
		case what == namedFile && class == "Ljava/io/File;" && i == 0 && asksFile[name]:
		default:
			return false
		}
	}
	return true
}

func gives(in *dex.Insn, reg uint32) bool {
	for i := range int(in.NRegs) {
		if in.Reg(i) == reg {
			return true
		}
	}
	return false
}
