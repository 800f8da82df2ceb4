package dataflow

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"romscan/analyzer/fact/dex"
)

// Whether code may make a file is asked of code that need not be entered by any flow: of all that an image holds. So it is read method
// by method, without callers: where a text that holds the name of the file goes anywhere else than into a question whether it is there,
// or into reading it, it may be made.

// maxAskedSteps bounds the passes over one method, in instructions for each instruction of it.
const maxAskedSteps = 32

// OnlyAsked reports whether code does nothing with texts that hold a name but ask whether a file of that name is there, and read it.
// Of code that cannot be read as a whole it says no.
func OnlyAsked(f *dex.File, name string) bool {
	texts := map[uint32]bool{}
	for i := range uint32(f.NumStrings()) {
		if strings.Contains(f.String(i), name) {
			texts[i] = true
		}
	}
	if len(texts) == 0 {
		return true
	}
	for i := range f.NumCallSites() {
		if list, err := f.CallSite(uint32(i)); err != nil || slices.ContainsFunc(list, func(v dex.Value) bool { return holdsText(&v, texts) }) {
			return false
		}
	}
	var d dex.ClassData
	uses := sync.OnceValue(f.Uses)
	for i := range f.NumClasses() {
		def, ok := f.Class(i)
		if !ok || f.ReadClassData(def.Data, &d) != nil {
			return false
		}
		statics, err := f.ReadArray(def.StaticValues)
		if err != nil || len(statics) > len(d.StaticFields) {
			return false
		}
		for j := range statics {
			if holdsText(&statics[j], texts) && (d.StaticFields[j].Access&accFinal == 0 || len(uses().Fields(d.StaticFields[j].Field)) > 0) {
				return false
			}
		}
		for _, list := range [2][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if m.Code != 0 && !onlyAskedIn(f, m.Code, texts) {
					return false
				}
			}
		}
	}
	return true
}

func holdsText(v *dex.Value, texts map[uint32]bool) bool {
	return v.Type == dex.ValueString && texts[v.Index] || slices.ContainsFunc(v.Array, func(e dex.Value) bool { return holdsText(&e, texts) })
}

// onlyAskedIn is OnlyAsked for one method.
func onlyAskedIn(f *dex.File, off uint32, texts map[uint32]bool) bool {
	code, err := f.Code(off)
	if err != nil {
		return false
	}
	var insns []dex.Insn
	at := map[uint32]int{}
	loads := false
	for it := code.Insns(); it.Next(); {
		in := it.Insn(code.Set)
		loads = loads || loadsText(&in, texts)
		at[in.Addr] = len(insns)
		if insns = append(insns, in); len(insns) == maxInsns {
			return false
		}
	}
	if !loads {
		return true
	}
	before := make([]map[uint32]nameUse, len(insns))
	todo := []int{0}
	before[0] = map[uint32]nameUse{}
	tries := f.Tries(&code)
	for left := maxAskedSteps * len(insns); len(todo) > 0; left-- {
		if left == 0 {
			return false
		}
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		in := &insns[i]
		after := maps.Clone(before[i])
		if !askedBy(f, in, after, texts) {
			return false
		}
		flow := func(to int, ok bool, state map[uint32]nameUse) {
			if ok && to < len(insns) && joinNamed(&before[to], state) {
				todo = append(todo, to)
			}
		}
		branch, falls := flowOf(in)
		if falls {
			flow(i+1, true, after)
		}
		if branch {
			to, ok := at[uint32(int64(in.Addr)+int64(in.Target))]
			flow(to, ok, after)
		}
		if in.Op == dex.OpPackedSwitch || in.Op == dex.OpSparseSwitch {
			_, list := code.SwitchTargets(in.Addr + uint32(in.Target))
			for _, off := range list {
				to, ok := at[uint32(int64(in.Addr)+int64(off))]
				flow(to, ok, after)
			}
		}
		if throws(in.Op) {
			for _, t := range tries {
				if in.Addr < t.Start || in.Addr >= t.Start+t.Count {
					continue
				}
				for _, c := range t.Catches {
					to, ok := at[c.Addr]
					flow(to, ok, before[i])
					flow(to, ok, after)
				}
			}
		}
	}
	return true
}
