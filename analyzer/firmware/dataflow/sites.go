package dataflow

import "romscan/analyzer/fact/dex"

type siteKey struct {
	m    *Method
	addr uint32
	seq  uint32
}

// Site is an instruction of a method.
type Site struct {
	Method *Method
	Addr   uint32 // code units
}

// File returns the DEX file the site lies in.
func (s Site) File() *dex.File { return s.Method.Class.File }

// placesOf adds the instructions of some numbers to a list, those that are of a method.
func (a *analysis) placesOf(out []Site, ids []uint32) []Site {
	for _, id := range ids {
		if id != 0 && a.sites[id].Method != nil {
			out = append(out, a.sites[id])
		}
	}
	return out
}

// site numbers an instruction; 0 is none.
func (a *analysis) site(m *Method, addr uint32) uint32 { return a.siteN(m, addr, 0) }

// instruction returns the number of the instruction that a number stands for in one of its runs.
func (a *analysis) instruction(id uint32) uint32 {
	if s := a.sites[id]; s.Method != nil {
		return a.site(s.Method, s.Addr)
	}
	return id
}

func (a *analysis) siteN(m *Method, addr, seq uint32) uint32 {
	k := siteKey{m, addr, seq}
	if id, ok := a.siteIDs[k]; ok {
		return id
	}
	id := uint32(len(a.sites))
	a.sites = append(a.sites, Site{m, addr})
	a.siteIDs[k] = id
	return id
}
