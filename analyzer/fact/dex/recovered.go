package dex

import (
	"fmt"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// optimised is what the gap of a file says whose calls name no method.
const optimised = "calls are optimised (%s) and name no method"

// OptimisedGap tells whether a gap is that of a file whose calls the optimiser took the names from.
func OptimisedGap(g image.Gap) bool {
	for _, s := range []*Set{Dalvik, ART} {
		if strings.HasSuffix(g.Detail, fmt.Sprintf(optimised, s.Name)) {
			return true
		}
	}
	return false
}

// RecoveredCalls returns the table of outgoing calls whose names were recovered: at says what the call at a code-unit
// address of a method was, as [deodex.Result.At] does. Calls are named as those of the analyzer are, which are not in the
// table. It is nil where there are none.
func (f *File) RecoveredCalls(at func(method, addr uint32) (Op, string, bool)) *fact.Table {
	s := newScan(f)
	if !s.index() {
		return nil
	}
	r := &recovery{scan: s, at: at, rows: map[string]uint32{}}
	var d ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d) // its errors are in the facts of the file
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if code, _ := f.Code(m.Code); m.Code != 0 && s.spend(len(code.Bytes)+codeHeader) {
					r.method(m.Method, &code)
				}
			}
		}
	}
	t := &fact.Table{Kind: "api", Column: "call", Common: fact.F("recovered", "deodexed")}
	return s.calls.table(t, len(r.calls), func(i uint32) string { return r.calls[i] }, s.members())
}

// recovery collects calls by their names.
type recovery struct {
	*scan
	at    func(method, addr uint32) (Op, string, bool)
	ids   map[string]uint32 // methods of the file by reference
	rows  map[string]uint32 // 1 + number in calls, 0 for a call that stays inside, by reference
	calls []string
}

func (r *recovery) method(method uint32, code *Code) {
	for it := code.Insns(); it.Next(); {
		switch code.Set.ops[it.Op()].format {
		case f35ms, f3rms, f35mi, f3rmi:
		default:
			continue
		}
		op, ref, ok := r.at(method, it.Addr())
		if !ok {
			continue
		}
		row, known := r.rows[ref]
		if !known {
			if name := r.outgoing(ref); name != "" {
				r.calls = append(r.calls, name)
				row = uint32(len(r.calls))
			}
			r.rows[ref] = row
		}
		if row == 0 {
			continue
		}
		site := r.site(code, &it)
		site.Code[0] = site.Code[0]&0xff00 | uint16(op)
		r.scan.calls.add(row-1, method, site)
	}
}

// outgoing names what a call reaches outside the file, "" where it stays inside; see callee.
func (r *recovery) outgoing(ref string) string {
	if r.ids == nil {
		r.ids = make(map[string]uint32, r.f.NumMethods())
		for i := range uint32(r.f.NumMethods()) {
			r.ids[r.f.MethodRef(i)] = i
		}
	}
	id, ok := r.ids[ref]
	if !ok { // no identifier of this file, so no method of its classes
		return ref
	}
	to := r.callee(id)
	if to == inside {
		return ""
	}
	m, _ := r.f.Method(id)
	return string(r.f.appendCall(nil, to-outside, m))
}
